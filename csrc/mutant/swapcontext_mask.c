/* Mutant of the C library: swapcontext unblocks all signals. */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

int swapcontext(ucontext_t *from, const ucontext_t *to)
{
    int (*real)(ucontext_t *, const ucontext_t *);
    void *symbol = dlsym(RTLD_NEXT, "swapcontext");
    sigset_t none;
    int result;

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    result = real(from, to);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
    return result;
}
