/*
 * Mutant of the C library: the initial values of the program's thread-local variables are missing
 * in every thread except the main thread.
 */
#define _GNU_SOURCE /* for RTLD_NEXT */
#include "real.h"

#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct start {
    void *(*function)(void *);
    void *arg;
};

/*
 * Fills the initialized thread-local variables of the first object, which is the program, with
 * zeros.
 */
static int clear(struct dl_phdr_info *info, size_t size, void *arg)
{
    int each;

    (void)size;
    (void)arg;
    for (each = 0; each < info->dlpi_phnum; each++) {
        if (info->dlpi_phdr[each].p_type == PT_TLS && info->dlpi_tls_data != NULL) {
            memset(info->dlpi_tls_data, 0, info->dlpi_phdr[each].p_filesz);
        }
    }
    return 1;
}

static void *run(void *arg)
{
    struct start start = *(struct start *)arg;

    free(arg);
    dl_iterate_phdr(clear, NULL);
    return start.function(start.arg);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*function)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    struct start *start = malloc(sizeof(*start));

    find_real("pthread_create", &real);
    if (start == NULL) {
        abort();
    }
    start->function = function;
    start->arg = arg;
    return real(thread, attr, run, start);
}
