/* Runs the scenario segv_in_c in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_segv_in_c(void);

int standalone_segv_in_c(void)
{
    return csrc_segv_in_c();
}
