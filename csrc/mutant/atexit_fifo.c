/* Mutant of the C library: exit runs the function that was registered first before all others. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "handlers.h"
#include "real.h"

static void run_all(void *arg)
{
    int each;

    (void)arg;
    for (each = 0; each < count; each++) {
        registered[each].handler(registered[each].arg);
    }
}

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    int (*real)(void (*)(void *), void *, void *);

    find_real("__cxa_atexit", &real);
    add_handler(handler, arg);
    return count == 1 ? real(run_all, NULL, object) : 0;
}
