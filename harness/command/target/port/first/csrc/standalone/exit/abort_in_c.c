/* Runs the scenario abort_in_c in the child program that contains no Rust code. */
#include "../standalone.h"

int csrc_abort_in_c(void);

int standalone_abort_in_c(void)
{
    return csrc_abort_in_c();
}
