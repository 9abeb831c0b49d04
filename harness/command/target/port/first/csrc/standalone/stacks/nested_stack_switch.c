/* Runs the scenario nested_stack_switch in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_nested_stack_switch(csrc_callback *callback);
int csrc_nested_stack_switch_again(csrc_callback *callback);

/* Number of callbacks that are nested in each other. */
#define LEVELS 4

static int level;
static int again;

static void callback(void)
{
    volatile int here = ++level;

    standalone_callback();
    if (here < LEVELS) {
        int error = csrc_nested_stack_switch_again(callback);

        again = error != 0 ? error : again;
    }
    if (here != level--) {
        standalone_wrong("an inner callback overwrote a variable of an outer callback");
    }
}

int standalone_nested_stack_switch(void)
{
    int error = csrc_nested_stack_switch(callback);

    return standalone_held(error != 0 ? error : again, LEVELS, 1);
}
