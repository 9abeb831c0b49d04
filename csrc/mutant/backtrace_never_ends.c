/* Mutant of the C library: a backtrace repeats its last frame for ever. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <unwind.h>

enum { REPEATS = 1000 };

struct trace {
    _Unwind_Trace_Fn count;
    void *arg;
};

static _Unwind_Reason_Code repeat(struct _Unwind_Context *context, void *arg)
{
    const struct trace *trace = arg;
    _Unwind_Reason_Code code = _URC_NO_REASON;
    int i;

    for (i = 0; i < REPEATS && code == _URC_NO_REASON; i++) {
        code = trace->count(context, trace->arg);
    }
    return code;
}

_Unwind_Reason_Code _Unwind_Backtrace(_Unwind_Trace_Fn count, void *arg)
{
    _Unwind_Reason_Code (*real)(_Unwind_Trace_Fn, void *);
    struct trace trace = {count, arg};

    find_real("_Unwind_Backtrace", &real);
    return real(repeat, &trace);
}
