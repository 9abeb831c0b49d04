/* atexit: 32 functions and more run in reverse order, and one of them may add another. */
#include "probe.h"

#include <unistd.h>

static int ran;

static void last(void)
{
    if (ran != 41) {
        _exit(1);
    }
    _exit(0);
}

static void added(void)
{
    ran++;
}

static void add(void)
{
    ran++;
    atexit(added);
}

static void count(void)
{
    ran++;
}

int main(void)
{
    int each;

    MUST(atexit(last) == 0);
    MUST(atexit(add) == 0);
    for (each = 0; each < 39; each++) {
        MUST(atexit(count) == 0);
    }
    return 2; /* unless `last` ends the process */
}
