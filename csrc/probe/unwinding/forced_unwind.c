/*
 * Checks that _Unwind_ForcedUnwind runs the cleanup code of the C functions that it leaves
 * (__attribute__((cleanup)) and -fexceptions).
 */
#include "frames.h"

#include <setjmp.h>

static jmp_buf back;
static int cleaned_up;
static int returned;

static void clean_up(int *arg)
{
    (void)arg;
    cleaned_up++;
}

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *exception, struct _Unwind_Context *context, void *arg)
{
    (void)version;
    (void)class;
    (void)exception;
    (void)context;
    (void)arg;
    if (cleaned_up == 2 || (actions & _UA_END_OF_STACK) != 0) {
        longjmp(back, 1);
    }
    return _URC_NO_REASON;
}

__attribute__((noinline)) static void inner(void)
{
    static struct _Unwind_Exception exception;
    __attribute__((cleanup(clean_up))) int guard = 0;

    _Unwind_ForcedUnwind(&exception, stop, NULL);
    returned = 1;
}

__attribute__((noinline)) static void outer(void)
{
    __attribute__((cleanup(clean_up))) int guard = 0;

    inner();
}

int main(void)
{
    AWAIT("_Unwind_ForcedUnwind calls its function");
    if (setjmp(back) == 0) {
        outer();
    }
    MUST(!returned);
    MUST(cleaned_up == 2);
    HELD();
    return 0;
}
