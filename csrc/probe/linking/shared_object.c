/*
 * Checks that dlopen runs a shared object's constructor, that dlclose or exit runs the destructor,
 * and that each thread, even if the thread started before dlopen, has its own copy of a
 * _Thread_local variable.
 */
#include "../probe.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static int ready[2];
static int opened[2];
static int *(*address)(void);
static int ended;
static int exits;

/* Counts the calls. The destructor of the shared object calls this function. */
static void end(void)
{
    ended++;
    if (exits) {
        MUST(ended == 1);
        HELD();
        _exit(0);
    }
}

static void *use(void *arg)
{
    char byte;

    MUST(write(ready[1], "", 1) == 1);
    MUST(read(opened[0], &byte, 1) == 1);
    MUST(*address() == 5);
    *address() = 7;
    MUST(*address() == 7);
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    char byte;
    char path[4096];
    char *file;
    void *object;
    int *constructed;
    void (**on_end)(void);

    MUST(pipe(ready) == 0 && pipe(opened) == 0);
    MUST(pthread_create(&thread, NULL, use, NULL) == 0);
    MUST(read(ready[0], &byte, 1) == 1);
    /* The shared object is in the folder of the probe's executable. */
    MUST(argc > 0 && strlen(argv[0]) + sizeof("shared_object.so") < sizeof(path));
    strcpy(path, argv[0]);
    file = strrchr(path, '/');
    MUST(file != NULL);
    strcpy(file + 1, "shared_object.so");
    object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        fprintf(stderr, "dlopen: %s\n", dlerror());
    }
    MUST(object != NULL);
    constructed = dlsym(object, "object_constructed");
    MUST(constructed != NULL && *constructed == 1);
    *(void **)&address = dlsym(object, "object_address");
    on_end = dlsym(object, "object_ended");
    MUST(address != NULL && on_end != NULL);
    MUST(*address() == 5);
    *address() = 6;
    MUST(write(opened[1], "", 1) == 1);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(*address() == 6);
    MUST(pthread_create(&thread, NULL, use, NULL) == 0);
    MUST(write(opened[1], "", 1) == 1);
    MUST(pthread_join(thread, NULL) == 0);
    *on_end = end;
    MUST(dlclose(object) == 0);
    puts(ended == 0 ? "dlclose does not unload" : "dlclose unloads");
    exits = 1;
    if (ended == 1) {
        HELD();
        return 0;
    }
    AWAIT("exit runs the destructor of the shared object");
    return 2; /* If the destructor runs, it replaces this status by 0. */
}
