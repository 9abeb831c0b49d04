/*
 * Mutant of the C library: sigaltstack reports the old alternate stack as disabled.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

int sigaltstack(const stack_t *new_stack, stack_t *old_stack)
{
    int (*real)(const stack_t *, stack_t *);
    void *symbol = dlsym(RTLD_NEXT, "sigaltstack");

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    if (real(new_stack, old_stack) == -1) {
        return -1;
    }
    if (old_stack != NULL) {
        *old_stack = (stack_t){.ss_flags = SS_DISABLE};
    }
    return 0;
}
