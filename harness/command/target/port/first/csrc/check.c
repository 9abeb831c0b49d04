/* Keeps the reason why a scenario's C code fails. */
#include "testprog.h"

#include <stdarg.h>
#include <stdio.h>

static char reason[256];

int csrc_wrong(const char *format, ...)
{
    if (reason[0] == '\0') {
        va_list values;

        va_start(values, format);
        vsnprintf(reason, sizeof(reason), format, values);
        va_end(values);
    }
    return CSRC_WRONG;
}

const char *csrc_reason(void)
{
    return reason;
}
