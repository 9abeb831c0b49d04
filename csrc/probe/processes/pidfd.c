/*
 * Checks that pidfd_open returns a file descriptor for a child, that poll reports the file
 * descriptor as readable once the child has ended, and that waitid returns the child's status.
 */
#include "../probe.h"

#include <poll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    struct pollfd polled = {.events = POLLIN};
    siginfo_t info;
    int ends[2];
    char byte;
    pid_t child;

    MUST(pipe(ends) == 0);
    child = fork();
    MUST(child != -1);
    if (child == 0) {
        MUST(close(ends[1]) == 0);
        MUST(read(ends[0], &byte, 1) == 0); /* Waits until the parent closes the pipe. */
        _exit(7);
    }
    polled.fd = pidfd_open(child, 0);
    MUST(polled.fd >= 0);
    MUST(poll(&polled, 1, 0) == 0);
    MUST(close(ends[1]) == 0);
    MUST(poll(&polled, 1, -1) == 1 && (polled.revents & POLLIN) != 0);
    MUST(waitid(P_PIDFD, (id_t)polled.fd, &info, WEXITED) == 0);
    MUST(info.si_pid == child && info.si_code == CLD_EXITED && info.si_status == 7);
    HELD();
    return 0;
}
