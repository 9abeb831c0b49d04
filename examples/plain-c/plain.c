/*
 * A test program in plain C that follows testprog's protocol without a library. With the argument
 * `--list`, the program prints its scenarios. With the name of a scenario as its argument, the
 * program runs the scenario, and prints `OK` if the scenario held.
 *
 *     cc -o plain plain.c
 *     cargo testprog run --prog ./plain
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stack of at most three numbers. */
static int numbers[3];
static int count;

static void push(int number)
{
#ifndef PLANTED_BUG
    if (count == 3) {
        fputs("push: the stack is full\n", stderr);
        abort();
    }
#endif
    numbers[count++ % 3] = number;
}

static int pop(void)
{
    if (count == 0) {
        fputs("pop: the stack is empty\n", stderr);
        exit(3);
    }
    return numbers[--count % 3];
}

static int pops_in_reverse_order(void)
{
    push(1);
    push(2);
    return pop() == 2 && pop() == 1;
}

static int push_to_a_full_stack(void)
{
    for (int i = 0; i < 4; i++) {
        push(i);
    }
    return 1;
}

static int pop_of_an_empty_stack(void)
{
    pop();
    return 1;
}

/* In the listing, a tab separates fields: the name, the needed capabilities and the expectation. */
static const struct {
    const char *name;
    int (*run)(void);
    const char *expectation;
} scenarios[] = {
    {"pops_in_reverse_order", pops_in_reverse_order, "ok"},
    {"push_to_a_full_stack", push_to_a_full_stack, "dies SIGABRT push: the stack is full"},
    {"pop_of_an_empty_stack", pop_of_an_empty_stack, "exits 3 pop: the stack is empty"},
};

int main(int argc, char **argv)
{
    int is_list = argc == 2 && strcmp(argv[1], "--list") == 0;

    if (is_list) {
        puts("testprog 1");
    }
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (is_list) {
            printf("%s\t-\t%s\n", scenarios[i].name, scenarios[i].expectation);
        } else if (argc == 2 && strcmp(argv[1], scenarios[i].name) == 0) {
            if (!scenarios[i].run()) {
                return 1;
            }
            puts("OK");
            return 0;
        }
    }
    if (!is_list) {
        fputs("expected one argument: the name of a scenario or --list\n", stderr);
    }
    return is_list ? 0 : 2;
}
