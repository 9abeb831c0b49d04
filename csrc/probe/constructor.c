/* __attribute__((constructor)): a function that runs before main. */
#include "probe.h"

static int ran;

__attribute__((constructor)) static void constructor(void)
{
    ran++;
}

int main(void)
{
    MUST(ran == 1);
    return 0;
}
