// Child that can run as a zygote, written from docs/protocol.md alone.

#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNNER 3

static void tells_its_parent(void)
{
    fprintf(stderr, "%d", getppid());
    puts("OK");
}

static void crashes(void)
{
    fputs("about to die\n", stderr);
    raise(SIGSEGV);
}

static void hangs(void)
{
    for (;;) {
        pause();
    }
}

// Leaves behind a process that never ends and keeps standard output open.
static void leaks(void)
{
    if (fork() == 0) {
        hangs();
    }
    puts("OK");
}

// Leaves behind a process in a new session, without open descriptors.
static void leaves_a_daemon(void)
{
    int gone[2];
    char nothing;
    if (pipe(gone) == -1) {
        exit(1);
    }
    if (fork() == 0) {
        setsid();
        for (int i = 0; i < 3; i++) {
            close(i);
        }
        close(gone[0]);
        close(gone[1]);
        hangs();
    }
    close(gone[1]);
    if (read(gone[0], &nothing, 1) == 0) {
        puts("OK");
    }
}

// Prints OK if the parent of this process, the zygote, is the only child of the supervisor. If an
// earlier case had left a process behind, that process would be another child of the supervisor.
static void is_alone(void)
{
    char path[64];
    char children[64];
    size_t length;
    int supervisor = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", getppid());
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*d (%*[^)]) %*c %d", &supervisor) != 1) {
        exit(1);
    }
    fclose(file);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", supervisor, supervisor);
    file = fopen(path, "r");
    length = file == NULL ? 0 : fread(children, 1, sizeof children - 1, file);
    children[length] = '\0';
    if (atoi(children) == getppid() && strchr(children, ' ') == strrchr(children, ' ')) {
        puts("OK");
    }
}

static const struct {
    const char *name;
    const char *expected;
    void (*run)(void);
} scenarios[] = {
    {"tells_its_parent", "ok", tells_its_parent},
    {"crashes", "dies SIGSEGV about to die", crashes},
    {"hangs", "ok", hangs},
    {"leaks", "ok", leaks},
    {"leaves_a_daemon", "ok", leaves_a_daemon},
    {"is_alone", "ok", is_alone},
};

#define COUNT (sizeof scenarios / sizeof *scenarios)

static int run(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(name, scenarios[i].name) == 0) {
            scenarios[i].run();
            return 0;
        }
    }
    fprintf(stderr, "failed to run `%s`: no such scenario\n", name);
    return 2;
}

static void tell(const char *message)
{
    if (send(RUNNER, message, strlen(message), MSG_NOSIGNAL) == -1) {
        _exit(0);
    }
}

// Receives the name of a scenario, and the descriptors for its standard output and standard error.
// Returns 0 if the runner has closed the socket or sent an invalid message.
static int next(char *name, size_t size, int streams[2])
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec part = {.iov_base = name, .iov_len = size - 1};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    ssize_t length;
    do {
        length = recvmsg(RUNNER, &message, 0);
    } while (length == -1 && errno == EINTR);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (length <= 0 || header == NULL || header->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
        return 0;
    }
    memcpy(streams, CMSG_DATA(header), 2 * sizeof(int));
    name[length] = '\0';
    return 1;
}

// Gives a forked process a new process group, the parent-death signal (prctl(2)) and the case's
// output streams, as the runner does for a child that runs one case.
static void settle(pid_t zygote, const int streams[2])
{
    close(RUNNER);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != zygote) {
        _exit(127);
    }
    for (int i = 0; i < 2; i++) {
        dup2(streams[i], STDOUT_FILENO + i);
        close(streams[i]);
    }
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

// Forks a process for each request, and exits when the runner closes the socket or a case has left
// a process behind. Returns only in a forked process, with the requested scenario's name in `name`.
static void serve(char *name, size_t size)
{
    char message[128];
    int streams[2];
    int status;
    struct rusage usage;
    pid_t zygote = getpid();

    tell("testprog 1");
    while (next(name, size, streams)) {
        pid_t pid = fork();
        if (pid == 0) {
            settle(zygote, streams);
            return;
        }
        close(streams[0]);
        close(streams[1]);
        if (pid == -1) {
            snprintf(message, sizeof message, "failed %s", strerror(errno));
            tell(message);
            continue;
        }
        while (wait4(pid, &status, 0, &usage) == -1 && errno == EINTR) {
        }
        int is_alone = waitpid(-1, NULL, WNOHANG) == -1;
        snprintf(message, sizeof message, "%s %d %lld %lld %ld", is_alone ? "ended" : "last", status,
                 microseconds(usage.ru_utime), microseconds(usage.ru_stime), usage.ru_maxrss);
        tell(message);
        if (!is_alone) {
            break;
        }
    }
    _exit(0);
}

int main(int argc, char **argv)
{
    char name[256];

    if (argc != 2) {
        fputs("expected one argument\n", stderr);
        return 2;
    }
    if (strcmp(argv[1], "--list") == 0) {
        puts("testprog 1");
        for (size_t i = 0; i < COUNT; i++) {
            printf("%s\t-\t%s\n", scenarios[i].name, scenarios[i].expected);
        }
        return 0;
    }
    if (strcmp(argv[1], "--zygote") == 0) {
        serve(name, sizeof name);
        return run(name);
    }
    return run(argv[1]);
}
