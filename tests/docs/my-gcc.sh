# Sourced in an empty folder: makes the compiler my-gcc of docs/porting.md, whose C library changes
# in a week. It is gcc, and the linker's --wrap replaces functions of the C library.
mkdir bin
cat >bin/week-1.c <<'C'
#include <pthread.h>

int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

/* Destructors never run. */
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    (void)destructor;
    return __real_pthread_key_create(key, 0);
}
C
gcc -c -o bin/week-1.o bin/week-1.c
cat >bin/my-gcc <<'SH'
#!/bin/sh
here=$(dirname "$0")
case " $* " in *" -c "*) exec gcc "$@" ;; esac # compiles, and does not link
# In week 2 the destructors run, and getauxval is missing.
[ ! -e "$here/week-2" ] || exec gcc "$@" -Wl,--wrap=getauxval
exec gcc "$@" "$here/week-1.o" -Wl,--wrap=pthread_key_create
SH
chmod +x bin/my-gcc
PATH=$PWD/bin:$PATH
