/* /proc/self/exe: the program's own path, by which it can run itself again. */
#include "probe.h"

#include <unistd.h>

int main(void)
{
    char path[4096];

    MUST(readlink("/proc/self/exe", path, sizeof(path)) > 0);
    MUST(path[0] == '/');
    return 0;
}
