/*
 * Checks the alignment of the stack pointer in the functions that the C library and the kernel
 * call: a thread's start function, a destructor of a pthread key, the comparison function of qsort,
 * the function of pthread_once, and a signal handler on an alternate stack with unaligned bounds.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>

#if HAVE_SIGNALS
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * Each bit of `ran` stands for a function that ran. The same bit of `misaligned` stands for a
 * misaligned stack pointer in the function.
 */
static volatile unsigned ran;
static volatile unsigned misaligned;

enum { THREAD, DESTRUCTOR, COMPARISON, ONCE, HANDLER, COUNT };

static const char *const names[COUNT] = {
    "the start function of a thread",
    "the destructor of a pthread key",
    "the comparison function of qsort",
    "the function of pthread_once",
    "a signal handler",
};

static void check(int which, uintptr_t address)
{
    ran |= 1u << which;
    if (address % _Alignof(max_align_t) != 0) {
        misaligned |= 1u << which;
    }
}

/* Without volatile, the compiler may assume that the address of `aligned` is aligned. */
#define CHECK(which)                                                                                                   \
    do {                                                                                                               \
        _Alignas(max_align_t) char aligned;                                                                            \
        volatile uintptr_t address = (uintptr_t)&aligned;                                                              \
        check(which, address);                                                                                         \
    } while (0)

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void destructor(void *value)
{
    (void)value;
    CHECK(DESTRUCTOR);
}

static int compare(const void *left, const void *right)
{
    CHECK(COMPARISON);
    return *(const char *)left - *(const char *)right;
}

static void run_once(void)
{
    CHECK(ONCE);
}

static void handler(int number)
{
    (void)number;
    CHECK(HANDLER);
}

static void in_thread(int *error)
{
    char letters[] = "callback";
    size_t size = (size_t)64 << 10;
    char *memory = malloc(size);
    stack_t alternate = {.ss_sp = memory + 1, .ss_size = size - 1 - 3};
    stack_t none = {.ss_flags = SS_DISABLE, .ss_size = size};

    *error = memory == NULL ? ENOMEM : pthread_setspecific(key, &once);
    qsort(letters, sizeof(letters) - 1, 1, compare);
    pthread_once(&once, run_once);
    if (*error == 0 && sigaltstack(&alternate, NULL) == -1) {
        *error = errno;
    }
    if (*error == 0 && raise(SIGUSR1) != 0) {
        *error = errno;
    }
    if (*error == 0 && sigaltstack(&none, NULL) == -1) {
        *error = errno;
    }
    free(memory);
}

/*
 * Calls no function of the C library if the stack pointer is misaligned, because the function could
 * crash before the scenario reports the fault.
 */
static void *start(void *arg)
{
    CHECK(THREAD);
    if (misaligned == 0) {
        in_thread(arg);
    }
    return NULL;
}

int csrc_aligned_entry(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    pthread_t thread;
    int failed = 0;
    int which;
    int error = pthread_key_create(&key, destructor);

    sigemptyset(&action.sa_mask);
    if (error == 0 && sigaction(SIGUSR1, &action, NULL) == -1) {
        error = errno;
    }
    error = error != 0 ? error : pthread_create(&thread, NULL, start, &failed);
    error = error != 0 ? error : pthread_join(thread, NULL);
    if (error != 0 || failed != 0) {
        return error != 0 ? error : failed;
    }
    for (which = 0; which < COUNT; which++) {
        if ((misaligned & 1u << which) != 0) {
            return csrc_wrong("the stack pointer in %s is misaligned", names[which]);
        }
    }
    for (which = 0; which < COUNT; which++) {
        if ((ran & 1u << which) == 0) {
            return csrc_wrong("%s did not run", names[which]);
        }
    }
    return 0;
}
#else
int csrc_aligned_entry(void)
{
    return ENOTSUP;
}
#endif
