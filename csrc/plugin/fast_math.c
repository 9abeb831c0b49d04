/*
 * Shared object that the build script compiles with the option -ffast-math. With this option, some
 * compilers add code to the shared object that runs when the object is loaded, and that makes the
 * loading thread treat denormal numbers as zero.
 */

/* Halves a number, so that the shared object contains some code. */
double fast_math_halve(double number);

double fast_math_halve(double number)
{
    return number / 2;
}
