/* A weak symbol that nothing defines is 0: how a runtime finds what a libc may lack. */
#include "probe.h"

extern void testprog_no_such_function(void) __attribute__((weak));

int main(void)
{
    MUST(testprog_no_such_function == NULL);
    return 0;
}
