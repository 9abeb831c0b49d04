/* Checks the initial values of thread-local variables on the main thread and on C threads. */
#include "../../testprog.h"

#ifdef _MSC_VER
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local
#endif

#define COUNT 1024
#define FIRST 7
#define LAST 9
/* Number of threads that run one after another, so that they may use the same memory. */
#define THREADS 4

static THREAD_LOCAL int initialized[COUNT] = {FIRST, [COUNT - 1] = LAST};
static THREAD_LOCAL int zero[COUNT];
static THREAD_LOCAL const char *text = "text";

/*
 * Checks that the calling thread's variables have their initial values, and changes the values, so
 * that the check fails on a later thread that gets the changed values. Each thread may call this
 * function only once.
 */
int csrc_thread_local_image_here(void)
{
    int is_right = initialized[0] == FIRST && initialized[COUNT - 1] == LAST && text != NULL && text[0] == 't';
    int are_zero = 1;
    int each;

    for (each = 1; each < COUNT - 1; each++) {
        is_right = is_right && initialized[each] == 0;
    }
    for (each = 0; each < COUNT; each++) {
        are_zero = are_zero && zero[each] == 0;
        zero[each] = -1;
        initialized[each] = -1;
    }
    text = NULL;
    if (!is_right) {
        return csrc_wrong("a thread-local variable with an initializer had another value on a new thread");
    }
    if (!are_zero) {
        return csrc_wrong("a thread-local variable without an initializer was not zero on a new thread");
    }
    return 0;
}

static void on_thread(void *arg)
{
    int *error = arg;

    *error = csrc_thread_local_image_here();
}

int csrc_thread_local_image(void)
{
    int on = csrc_thread_local_image_here();
    int error = 0;
    int each;

    for (each = 0; error == 0 && on == 0 && each < THREADS; each++) {
        error = csrc_thread(on_thread, &on);
    }
    return error != 0 ? error : on;
}
