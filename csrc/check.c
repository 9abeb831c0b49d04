/* Keeps the reason why a scenario's C code fails. */
#include "testprog.h"

#include <stdarg.h>
#include <stdio.h>

static char reason[384];

const char *csrc_in_tree(const char *place)
{
    const char *begin = place;

    for (; *place != '\0'; place++) {
        if (place[0] == 'c' && place[1] == 's' && place[2] == 'r' && place[3] == 'c' && place[4] == '/') {
            begin = place;
        }
    }
    return begin;
}

int csrc_wrong_at(const char *place, const char *format, ...)
{
    if (reason[0] == '\0') {
        char text[256];
        va_list values;

        va_start(values, format);
        vsnprintf(text, sizeof(text), format, values);
        va_end(values);
        snprintf(reason, sizeof(reason), "%s (%s)", text, csrc_in_tree(place));
    }
    return CSRC_WRONG;
}

const char *csrc_reason(void)
{
    return reason;
}
