/*
 * Checks that an alternate signal stack of MINSIGSTKSZ bytes is large enough for an empty signal
 * handler.
 */
#include "../direction.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static stack_t alternate;

static void handler(int number)
{
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    (void)number;
    handled = (uintptr_t)alternate.ss_sp < sp && sp <= (uintptr_t)alternate.ss_sp + alternate.ss_size;
}

int main(void)
{
    long page = sysconf(_SC_PAGESIZE);
    long size = MINSIGSTKSZ;
    size_t whole = ((size_t)size + (size_t)page - 1) / (size_t)page * (size_t)page;
    /* An inaccessible page lies right beyond the end of the stack, so that an overflow raises a signal. */
    int grows_up = stack_grows_up();
    char *base = mmap(NULL, (size_t)page + whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

    MUST(base != MAP_FAILED && mprotect(grows_up ? base + whole : base, (size_t)page, PROT_NONE) == 0);
    alternate.ss_sp = grows_up ? base + whole - (size_t)size : base + page;
    alternate.ss_size = (size_t)size;
    MUST(sigaltstack(&alternate, NULL) == 0);
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    MUST(raise(SIGUSR1) == 0);
    MUST(handled);
    printf("%ld bytes\n", size);
    HELD();
    return 0;
}
