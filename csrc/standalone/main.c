/* The main function of the C-only child, which implements the protocol of docs/protocol.md. */
#include "standalone.h"

#include <stdio.h>
#include <string.h>

static int list(void)
{
    const struct standalone_case *each;

    puts("testprog 1");
    for (each = standalone_cases; each->name != NULL; each++) {
        puts(each->line);
    }
    return 0;
}

static int about(void)
{
    puts("testprog 1");
    fputs(standalone_target, stdout);
    standalone_about();
    return 0;
}

static int run(const struct standalone_case *which)
{
    if (which->answer != NULL) {
        puts(which->answer);
        return 0;
    }
    if (which->run() != 0) {
        return 1;
    }
    puts("OK");
    return 0;
}

int main(int argc, char **argv)
{
    const struct standalone_case *each;
    const char *argument = argc > 1 ? argv[1] : standalone_argument;

    if (argc > 2 || argument == NULL) {
        fputs("failed to read the arguments: expected a scenario's name, --list or --about\n", stderr);
        return 2;
    }
    if (strcmp(argument, "--list") == 0) {
        return list();
    }
    if (strcmp(argument, "--about") == 0) {
        return about();
    }
    for (each = standalone_cases; each->name != NULL; each++) {
        if (strcmp(argument, each->name) == 0) {
            return run(each);
        }
    }
    fprintf(stderr, "failed to run `%s`: no such scenario; see --list\n", argument);
    return 2;
}
