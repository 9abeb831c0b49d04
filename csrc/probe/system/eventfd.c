/*
 * Checks that poll reports an eventfd with a nonzero counter as readable, and that a read returns the
 * counter and resets it.
 */
#include "../probe.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int main(void)
{
    struct pollfd polled = {.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), .events = POLLIN};
    uint64_t count = 2;

    MUST(polled.fd >= 0);
    MUST(write(polled.fd, &count, sizeof(count)) == (ssize_t)sizeof(count));
    MUST(poll(&polled, 1, -1) == 1 && (polled.revents & POLLIN) != 0);
    MUST(read(polled.fd, &count, sizeof(count)) == (ssize_t)sizeof(count) && count == 3);
    MUST(poll(&polled, 1, 0) == 0);
    MUST(read(polled.fd, &count, sizeof(count)) == -1 && errno == EAGAIN);
    HELD();
    return 0;
}
