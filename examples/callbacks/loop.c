/* An event loop that runs tasks as coroutines, each on a separate stack. */
#define _XOPEN_SOURCE 700
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

struct task {
    ucontext_t context;
    void (*body)(void *, size_t);
    void *arg;
    size_t index;
    int has_returned;
    char stack[1024 * 1024]; /* 1 MiB suffices for a backtrace of Rust's panic handler */
};

static _Thread_local struct task *running;
static _Thread_local ucontext_t scheduler;

static void enter(void)
{
    running->body(running->arg, running->index);
    running->has_returned = 1;
}

/* Lets the other tasks run. Aborts the process if the caller is not a task. */
void loop_yield(void)
{
    if (running == NULL) {
        fputs("loop_yield: no task is running\n", stderr);
        abort();
    }
    swapcontext(&running->context, &scheduler);
}

/* Runs the tasks `body(arg, 0)` to `body(arg, count - 1)` in turn until all tasks have returned. */
int loop_run(void (*body)(void *, size_t), void *arg, size_t count)
{
    struct task *tasks = calloc(count, sizeof *tasks);
    size_t left = count;

    if (tasks == NULL || running != NULL) { /* a task cannot run another loop */
        free(tasks);
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        tasks[i].body = body;
        tasks[i].arg = arg;
        tasks[i].index = i;
        getcontext(&tasks[i].context);
        tasks[i].context.uc_stack.ss_sp = tasks[i].stack;
        tasks[i].context.uc_stack.ss_size = sizeof tasks[i].stack;
        tasks[i].context.uc_link = &scheduler;
        makecontext(&tasks[i].context, enter, 0);
    }
    for (size_t i = 0; left > 0; i = (i + 1) % count) {
        if (!tasks[i].has_returned) {
            running = &tasks[i];
            swapcontext(&scheduler, &running->context);
            left -= running->has_returned;
        }
    }
    running = NULL;
    free(tasks);
    return 0;
}
