/* Mutant of the C library: sigaction adds the flag SA_NODEFER to every signal handler. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    int (*real)(int, const struct sigaction *, struct sigaction *);
    struct sigaction copy;
    void *symbol = dlsym(RTLD_NEXT, "sigaction");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    if (action == NULL) {
        return real(number, NULL, old);
    }
    copy = *action;
    copy.sa_flags |= SA_NODEFER;
    return real(number, &copy, old);
}
