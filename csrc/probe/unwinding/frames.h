/*
 * Functions for the probes of the unwinder. The unwinder of Rust's panics and of C++ exceptions is
 * the library that defines _Unwind_Backtrace.
 */
#include "../probe.h"

#include <stdint.h>
#include <unwind.h>

/* Maximum size in bytes of a function that a probe searches in a backtrace. */
#define LARGEST 512
/* Maximum number of frames. If a walk visits more frames, the unwinder does not stop. */
#define MOST_FRAMES 1000

/*
 * Number of frames at the beginning of a walk that are not searched: walk and its caller. The code of
 * these functions may follow the searched function, and an unwinder that stops there must not pass.
 */
#define OWN_FRAMES 2

struct frames {
    uintptr_t wanted; /* First address of the function to search. */
    int count;        /* Number of visited frames. */
    int found;        /* Whether a frame belongs to the function `wanted`. */
};

static inline uintptr_t address_of(void *function)
{
#if defined(__powerpc64__) && (!defined(_CALL_ELF) || _CALL_ELF == 1)
    return *(uintptr_t *)function; /* A function pointer points to a descriptor. */
#elif defined(__hppa__)
    uintptr_t address = (uintptr_t)function;

    /* On PA-RISC, a function pointer with bit 1 set points to a descriptor of the function. */
    return (address & 2) == 0 ? address : *(uintptr_t *)(address & ~(uintptr_t)3);
#else
    return (uintptr_t)function & ~(uintptr_t)1; /* A pointer to Thumb code is odd. */
#endif
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *arg)
{
    struct frames *frames = arg;
    uintptr_t pc = (uintptr_t)_Unwind_GetIP(context);

    frames->found |= frames->count >= OWN_FRAMES && frames->wanted <= pc && pc - frames->wanted < LARGEST;
    frames->count++;
    return frames->count < MOST_FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/*
 * Walks the calling thread's stack, counts the frames, and searches for a frame of `function`, which
 * must not be the caller.
 */
__attribute__((noinline, unused)) static struct frames walk(void *function)
{
    struct frames frames = {.wanted = address_of(function)};

    _Unwind_Backtrace(visit, &frames);
    return frames;
}
