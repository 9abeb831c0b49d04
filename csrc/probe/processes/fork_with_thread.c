/* Checks that the forked child of a multithreaded process can allocate memory and print. */
#include "../probe.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int ended;

static void *start(void *arg)
{
    free(malloc(1000));
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;
    int status;
    pid_t child;

    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    child = fork();
    MUST(child != -1);
    if (child == 0) {
        char *memory = malloc(1 << 20);

        MUST(memory != NULL);
        free(memory);
        fputs("child\n", stderr);
        _exit(7);
    }
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(ended == 1);
    HELD();
    return 0;
}
