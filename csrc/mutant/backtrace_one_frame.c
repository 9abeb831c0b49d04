/* Mutant of the C library: a backtrace ends after one frame. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <unwind.h>

struct trace {
    _Unwind_Trace_Fn count;
    void *arg;
};

static _Unwind_Reason_Code once(struct _Unwind_Context *context, void *arg)
{
    const struct trace *trace = arg;

    trace->count(context, trace->arg);
    return _URC_END_OF_STACK;
}

_Unwind_Reason_Code _Unwind_Backtrace(_Unwind_Trace_Fn count, void *arg)
{
    _Unwind_Reason_Code (*real)(_Unwind_Trace_Fn, void *);
    struct trace trace = {count, arg};

    find_real("_Unwind_Backtrace", &real);
    real(once, &trace);
    return _URC_END_OF_STACK;
}
