/*
 * Mutant of the C library: makecontext ignores uc_link, so the thread exits when a context's
 * function returns. The exit of the last thread ends the process with status 0.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <stdarg.h>
#include <ucontext.h>

enum { MOST = 8 }; /* largest number of arguments that a scenario passes to makecontext */

void makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
    void (*real)(ucontext_t *, void (*)(void), int, ...);
    int values[MOST] = {0};
    va_list arguments;
    int index;

    va_start(arguments, count);
    for (index = 0; index < count && index < MOST; index++) {
        values[index] = va_arg(arguments, int);
    }
    va_end(arguments);
    find_real("makecontext", &real);
    context->uc_link = NULL;
    real(context, function, count, values[0], values[1], values[2], values[3], values[4], values[5], values[6],
         values[7]);
}
