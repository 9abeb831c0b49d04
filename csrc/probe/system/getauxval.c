/* Checks that getauxval returns the page size from the auxiliary vector. */
#include "../probe.h"

#include <sys/auxv.h>
#include <unistd.h>

int main(void)
{
    MUST(getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE));
    HELD();
    return 0;
}
