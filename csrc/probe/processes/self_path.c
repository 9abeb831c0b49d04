/*
 * Checks that /proc/self/exe links to the program's absolute path, so that the program can start
 * itself again.
 */
#include "../probe.h"

#include <unistd.h>

int main(void)
{
    char path[4096];

    MUST(readlink("/proc/self/exe", path, sizeof(path)) > 0);
    MUST(path[0] == '/');
    HELD();
    return 0;
}
