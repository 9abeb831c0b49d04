/*
 * Tells AddressSanitizer which stack is in use, since it clears what it knows of a frame at a longjmp, a panic or an exit of a
 * thread. Without it, nothing. ThreadSanitizer needs no such word here: body returns before the switch back, on the thread
 * that it was called on, so its own stack of calls stays in order.
 */
#ifndef TESTPROG_SANITIZER_H
#define TESTPROG_SANITIZER_H

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ADDRESS_SANITIZER
#endif

#ifdef ADDRESS_SANITIZER
/* As in <sanitizer/common_interface_defs.h>, which not every package of a compiler brings along. */
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old, size_t *size_old);
#endif

/* What a stack that is left for a while is to be found by again. */
struct left_stack {
    void *locals;
    const void *bottom;
    size_t size;
};

/* Right before the switch to the `size` bytes at `stack`. */
static inline void leave_for(struct left_stack *left, const void *stack, size_t size)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(&left->locals, stack, size);
#else
    (void)left;
    (void)stack;
    (void)size;
#endif
}

/* First thing on the new stack. */
static inline void arrive_from(struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(NULL, &left->bottom, &left->size);
#else
    (void)left;
#endif
}

/* Last thing on the new stack. */
static inline void go_back_to(const struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(NULL, left->bottom, left->size);
#else
    (void)left;
#endif
}

/* Right after the switch back. */
static inline void be_back_on(const struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(left->locals, NULL, NULL);
#else
    (void)left;
#endif
}

#endif
