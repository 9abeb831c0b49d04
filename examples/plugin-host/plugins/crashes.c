/* A plugin that dies of SIGSEGV when the host calls `plugin_run`. */
#include <stddef.h>

int plugin_run(int input)
{
    int *volatile nowhere = NULL;

    return *nowhere + input;
}
