/* Checks that poll reports an eventfd with a nonzero counter as readable. */
#include "../probe.h"

#include <poll.h>
#include <sys/eventfd.h>

int main(void)
{
    struct pollfd polled = {.fd = eventfd(1, EFD_CLOEXEC), .events = POLLIN};

    MUST(polled.fd >= 0);
    MUST(poll(&polled, 1, -1) == 1 && (polled.revents & POLLIN) != 0);
    HELD();
    return 0;
}
