/* Calls back into the runtime from a destructor function, which runs after main has returned. */
#include "../../testprog.h"

#include <errno.h>

#if HAVE_DESTRUCTOR
static csrc_callback *at_exit;

/*
 * Runs at the end of every process of the child program, and calls back only if the scenario has
 * stored its callback in `at_exit`.
 */
__attribute__((destructor)) static void destructor(void)
{
    if (at_exit != NULL) {
        at_exit();
    }
}

int csrc_destructor_callback(csrc_callback *callback)
{
    at_exit = callback;
    return 0;
}
#else
int csrc_destructor_callback(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
