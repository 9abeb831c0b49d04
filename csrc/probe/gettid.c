/* gettid: the number of a thread, on the first thread that of the process. */
#include "probe.h"

#include <unistd.h>

int main(void)
{
    MUST(gettid() == getpid());
    return 0;
}
