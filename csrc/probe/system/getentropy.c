/* Checks that getentropy fills a buffer with random bytes, and refuses more than 256 bytes. */
#include "../probe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    unsigned char bytes[300] = {0};
    unsigned char zeros[16] = {0};

    MUST(getentropy(bytes, 256) == 0);
    /* The probability that 16 random bytes are zero is 2 to the power of -128. */
    MUST(memcmp(bytes, zeros, 16) != 0 && memcmp(bytes + 240, zeros, 16) != 0);
    MUST(memcmp(bytes + 256, zeros, 16) == 0);
    MUST(getentropy(bytes, 257) == -1 && errno == EIO);
    HELD();
    return 0;
}
