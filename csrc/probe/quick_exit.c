/* at_quick_exit, quick_exit: functions that run at the short end. */
#include "probe.h"

#include <unistd.h>

static void last(void)
{
    _exit(0);
}

int main(void)
{
    MUST(at_quick_exit(last) == 0);
    quick_exit(2);
}
