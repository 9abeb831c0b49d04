/* dlopen, dlsym: open the program itself and look up a symbol in it. */
#include "probe.h"

#include <dlfcn.h>

int main(void)
{
    void *self = dlopen(NULL, RTLD_NOW);

    MUST(self != NULL);
    MUST(dlsym(self, "exit") != NULL);
    MUST(dlsym(self, "no_such_symbol") == NULL);
    return 0;
}
