/* Checks that a process can exit with status 0 while another thread of the process waits. */
#include "../probe.h"

#include <pthread.h>
#include <unistd.h>

static int ready[2];

static void *stay(void *arg)
{
    MUST(write(ready[1], "", 1) == 1);
    for (;;) {
        pause();
    }
    return arg;
}

int main(void)
{
    pthread_t thread;
    char byte;

    MUST(pipe(ready) == 0);
    MUST(pthread_create(&thread, NULL, stay, NULL) == 0);
    MUST(read(ready[0], &byte, 1) == 1);
    HELD_IF_STATUS_0();
    AWAIT("the process exits with status 0");
    return 0;
}
