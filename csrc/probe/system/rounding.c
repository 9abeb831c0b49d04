/*
 * Checks that fesetround changes the rounding mode of the calling thread only. The probe prints
 * whether a new thread starts with the rounding mode of the thread that created it.
 */
#include "../probe.h"

#include <fenv.h>
#include <pthread.h>

static volatile double one = 1.0;
static volatile double three = 3.0;
static double nearest;
static int inherited;
static int ended;

/* Returns 1 / 3, or -1 / 3 if `sign` is -1, without the excess precision that some processors keep. */
static double third(double sign)
{
    volatile double result = sign * one / three;

    return result;
}

static void *start(void *arg)
{
    inherited = fegetround() == FE_UPWARD;
    MUST((third(1) > nearest) == inherited);
    MUST(fesetround(FE_DOWNWARD) == 0);
    MUST(fegetround() == FE_DOWNWARD);
    MUST(third(-1) < -nearest);
    ended++;
    return arg;
}

int main(void)
{
    pthread_t thread;

    MUST(fegetround() == FE_TONEAREST);
    nearest = third(1);
    MUST(fesetround(FE_UPWARD) == 0);
    MUST(fegetround() == FE_UPWARD);
    MUST(third(1) > nearest);
    MUST(pthread_create(&thread, NULL, start, NULL) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(fegetround() == FE_UPWARD);
    MUST(third(1) > nearest);
    MUST(fesetround(FE_TONEAREST) == 0);
    MUST(third(1) == nearest);
    puts(inherited ? "threads inherit the mode" : "threads round to nearest");
    MUST(ended == 1);
    HELD();
    return 0;
}
