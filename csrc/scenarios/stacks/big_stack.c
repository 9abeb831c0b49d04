/* Calls back into the runtime from both ends of a large stack, of which a C frame uses the most. */
#include "../../testprog.h"

/* Size of the thread's stack in bytes, and size of the C frame that uses most of the stack. */
#define STACK_SIZE ((size_t)64 << 20)
#define FRAME_SIZE ((size_t)60 << 20)

static void call(void *arg)
{
    csrc_callback *const *callback = arg;

    (*callback)();
}

static void on_thread(void *arg)
{
    call(arg);
    csrc_deeper(FRAME_SIZE, call, arg);
    call(arg);
}

#ifdef _WIN32
#include <windows.h>

static DWORD WINAPI start(void *arg)
{
    on_thread(arg);
    return 0;
}

int csrc_big_stack(csrc_callback *callback)
{
    HANDLE thread = CreateThread(NULL, STACK_SIZE, start, &callback, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    if (thread == NULL) {
        return EAGAIN;
    }
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return 0;
}
#else
int csrc_big_stack(csrc_callback *callback)
{
    return csrc_thread_told_less(STACK_SIZE, 0, on_thread, &callback);
}
#endif
