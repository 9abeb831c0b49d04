/* Checks that getrandom fills a buffer with random bytes. */
#include "../probe.h"

#include <sys/random.h>

int main(void)
{
    unsigned char bytes[32] = {0};
    int sum = 0;
    int index;

    MUST(getrandom(bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes));
    for (index = 0; index < 32; index++) {
        sum += bytes[index];
    }
    MUST(sum != 0);
    HELD();
    return 0;
}
