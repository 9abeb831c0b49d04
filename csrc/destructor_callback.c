/* A function that runs after main has returned, and calls back. */
#include "testprog.h"

#include <errno.h>

#if HAVE_DESTRUCTOR
static csrc_callback *at_exit;

/* In every run of the program, so it does nothing unless the scenario asked for it. */
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
