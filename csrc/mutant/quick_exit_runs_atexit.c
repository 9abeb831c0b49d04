/* Mutant of the C library: quick_exit runs the handlers of atexit, as exit does. */
#include <stdlib.h>

void quick_exit(int status)
{
    exit(status);
}
