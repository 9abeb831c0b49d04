/* Mutant of the C library: atexit succeeds, but registers no function. */
#include <stddef.h>

int __cxa_atexit(void (*handler)(void *), void *arg, void *object);

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    (void)handler;
    (void)arg;
    (void)object;
    return 0;
}
