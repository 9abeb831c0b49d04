/*
 * Mutant of the C library: exit removes no function from its list, so a call of exit in an exit
 * handler runs all handlers again, as in relibc.
 */
#include "exit.h"

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));

    find_real("exit", &real);
    run_handlers();
    real(status);
}
