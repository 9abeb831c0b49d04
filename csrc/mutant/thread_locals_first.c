/*
 * Mutant of the C library: pthread_exit runs the destructors of thread-local variables before the
 * cancellation cleanup handlers, as relibc does.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

struct registered {
    void (*destructor)(void *);
    void *value;
    struct registered *next;
};

static __thread struct registered *list;

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Runs the destructors that have not run yet. */
static void run_all(void *arg)
{
    (void)arg;
    while (list != NULL) {
        struct registered *first = list;

        list = first->next;
        first->destructor(first->value);
        free(first);
    }
}

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    int (*add)(void (*)(void *), void *, void *);
    void *symbol = real("__cxa_thread_atexit_impl");
    struct registered *registered = malloc(sizeof(*registered));

    /* ISO C cannot convert a data pointer to a function pointer, so memcpy copies the pointer. */
    memcpy(&add, &symbol, sizeof(add));
    if (registered == NULL) {
        abort();
    }
    registered->destructor = destructor;
    registered->value = value;
    registered->next = list;
    list = registered;
    return add(run_all, NULL, object);
}

void pthread_exit(void *value)
{
    void (*leave)(void *) __attribute__((noreturn));
    void *symbol = real("pthread_exit");

    memcpy(&leave, &symbol, sizeof(leave));
    run_all(NULL);
    leave(value);
}
