/*
 * Records the order in which a thread that calls pthread_exit runs its cancellation cleanup
 * handlers, the destructors of its thread-local variables and the destructors of its pthread keys.
 *
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>
#include <string.h>

/* One letter for each step of the thread's exit, and a zero byte. */
static char order[16];
static pthread_key_t key;

/*
 * Appends the letter `step` to `order`. The Rust code calls this function in a thread-local
 * variable's destructor.
 */
void csrc_thread_exit_note(int step)
{
    size_t length = strlen(order);

    if (length + 1 < sizeof(order)) {
        order[length] = (char)step;
    }
}

/* Returns the recorded letters, in the order of the steps. */
const char *csrc_thread_exit_order_seen(void)
{
    return order;
}

static void outer_handler(void *arg)
{
    (void)arg;
    csrc_thread_exit_note('o');
}

static void inner_handler(void *arg)
{
    (void)arg;
    csrc_thread_exit_note('i');
}

static void key_destructor(void *arg)
{
    (void)arg;
    csrc_thread_exit_note('k');
}

static void *start(void *arg)
{
    csrc_callback *const *callback = arg;

    pthread_setspecific(key, &key);
    pthread_cleanup_push(outer_handler, NULL);
    pthread_cleanup_push(inner_handler, NULL);
    (*callback)();
    pthread_exit(&key);
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return NULL;
}

/*
 * Returns whether `order` without the letter t, which only the Rust code records, is "iok": the
 * inner cleanup handler, the outer cleanup handler, the key's destructor.
 */
static int is_right(void)
{
    char without[sizeof(order)] = "";
    size_t length = 0;
    const char *each;

    for (each = order; *each != '\0'; each++) {
        if (*each != 't') {
            without[length++] = *each;
        }
    }
    return strcmp(without, "iok") == 0;
}

int csrc_thread_exit_order(csrc_callback *callback)
{
    pthread_t thread;
    void *result = NULL;
    int error = pthread_key_create(&key, key_destructor);

    if (error == 0) {
        error = pthread_create(&thread, NULL, start, &callback);
    }
    if (error == 0) {
        error = pthread_join(thread, &result);
    }
    if (error != 0) {
        return error;
    }
    if (!is_right()) {
        return csrc_wrong("the thread's exit ran the steps `%s` (i and o: cleanup handlers, k: a key's destructor, "
                          "t: a thread-local variable's destructor); the order of i, o and k must be `iok`",
                          order);
    }
    if (result != &key) {
        return csrc_wrong("pthread_join returned another value than the thread passed to pthread_exit");
    }
    return 0;
}
#else
void csrc_thread_exit_note(int step)
{
    (void)step;
}

const char *csrc_thread_exit_order_seen(void)
{
    return "";
}

int csrc_thread_exit_order(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
