/* __attribute__((constructor)): a constructor function runs once, before main. */
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
