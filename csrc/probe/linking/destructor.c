/* Checks that a function with __attribute__((destructor)) runs after main. */
#include "../probe.h"

#include <unistd.h>

__attribute__((destructor)) static void destructor(void)
{
    HELD();
    _exit(0);
}

int main(void)
{
    AWAIT("the destructor runs after main");
    return 2; /* If the destructor runs, it replaces this status by 0. */
}
