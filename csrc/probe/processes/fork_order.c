/*
 * Checks the order of the handlers of pthread_atfork: fork runs the handlers before the fork in
 * reverse order, and the handlers after the fork in the order of registration.
 */
#include "../probe.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char order[8];

static void add(char letter)
{
    order[strlen(order)] = letter;
}

static void before_1(void)
{
    add('1');
}

static void parent_1(void)
{
    add('a');
}

static void child_1(void)
{
    add('x');
}

static void before_2(void)
{
    add('2');
}

static void parent_2(void)
{
    add('b');
}

static void child_2(void)
{
    add('y');
}

int main(void)
{
    int status;
    pid_t child;

    MUST(pthread_atfork(before_1, parent_1, child_1) == 0);
    MUST(pthread_atfork(before_2, parent_2, child_2) == 0);
    child = fork();
    MUST(child != -1);
    if (child == 0) {
        _exit(strcmp(order, "21xy") == 0 ? 7 : 1);
    }
    MUST(strcmp(order, "21ab") == 0);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    HELD();
    return 0;
}
