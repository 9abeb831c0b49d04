/* Mutant of the C library: the destructors of thread-local variables never run. */
int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object);

int __cxa_thread_atexit_impl(void (*destructor)(void *), void *value, void *object)
{
    (void)destructor;
    (void)value;
    (void)object;
    return 0;
}
