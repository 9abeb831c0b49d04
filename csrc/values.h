/*
 * Types of the values that the scenario values_across_calls passes, and of the functions that take
 * and return the values.
 */
#ifndef VALUES_H
#define VALUES_H

#include <stdint.h>

struct byte {
    signed char a;
};
struct pair {
    int32_t a, b;
};
struct mixed {
    double a;
    int32_t b;
};
struct floats {
    float a, b, c, d;
};
struct three {
    double a, b, c;
};
struct large {
    int64_t a[8];
};

/*
 * The functions that the C code of the scenario calls. Each function that takes a structure adds to
 * each member the member's position, of which the first is 1, and returns the structure.
 */
struct functions {
    struct byte (*byte)(struct byte);
    struct pair (*pair)(struct pair);
    struct mixed (*mixed)(struct mixed);
    struct floats (*floats)(struct floats);
    struct three (*three)(struct three);
    struct large (*large)(struct large);
    /* Returns the sum of the arguments, each multiplied by its position, of which the first is 1. */
    double (*many)(int32_t, double, int64_t, float, uint8_t, double, int16_t, double, int32_t, double, double, double,
                   double, int64_t);
    /* Returns whether the arguments are -1, 200 and 1. */
    _Bool (*narrow)(signed char, unsigned char, _Bool);
};

#endif
