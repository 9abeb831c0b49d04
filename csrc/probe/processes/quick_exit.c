/* Checks that quick_exit runs the functions that at_quick_exit registered. */
#include "../probe.h"

#include <unistd.h>

static void last(void)
{
    HELD();
    _exit(0);
}

int main(void)
{
    MUST(at_quick_exit(last) == 0);
    AWAIT("quick_exit runs the function that at_quick_exit registered");
    quick_exit(2);
}
