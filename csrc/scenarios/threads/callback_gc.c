/*
 * Allocates and frees memory on two C threads at the same time. One of the threads also calls back,
 * and each thread frees memory that the other thread has allocated.
 */
#include "../../testprog.h"

#include <errno.h>

#ifndef _WIN32
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 200
/* Number of blocks that a thread allocates in each round. */
#define BLOCKS 16
/*
 * Size in bytes of the block that each round enlarges, so large that a C library may move the
 * block.
 */
#define LARGE ((size_t)100 << 10)

struct block {
    unsigned char *memory;
    size_t size;
    unsigned char filling;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_has_changed = PTHREAD_COND_INITIALIZER;
/*
 * Blocks that each of the two threads has allocated, and that the other thread frees in the next
 * round.
 */
static struct block blocks[2][BLOCKS];
static int arrived;
static unsigned turn;
static csrc_callback *call;
static const char *wrong;

/* Waits until both threads have called this function. */
static void meet(void)
{
    unsigned mine;

    pthread_mutex_lock(&mutex);
    mine = turn;
    arrived++;
    if (arrived == 2) {
        arrived = 0;
        turn++;
        pthread_cond_broadcast(&turn_has_changed);
    }
    while (turn == mine) {
        pthread_cond_wait(&turn_has_changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

static void found(const char *what)
{
    pthread_mutex_lock(&mutex);
    wrong = what;
    pthread_mutex_unlock(&mutex);
}

static int is_filled(const unsigned char *memory, size_t size, unsigned char filling)
{
    size_t index;

    for (index = 0; index < size; index++) {
        if (memory[index] != filling) {
            return 0;
        }
    }
    return 1;
}

static void check_alignment(uintptr_t address)
{
    if (address % _Alignof(max_align_t) != 0) {
        found("malloc or realloc returned memory that is not aligned for max_align_t");
    }
}

static void allocate(struct block *block, size_t size, unsigned char filling)
{
    block->size = size;
    block->filling = filling;
    block->memory = malloc(size);
    if (block->memory == NULL) {
        found("malloc returned NULL");
        return;
    }
    check_alignment((uintptr_t)block->memory);
    memset(block->memory, filling, size);
}

static void enlarge(unsigned char filling)
{
    unsigned char *memory = malloc(LARGE);
    unsigned char *larger;

    if (memory == NULL) {
        found("malloc returned NULL");
        return;
    }
    check_alignment((uintptr_t)memory);
    memset(memory, filling, LARGE);
    larger = realloc(memory, 2 * LARGE);
    if (larger == NULL) {
        free(memory);
        found("realloc returned NULL");
        return;
    }
    check_alignment((uintptr_t)larger);
    if (!is_filled(larger, LARGE, filling)) {
        found("realloc did not keep the contents of the memory");
    }
    free(larger);
}

static void check_and_free(struct block *block)
{
    if (block->memory != NULL && !is_filled(block->memory, block->size, block->filling)) {
        found("memory changed although only its owner may write to it");
    }
    free(block->memory);
    block->memory = NULL;
}

static void work(int me)
{
    unsigned round;
    unsigned index;

    for (round = 0; round < ROUNDS; round++) {
        for (index = 0; index < BLOCKS; index++) {
            allocate(&blocks[me][index], 16 + 61 * ((round + index) % 40), (unsigned char)(1 + me + 2 * index));
        }
        if (me == 0) {
            call();
        }
        if (round % 16 == 0) {
            enlarge((unsigned char)(round + 1));
        }
        meet();
        for (index = 0; index < BLOCKS; index++) {
            check_and_free(&blocks[1 - me][index]);
        }
        meet();
    }
}

static void *start_other(void *arg)
{
    work(1);
    return arg;
}

static void on_thread(void *arg)
{
    int *error = arg;
    pthread_t other;

    *error = pthread_create(&other, NULL, start_other, NULL);
    if (*error == 0) {
        work(0);
        *error = pthread_join(other, NULL);
    }
}

/* Makes one callback in each of the 200 rounds. */
int csrc_callback_gc(csrc_callback *callback)
{
    int on = 0;
    int error;

    call = callback;
    error = csrc_thread(on_thread, &on);
    if (error != 0 || on != 0) {
        return error != 0 ? error : on;
    }
    return wrong != NULL ? csrc_wrong("%s", wrong) : 0;
}
#else
int csrc_callback_gc(csrc_callback *callback)
{
    (void)callback;
    return ENOTSUP;
}
#endif
