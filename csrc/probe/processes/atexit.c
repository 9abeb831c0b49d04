/*
 * Checks that atexit accepts 41 functions (ISO C requires at least 32), runs them in reverse order,
 * and lets a running function register another function.
 */
#include "../probe.h"

#include <unistd.h>

static int ran;

static void last(void)
{
    MUST(ran == 41);
    HELD();
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
    AWAIT("exit runs the function that atexit registered first");
    return 2; /* If the function `last` runs, it replaces this status. */
}
