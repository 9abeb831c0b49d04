/* Registers an exit handler that calls back. */
#include "../../testprog.h"

#include <stdlib.h>

static csrc_callback *at_exit;

static void handler(void)
{
    at_exit();
}

int csrc_main_thread_local_at_exit(csrc_callback *callback)
{
    at_exit = callback;
    return atexit(handler) == 0 ? 0 : csrc_wrong("atexit failed");
}
