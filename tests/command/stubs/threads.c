/* Stubs of the probes in csrc/probe/threads and csrc/probe/locks. */
#include "stubs.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int runs_on_this_thread(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    (void)attr;
    start(arg);
    *thread = pthread_self();
    return 0;
}

static int joins(pthread_t thread, void **result)
{
    (void)thread;
    (void)result;
    return 0;
}

static int key_without_destructor(pthread_key_t *key, void (*destructor)(void *))
{
    (void)destructor;
    return pthread_key_create(key, NULL);
}

static int same_key(pthread_key_t *key, void (*destructor)(void *))
{
    static pthread_key_t only;
    static int count;

    if (count == 0) {
        pthread_key_create(&only, destructor);
    }
    *key = only;
    return count++ < 200 ? 0 : EAGAIN;
}

static int registers_once(void (*destructor)(void *), void *object, void *dso)
{
    extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
    static int count;

    return count++ == 0 ? __cxa_thread_atexit_impl(destructor, object, dso) : 0;
}

/* The probe's key is older than this key, so the destructor of the probe's key runs first. */
static int registers_key(void (*destructor)(void *), void *object, void *dso)
{
    pthread_key_t key;

    (void)dso;
    return pthread_key_create(&key, destructor) != 0 || pthread_setspecific(key, object) != 0;
}

static int sem_wait_by_realtime(sem_t *semaphore, clockid_t clock, const struct timespec *deadline)
{
    (void)clock;
    return sem_clockwait(semaphore, CLOCK_REALTIME, deadline);
}

static int *shared_errno(void)
{
    static int shared;

    return &shared;
}

static int main_then_abort(int (*function)(int, char **, char **), int argc, char **argv)
{
    function(argc, argv, environ);
    abort();
}

static int always_runs(pthread_once_t *control, void (*function)(void))
{
    (void)control;
    function();
    return 0;
}

static long returns_ebusy(void)
{
    return EBUSY;
}

static long returns_etimedout(void)
{
    return ETIMEDOUT;
}

static int wait_by_realtime(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                            const struct timespec *deadline)
{
    (void)clock;
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, deadline);
}

static int timedwait_by_realtime(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline)
{
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, deadline);
}

static int timedwait_by_monotonic(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline)
{
    return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, deadline);
}

static int waits_shortly(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline)
{
    struct timespec soon;

    (void)deadline;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 1;
    return pthread_cond_timedwait(condition, mutex, &soon);
}

static unsigned alarm_soon(unsigned seconds)
{
    (void)seconds;
    return alarm(1);
}

STUB(thread, 1, "pthread_create starts no thread", pthread_create, returns_0)
STUB(thread, 2, "pthread_join returns at once", pthread_join, joins)
STUB(thread, 3, "no thread runs", pthread_create, returns_0)
STUB(thread, 3, "no thread runs", pthread_join, joins)
STUB(thread_exit, 1, "pthread_exit returns", pthread_exit, returns_0)
STUB(thread_cancel, 1, "pthread_cancel fails", pthread_cancel, returns_enosys)
STUB(thread_cancel, 2, "a thread registers no cleanup handler", __pthread_register_cancel, returns_0)
STUB(thread_key, 1, "keys have no destructor", pthread_key_create, key_without_destructor)
STUB(thread_key_again, 1, "keys have no destructor", pthread_key_create, key_without_destructor)
STUB(thread_local, 2, "no thread runs", pthread_create, returns_0)
STUB(thread_local, 2, "no thread runs", pthread_join, joins)
STUB(thread_local, 1, "pthread_create runs the function on the same thread", pthread_create, runs_on_this_thread)
STUB(thread_destructor, 1, "the registered destructor does not run", __cxa_thread_atexit_impl, returns_0)
STUB(destructor_again, 1, "only the first destructor is registered", __cxa_thread_atexit_impl, registers_once)
STUB(destructor_order, 1, "the destructor runs as that of a key", __cxa_thread_atexit_impl, registers_key)
STUB(thread_keys, 1, "all keys are the same", pthread_key_create, same_key)
STUB(thread_keys, 2, "pthread_setspecific does nothing", pthread_setspecific, returns_0)
STUB(main_thread_destructor, 1, "the registered destructor does not run", __cxa_thread_atexit_impl, returns_0)
STUB(errno_thread, 2, "no thread runs", pthread_create, returns_0)
STUB(errno_thread, 2, "no thread runs", pthread_join, joins)
STUB(errno_thread, 1, "all threads share errno", __errno_location, shared_errno)
STUB(main_thread_exit, 1, "pthread_exit exits the process", pthread_exit, exits)
STUB(main_thread_exit, 2, "pthread_join returns at once", pthread_join, joins)
STUB(exit_with_thread, 1, "the process aborts after main", __libc_start_main, main_then_abort)
STUB(attr_setstack, 1, "pthread_attr_setstack does nothing", pthread_attr_setstack, returns_0)
STUB(attr_setstack, 2, "no thread runs", pthread_create, returns_0)
STUB(attr_setstack, 2, "no thread runs", pthread_join, joins)
STUB(stack_minimum, 1, "pthread_attr_setstacksize fails", pthread_attr_setstacksize, returns_enosys)
STUB(stack_minimum, 2, "pthread_attr_setstacksize does nothing", pthread_attr_setstacksize, returns_0)

STUB(mutex_recursive, 1, "pthread_mutex_lock does nothing", pthread_mutex_lock, returns_0)
STUB(mutex_recursive, 2, "pthread_mutex_unlock does nothing", pthread_mutex_unlock, returns_0)
STUB(mutex_contended, 1, "the mutex excludes nobody", pthread_mutex_lock, returns_0)
STUB(mutex_contended, 1, "the mutex excludes nobody", pthread_mutex_trylock, returns_0)
STUB(mutex_contended, 1, "the mutex excludes nobody", pthread_mutex_unlock, returns_0)
STUB(mutex_contended, 2, "only pthread_mutex_trylock excludes", pthread_mutex_lock, returns_0)
STUB(mutex_contended, 2, "only pthread_mutex_trylock excludes", pthread_mutex_trylock, returns_ebusy)
STUB(mutex_robust, 1, "pthread_mutexattr_setrobust does nothing", pthread_mutexattr_setrobust, returns_0)
STUB(once, 1, "pthread_once runs the function each time", pthread_once, always_runs)
STUB(read_write_lock, 1, "the lock excludes nobody", pthread_rwlock_trywrlock, returns_0)
STUB(read_write_lock, 1, "the lock excludes nobody", pthread_rwlock_tryrdlock, returns_0)
STUB(condition_clock, 1, "pthread_cond_timedwait ignores its clock", pthread_cond_timedwait, timedwait_by_realtime)
STUB(condition_clock, 2, "pthread_condattr_setclock does nothing", pthread_condattr_setclock, returns_0)
STUB(condition_clock, 3, "pthread_cond_timedwait does not wait", pthread_cond_timedwait, returns_etimedout)
STUB(condition_clockwait, 1, "pthread_cond_clockwait ignores its clock", pthread_cond_clockwait, wait_by_realtime)
STUB(condition_realtime, 1, "pthread_cond_timedwait does not wait", pthread_cond_timedwait, returns_etimedout)
STUB(condition_realtime, 2, "pthread_cond_timedwait ignores its clock", pthread_cond_timedwait, timedwait_by_monotonic)
STUB(condition_realtime, 2, "pthread_cond_timedwait ignores its clock", alarm, alarm_soon)
STUB(condition_wakeup, 1, "pthread_cond_signal does nothing", pthread_cond_signal, returns_0)
STUB(condition_wakeup, 1, "pthread_cond_signal does nothing", pthread_cond_timedwait, waits_shortly)
STUB(condition_wakeup, 2, "pthread_cond_broadcast does nothing", pthread_cond_broadcast, returns_0)
STUB(condition_wakeup, 2, "pthread_cond_broadcast does nothing", pthread_cond_timedwait, waits_shortly)
STUB(futex, 1, "syscall does nothing", syscall, returns_0)
STUB(semaphore_clock, 1, "sem_clockwait ignores its clock", sem_clockwait, sem_wait_by_realtime)
STUB(semaphore_clock, 2, "sem_clockwait does not wait", sem_clockwait, returns_0)
STUB(process_shared, 1, "the condition variable is not shared", pthread_condattr_setpshared, returns_0)
STUB(process_shared, 1, "the condition variable is not shared", pthread_cond_timedwait, waits_shortly)

/* With these stubs, pthread_create succeeds without a thread, so that a probe must notice that no thread ran. */
STUB(bounds_touched, 2, "no thread runs", pthread_create, returns_0)
STUB(bounds_touched, 2, "no thread runs", pthread_join, joins)
STUB(fork_with_thread, 2, "no thread runs", pthread_create, returns_0)
STUB(fork_with_thread, 2, "no thread runs", pthread_join, joins)
STUB(mask_of_thread, 2, "no thread runs", pthread_create, returns_0)
STUB(mask_of_thread, 2, "no thread runs", pthread_join, joins)
STUB(once, 2, "no thread runs", pthread_create, returns_0)
STUB(once, 2, "no thread runs", pthread_join, joins)
STUB(read_write_lock, 2, "no thread runs", pthread_create, returns_0)
STUB(read_write_lock, 2, "no thread runs", pthread_join, joins)
STUB(rounding, 3, "no thread runs", pthread_create, returns_0)
STUB(rounding, 3, "no thread runs", pthread_join, joins)
STUB(thread_bounds, 2, "no thread runs", pthread_create, returns_0)
STUB(thread_bounds, 2, "no thread runs", pthread_join, joins)
STUB(thread_keys, 3, "no thread runs", pthread_create, returns_0)
STUB(thread_keys, 3, "no thread runs", pthread_join, joins)
