/* Checks that sched_getaffinity returns a nonempty set of processors. */
#include "../probe.h"

#include <sched.h>

int main(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    MUST(sched_getaffinity(0, sizeof(set), &set) == 0);
    MUST(CPU_COUNT(&set) >= 1);
    printf("%d\n", CPU_COUNT(&set));
    HELD();
    return 0;
}
