/* Mutant of the C library: getauxval always returns 0, as in relibc. */
#include <sys/auxv.h>

unsigned long getauxval(unsigned long type)
{
    (void)type;
    return 0;
}
