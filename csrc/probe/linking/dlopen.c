/* Checks that dlopen opens the program itself, and that dlsym finds a symbol in the program. */
#include "../probe.h"

#include <dlfcn.h>

int main(void)
{
    void *self = dlopen(NULL, RTLD_NOW);

    MUST(self != NULL);
    MUST(dlsym(self, "exit") != NULL);
    MUST(dlsym(self, "no_such_symbol") == NULL);
    HELD();
    return 0;
}
