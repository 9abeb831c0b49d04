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
