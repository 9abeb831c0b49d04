/* Runs the scenario destructor_callback in the child program that contains no Rust code. */
#include "../standalone.h"

#include <stdio.h>

int csrc_destructor_callback(csrc_callback *callback);

static void callback(void)
{
    standalone_callback();
    if (standalone_held(0, 1, 1) == 0) {
        fputs("called back after main\n", stderr);
    } else {
        /*
         * The text of this failure must not contain the text that listing.txt expects on standard
         * error.
         */
        fputs("failed to call back after `main`: a check failed\n", stderr);
    }
}

int standalone_destructor_callback(void)
{
    int error = csrc_destructor_callback(callback);

    return error != 0 ? standalone_held(error, 0, 0) : 0;
}
