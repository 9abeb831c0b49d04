# A test sources this script in an empty folder. The script makes the compiler my-gcc of
# docs/porting.md, whose C library changes in a week. my-gcc runs gcc, and the linker's option
# --wrap replaces functions of the C library.
mkdir bin
cat >bin/week-1.c <<'C'
#include <pthread.h>

int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));

/* Drops the destructor, so that the key's destructor never runs. */
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
case " $* " in *" -c "*) exec gcc "$@" ;; esac # With -c, gcc only compiles.
# In week 2, the destructors of keys run, and the function getauxval is missing.
[ ! -e "$here/week-2" ] || exec gcc "$@" -Wl,--wrap=getauxval
exec gcc "$@" "$here/week-1.o" -Wl,--wrap=pthread_key_create
SH
chmod +x bin/my-gcc
PATH=$PWD/bin:$PATH
