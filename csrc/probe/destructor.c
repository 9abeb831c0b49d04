/* Checks that a function with __attribute__((destructor)) runs after main. */
#include "probe.h"

#include <unistd.h>

__attribute__((destructor)) static void destructor(void)
{
    _exit(0);
}

int main(void)
{
    return 2; /* If the destructor runs, it replaces this status by 0. */
}
