/* A plugin that aborts while the host loads the plugin. */
#include <stdlib.h>

/* The dynamic loader calls a constructor before `dlopen` returns. */
__attribute__((constructor)) static void crash(void)
{
    abort();
}

int plugin_run(int input)
{
    return input;
}
