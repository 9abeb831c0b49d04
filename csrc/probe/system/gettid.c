/* Checks that gettid returns the thread's ID, which equals the process ID on the main thread. */
#include "../probe.h"

#include <unistd.h>

int main(void)
{
    MUST(gettid() == getpid());
    HELD();
    return 0;
}
