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

    if (argc != 2) {
        fputs("failed to read the arguments: expected a scenario's name, --list or --about\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (strcmp(argv[1], "--about") == 0) {
        return about();
    }
    for (each = standalone_cases; each->name != NULL; each++) {
        if (strcmp(argv[1], each->name) == 0) {
            return run(each);
        }
    }
    fprintf(stderr, "failed to run `%s`: no such scenario; see --list\n", argv[1]);
    return 2;
}
