/* Checks that dladdr finds the file and the base address of the object that contains an address. */
#include "../probe.h"

#include <dlfcn.h>

int main(void)
{
    Dl_info info = {.dli_fname = NULL};

    MUST(dladdr((void *)main, &info) != 0);
    MUST(info.dli_fname != NULL && info.dli_fbase != NULL);
    MUST((char *)info.dli_fbase < (char *)main);
    HELD();
    return 0;
}
