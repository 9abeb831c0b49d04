/*
 * A calculator for numbers in postfix notation: `plain 1 2 + print` prints 3. The program knows
 * nothing of testprog. The manifest plain.toml states how the program is tested:
 *
 *     cargo testprog --manifest plain.toml
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
        fputs("plain: the stack is full\n", stderr);
        abort();
    }
#endif
    numbers[count++ % 3] = number;
}

static int pop(void)
{
    if (count == 0) {
        fputs("plain: the stack is empty\n", stderr);
        exit(3);
    }
    return numbers[--count % 3];
}

/* Writes the stack to the file `stack.txt` in the current directory. */
static void save(void)
{
    FILE *file = fopen("stack.txt", "w");
    if (file == NULL) {
        perror("plain: stack.txt");
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        fprintf(file, "%d\n", numbers[i % 3]);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "+") == 0) {
            push(pop() + pop());
        } else if (strcmp(argv[i], "print") == 0) {
            printf("%d\n", pop());
        } else if (strcmp(argv[i], "save") == 0) {
            save();
        } else if (strcmp(argv[i], "draw") == 0) {
            if (getenv("DISPLAY") == NULL) {
                fputs("plain: there is no display\n", stderr);
                return 77;
            }
        } else {
            push(atoi(argv[i]));
        }
    }
    if (getenv("PLAIN_TRACE") != NULL) {
        fprintf(stderr, "plain: %d numbers are left\n", count);
    }
    return 0;
}
