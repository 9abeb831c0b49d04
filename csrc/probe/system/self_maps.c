/*
 * Checks that /proc/self/maps contains the memory of the stack, as writable, and of the code, as
 * executable. glibc and other C libraries find the bounds of the main thread's stack in this file.
 */
#include "../probe.h"

#include <stdint.h>

int main(void)
{
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    uintptr_t code = (uintptr_t)__builtin_return_address(0);
    int has_stack = 0;
    int has_code = 0;
    char line[4096];
    FILE *file = fopen("/proc/self/maps", "r");

    MUST(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *end;
        uintptr_t lo = (uintptr_t)strtoull(line, &end, 16);
        uintptr_t hi = (uintptr_t)strtoull(end + 1, &end, 16);

        has_stack |= lo <= stack && stack < hi && end[2] == 'w';
        has_code |= lo <= code && code < hi && end[3] == 'x';
    }
    MUST(has_stack);
    MUST(has_code);
    HELD();
    return 0;
}
