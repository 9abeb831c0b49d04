/* Further down on the same stack. */
#include "../testprog.h"

#ifdef _MSC_VER
#include <malloc.h>
#define alloca _alloca
#else
#define alloca __builtin_alloca
#endif

void csrc_deeper(size_t bytes, void (*body)(void *), void *arg)
{
    volatile char *room = alloca(bytes + 1);

    room[0] = 0; /* or the compiler leaves the room out */
    body(arg);
    room[bytes] = 0; /* and so that the call is not the last thing done */
}

void csrc_all_the_way_down(void (*body)(void *), void *arg)
{
    const size_t page = (size_t)4 << 10;
    size_t pages;

    for (pages = 0; pages < 64; pages++) {
        csrc_deeper(pages * page, body, arg);
    }
}
