/* Shared object that the probe `shared-object` opens. */
#include <stddef.h>

_Thread_local int object_variable = 5;
int object_constructed;
void (*object_ended)(void);

int *object_address(void);
int *object_address(void)
{
    return &object_variable;
}

__attribute__((constructor)) static void constructor(void)
{
    object_constructed++;
}

__attribute__((destructor)) static void destructor(void)
{
    if (object_ended != NULL) {
        object_ended();
    }
}
