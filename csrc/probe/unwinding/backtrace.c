/*
 * Checks that backtrace returns the return addresses of the calling functions.
 *
 * The probe prints the number of return addresses and requires only one address, because the number
 * depends on the unwind tables that the compiler emits.
 */
#include "../probe.h"

#include <execinfo.h>

int main(void)
{
    void *frames[16] = {NULL};
    int count = backtrace(frames, 16);

    MUST(count > 0 && frames[0] != NULL);
    printf("%d frames\n", count);
    HELD();
    return 0;
}
