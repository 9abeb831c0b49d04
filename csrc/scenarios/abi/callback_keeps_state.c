/*
 * Calls back into the runtime and checks that errno, the rounding mode, the control word of the x87
 * unit and the signal mask of the calling thread are the same after the callback.
 */
#define _XOPEN_SOURCE 700
#include "../../testprog.h"

#include <errno.h>
#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#include <string.h>
#endif

struct run {
    csrc_callback *callback;
    int error;
};

/* An errno value that no function in a callback sets. */
#define KEPT EDOM

#ifndef _WIN32
static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

/*
 * Blocks only SIGUSR1 and SIGILL, so that the mask changes if the runtime blocks or unblocks all
 * signals. Sends both signals to this thread. A runtime that unblocks them for a moment, such as
 * SIGILL because an instruction can raise this signal, runs their handler.
 */
static void set_mask(void)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGILL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    pthread_kill(pthread_self(), SIGILL);
}

static int check_mask(const char *which)
{
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (!sigismember(&mask, SIGUSR1)) {
        return csrc_wrong("%s unblocked a signal that its caller had blocked", which);
    }
    if (handled != 0) {
        return csrc_wrong("%s ran the handler of a signal that its caller had blocked", which);
    }
    if (sigismember(&mask, SIGUSR2) || sigismember(&mask, SIGTERM)) {
        return csrc_wrong("%s left signals blocked that its caller had not blocked", which);
    }
    return 0;
}

/* Installs `handle` for the two signals, or restores the actions that this function has replaced. */
static void set_actions(int is_end)
{
    static const int numbers[] = {SIGUSR1, SIGILL};
    static struct sigaction before[2];
    struct sigaction action;
    int each;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    for (each = 0; each < 2; each++) {
        if (is_end) {
            sigaction(numbers[each], &before[each], NULL);
        } else {
            sigaction(numbers[each], &action, &before[each]);
        }
    }
}
#else
static void set_mask(void)
{
}

static void set_actions(int is_end)
{
    (void)is_end;
}

static int check_mask(const char *which)
{
    (void)which;
    return 0;
}
#endif

#if defined(__x86_64__) || defined(__i386__)
/* Control word of the x87 unit that rounds results to the precision of a double. */
#define PRECISION 0x27f

static void set_x87(uint16_t word)
{
    __asm__ volatile("fldcw %0" : : "m"(word));
}

static uint16_t x87(void)
{
    uint16_t word;

    __asm__ volatile("fnstcw %0" : "=m"(word));
    return word;
}
#else
#define PRECISION 0

static void set_x87(uint16_t word)
{
    (void)word;
}

static uint16_t x87(void)
{
    return PRECISION;
}
#endif

static int call(csrc_callback *callback, const char *which)
{
    int after;

    errno = KEPT;
    callback();
    after = errno;
    if (after != KEPT) {
        return csrc_wrong("%s changed errno to %d", which, after);
    }
    if (!csrc_rounds_up()) {
        return csrc_wrong("%s changed the rounding mode", which);
    }
    if (x87() != PRECISION) {
        return csrc_wrong("%s changed the control word of the x87 unit from %#x to %#x", which, PRECISION, x87());
    }
    return check_mask(which);
}

static void on_thread(void *arg)
{
    struct run *run = arg;
    uint16_t before = x87();

    set_mask();
    set_x87(PRECISION);
    csrc_round_up(1);
    run->error = call(run->callback, "the first callback");
    if (run->error == 0) {
        run->error = call(run->callback, "the second callback");
    }
    csrc_round_up(0);
    set_x87(before);
}

int csrc_callback_keeps_state(csrc_callback *callback)
{
    struct run run = {callback, 0};
    int error;

    set_actions(0);
    /* The signals that the thread has blocked end with the thread. */
    error = csrc_thread(on_thread, &run);
    set_actions(1);
    return error != 0 ? error : run.error;
}
