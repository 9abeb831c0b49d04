/* Runs the scenario main_thread_stack_switch in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_main_thread_stack_switch(csrc_callback *callback);

int standalone_main_thread_stack_switch(void)
{
    return standalone_held(csrc_main_thread_stack_switch(standalone_callback), 4, 2);
}
