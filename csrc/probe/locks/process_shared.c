/*
 * Checks that a mutex and a condition variable with PTHREAD_PROCESS_SHARED work between two
 * processes: the processes wake each other 100 times.
 */
#include "../probe.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURNS 100

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int turn;
} *shared;

/* Waits at most 10 s, so that a lost wakeup fails a check instead of hanging. */
static int wait_for_turn(void)
{
    struct timespec deadline;

    alarm(20); /* If the wait never gets the mutex again, SIGALRM kills the process. */
    MUST(clock_gettime(CLOCK_REALTIME, &deadline) == 0);
    deadline.tv_sec += 10;
    return pthread_cond_timedwait(&shared->condition, &shared->mutex, &deadline);
}

static void take_turns(int mine)
{
    int error = 0;

    alarm(20); /* If pthread_mutex_lock never returns, SIGALRM kills the process. */
    MUST(pthread_mutex_lock(&shared->mutex) == 0);
    while (shared->turn < TURNS && error == 0) {
        if (shared->turn % 2 == mine) {
            shared->turn++;
            MUST(pthread_cond_signal(&shared->condition) == 0);
        } else {
            error = wait_for_turn();
        }
    }
    MUST(pthread_mutex_unlock(&shared->mutex) == 0);
    MUST(error == 0);
}

int main(void)
{
    pthread_mutexattr_t of_mutex;
    pthread_condattr_t of_condition;
    int status;
    pid_t child;

    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED);
    MUST(pthread_mutexattr_init(&of_mutex) == 0 && pthread_condattr_init(&of_condition) == 0);
    MUST(pthread_mutexattr_setpshared(&of_mutex, PTHREAD_PROCESS_SHARED) == 0);
    MUST(pthread_condattr_setpshared(&of_condition, PTHREAD_PROCESS_SHARED) == 0);
    MUST(pthread_mutex_init(&shared->mutex, &of_mutex) == 0);
    MUST(pthread_cond_init(&shared->condition, &of_condition) == 0);
    child = fork();
    MUST(child != -1);
    if (child == 0) {
        take_turns(0);
        _exit(7);
    }
    take_turns(1);
    MUST(waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    HELD();
    return 0;
}
