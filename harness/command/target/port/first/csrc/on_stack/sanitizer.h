/*
 * Announces each stack switch to AddressSanitizer. Without the announcement of a stack switch,
 * AddressSanitizer would clear the shadow memory of the wrong stack at a longjmp, a panic or a
 * thread's exit. The functions of this header do nothing in a build without AddressSanitizer.
 *
 * ThreadSanitizer needs no announcement: the function that runs on the new stack returns before the
 * switch back, so ThreadSanitizer's shadow call stack stays correct.
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
/*
 * This file declares AddressSanitizer's functions because not every compiler package installs
 * <sanitizer/common_interface_defs.h>.
 */
void __sanitizer_start_switch_fiber(void **fake_stack_save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack_save, const void **bottom_old, size_t *size_old);
#endif

/*
 * AddressSanitizer's state of the stack that a switch leaves. AddressSanitizer needs the state in
 * `left_stack` again for the switch back.
 */
struct left_stack {
    void *locals;
    const void *bottom;
    size_t size;
};

/*
 * Announces a switch to the stack of `size` bytes at `stack`. The caller must switch stacks right
 * after this call.
 */
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

/*
 * Completes a stack switch on the new stack. Code that starts on a new stack must call this
 * function first.
 */
static inline void arrive_from(struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(NULL, &left->bottom, &left->size);
#else
    (void)left;
#endif
}

/*
 * Announces the switch back to the old stack. Code that leaves the new stack must call this
 * function last.
 */
static inline void go_back_to(const struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_start_switch_fiber(NULL, left->bottom, left->size);
#else
    (void)left;
#endif
}

/*
 * Completes the switch back to the old stack. The code on the old stack must call this function
 * right after the switch back.
 */
static inline void be_back_on(const struct left_stack *left)
{
#ifdef ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(left->locals, NULL, NULL);
#else
    (void)left;
#endif
}

#endif
