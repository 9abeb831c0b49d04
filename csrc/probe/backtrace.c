/* backtrace: the callers of a function. */
#include "probe.h"

#include <execinfo.h>

int main(void)
{
    void *frames[16];
    int count = backtrace(frames, 16);

    MUST(count > 0);
    printf("%d frames\n", count);
    return 0;
}
