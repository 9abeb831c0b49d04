/* Checks that fork runs the handlers that another thread registered with pthread_atfork. */
#include "../probe.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int prepared;
static int in_parent;
static int in_child;

static void prepare(void)
{
    prepared++;
}

static void parent(void)
{
    in_parent++;
}

static void child(void)
{
    in_child++;
}

static void *enroll(void *arg)
{
    MUST(pthread_atfork(prepare, parent, child) == 0);
    return arg;
}

int main(void)
{
    pthread_t thread;
    int status;
    pid_t forked;

    MUST(pthread_create(&thread, NULL, enroll, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    forked = fork();
    MUST(forked != -1);
    if (forked == 0) {
        MUST(prepared == 1 && in_child == 1);
        _exit(0);
    }
    MUST(prepared == 1 && in_parent == 1);
    MUST(waitpid(forked, &status, 0) == forked && status == 0);
    HELD();
    return 0;
}
