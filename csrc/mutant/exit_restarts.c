/*
 * Mutant of the C library: exit removes no function from its list, so a call of exit in an exit
 * handler runs all handlers again, as in relibc.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

int __cxa_atexit(void (*handler)(void *), void *arg, void *object);

enum { MOST = 1024 };

static struct {
    void (*handler)(void *);
    void *arg;
} registered[MOST];
static int count;

int __cxa_atexit(void (*handler)(void *), void *arg, void *object)
{
    (void)object;
    if (count == MOST) {
        abort();
    }
    registered[count].handler = handler;
    registered[count].arg = arg;
    count++;
    return 0;
}

void exit(int status)
{
    void (*real)(int) __attribute__((noreturn));
    void *symbol = dlsym(RTLD_NEXT, "exit");
    int each;

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    for (each = count; each > 0; each--) {
        registered[each - 1].handler(registered[each - 1].arg);
    }
    real(status);
}
