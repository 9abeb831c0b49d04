/*
 * Mutant of the C library: makecontext ignores uc_link, so a thread whose context's function
 * returns ends, and with the last thread the process ends with status 0.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <ucontext.h>

enum { MOST = 8 }; /* largest number of arguments that the scenarios pass */

void makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
    void (*real)(ucontext_t *, void (*)(void), int, ...);
    void *symbol = dlsym(RTLD_NEXT, "makecontext");
    int values[MOST] = {0};
    va_list arguments;
    int index;

    va_start(arguments, count);
    for (index = 0; index < count && index < MOST; index++) {
        values[index] = va_arg(arguments, int);
    }
    va_end(arguments);
    /* ISO C has no conversion from a pointer to data to a pointer to a function. */
    memcpy(&real, &symbol, sizeof(real));
    context->uc_link = NULL;
    real(context, function, count, values[0], values[1], values[2], values[3], values[4], values[5], values[6],
         values[7]);
}
