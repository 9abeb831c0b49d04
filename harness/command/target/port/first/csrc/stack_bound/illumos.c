/*
 * Reads stack bounds on illumos and Solaris. thr_stksegment(3C) puts the top of the stack in ss_sp.
 */
#define __EXTENSIONS__ /* Declares stack_t under -std=c11 (standards(7)). */
#include "../testprog.h"

#include <signal.h>
#include <thread.h>

void csrc_stack_bound(uintptr_t bounds[2])
{
    stack_t stack;

    bounds[0] = 0;
    bounds[1] = 0;
    if (thr_stksegment(&stack) == 0) {
        bounds[1] = (uintptr_t)stack.ss_sp;
        bounds[0] = bounds[1] - stack.ss_size;
    }
}
