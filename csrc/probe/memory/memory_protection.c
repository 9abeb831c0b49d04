/*
 * Checks that a write to a page that mprotect has made inaccessible raises SIGSEGV or SIGBUS, and
 * that si_addr lies in that page.
 */
#include "../probe.h"

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf back;
static void *volatile where;

static void handler(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    where = info->si_addr;
    siglongjmp(back, 1);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    MUST(memory != MAP_FAILED);
    memory[100] = 1;
    MUST(mprotect(memory, page, PROT_NONE) == 0);
    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    MUST(sigaction(SIGBUS, &action, NULL) == 0);
    AWAIT("a write to the page raises a signal, and the handler jumps back to main");
    if (sigsetjmp(back, 1) == 0) {
        *(volatile char *)(memory + 100) = 2;
    }
    MUST((uintptr_t)where / page == (uintptr_t)memory / page); /* On s390x, si_addr is the start of the page. */
    HELD();
    return 0;
}
