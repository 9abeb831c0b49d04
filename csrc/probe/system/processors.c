/* Checks that sysconf(_SC_NPROCESSORS_ONLN) returns the number of online processors. */
#include "../probe.h"

#include <unistd.h>

int main(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    MUST(count >= 1);
    printf("%ld\n", count);
    HELD();
    return 0;
}
