/*
 * Checks that abort calls the handler of SIGABRT. Unlike the probe `abort`, this probe needs no
 * second process.
 */
#include "../probe.h"

#include <signal.h>
#include <unistd.h>

static void handler(int number)
{
    if (number == SIGABRT) {
        HELD();
    }
    _exit(0);
}

int main(void)
{
    MUST(signal(SIGABRT, handler) != SIG_ERR);
    AWAIT("abort calls the handler of SIGABRT");
    abort();
}
