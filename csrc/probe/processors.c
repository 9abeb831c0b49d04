/* sysconf(_SC_NPROCESSORS_ONLN): how many threads can run at once. */
#include "probe.h"

#include <unistd.h>

int main(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    MUST(count >= 1);
    printf("%ld\n", count);
    return 0;
}
