/*
 * Mutant of the C library: the destructor of a thread-local variable does not run if another
 * destructor of the thread was the first to use the variable.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

struct registered {
    void (*destructor)(void *);
    void *value;
};

static __thread int is_exiting;

static void run(void *arg)
{
    struct registered *registered = arg;

    is_exiting = 1;
    registered->destructor(registered->value);
    free(registered);
}

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*real)(void (*)(void *), void *, void *);
    void *symbol = dlsym(RTLD_NEXT, "__cxa_thread_atexit_impl");
    struct registered *registered;

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&real, &symbol, sizeof(real));
    if (is_exiting) {
        return 0;
    }
    registered = malloc(sizeof(*registered));
    if (registered == NULL) {
        abort();
    }
    registered->destructor = destructor;
    registered->value = value;
    return real(run, registered, object);
}
