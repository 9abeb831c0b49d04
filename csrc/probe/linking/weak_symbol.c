/*
 * Checks that the address of an undefined weak symbol is NULL. Runtimes use undefined weak symbols
 * to detect functions that the C library lacks.
 */
#include "../probe.h"

extern void testprog_no_such_function(void) __attribute__((weak));

int main(void)
{
    MUST(testprog_no_such_function == NULL);
    HELD();
    return 0;
}
