/* A library that leaves a function behind when it is unloaded. */
#include <pthread.h>
#include <stdlib.h>

static void nothing(void)
{
}

static void on_thread_exit(void *value)
{
    *(volatile int *)value = 1;
}

/* Registers a function that dlclose(3) calls. */
void use_atexit(void);
void use_atexit(void)
{
    atexit(nothing);
}

/* Registers a destructor that runs when the calling thread exits. */
void use_key(void);
void use_key(void)
{
    static int value;
    pthread_key_t key;

    if (pthread_key_create(&key, on_thread_exit) == 0) {
        pthread_setspecific(key, &value);
    }
}
