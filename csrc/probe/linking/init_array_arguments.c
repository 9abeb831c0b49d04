/*
 * Checks that a constructor gets the arguments of main. On glibc, Rust's std reads the program's
 * arguments in a constructor.
 */
#include "../probe.h"

static int count;
static char **arguments;
static char **variables;

static void constructor(int argc, char **argv, char **envp)
{
    count = argc;
    arguments = argv;
    variables = envp;
}

__attribute__((section(".init_array"), used)) static void (*const entry)(int, char **, char **) = constructor;

extern char **environ;

int main(int argc, char **argv)
{
    MUST(count == argc);
    MUST(arguments == argv);
    MUST(variables == environ);
    HELD();
    return 0;
}
