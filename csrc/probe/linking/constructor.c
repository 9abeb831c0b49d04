/* Checks that a function with __attribute__((constructor)) runs once, before main. */
#include "../probe.h"

static int ran;

__attribute__((constructor)) static void constructor(void)
{
    ran++;
}

int main(void)
{
    MUST(ran == 1);
    HELD();
    return 0;
}
