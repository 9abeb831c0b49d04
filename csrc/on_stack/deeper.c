/* Calls functions from further down the thread's current stack. */
#include "../testprog.h"

#ifdef _MSC_VER
#include <malloc.h>
#define alloca _alloca
#else
#define alloca __builtin_alloca
#endif

static int is_above(uintptr_t frame_of_caller)
{
    return CSRC_FRAME > frame_of_caller;
}

int csrc_stack_grows_up(void)
{
    /* The compiler cannot inline a call of a volatile pointer, so the call has a frame of its own. */
    int (*volatile call)(uintptr_t) = is_above;
    volatile int grows_up = call(CSRC_FRAME);

    return grows_up;
}

void csrc_deeper(size_t bytes, void (*body)(void *), void *arg)
{
    volatile char *room = alloca(bytes + 1);

    room[0] = 0; /* This write keeps the compiler from removing the array. */
    body(arg);
    room[bytes] = 0; /* This write keeps the compiler from making body(arg) a tail call. */
}

void csrc_all_the_way_down(void (*body)(void *), void *arg)
{
    const size_t page = (size_t)4 << 10;
    size_t pages;

    for (pages = 0; pages < 64; pages++) {
        csrc_deeper(pages * page, body, arg);
    }
}
