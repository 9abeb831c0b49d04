/*
 * Passes values between C and Rust, and between the program and the C library: structures, many
 * arguments, small integers and variable arguments.
 */
#include "../../testprog.h"
#include "../../values.h"

#include <stdarg.h>
#include <stdlib.h>

static int structures(const struct functions *call)
{
    struct byte byte = call->byte((struct byte){-2});
    struct pair pair = call->pair((struct pair){1, -1});
    struct mixed mixed = call->mixed((struct mixed){0.5, -7});
    struct floats floats = call->floats((struct floats){1, 2, 3, 4});
    struct three three = call->three((struct three){0.25, 0.5, 0.75});
    struct large large = call->large((struct large){{0, 1, 2, 3, 4, 5, 6, INT64_C(1) << 40}});

    if (byte.a != -1) {
        return csrc_wrong("a structure of 1 byte got another value in a call");
    }
    if (pair.a != 2 || pair.b != 1) {
        return csrc_wrong("a structure of two integers got another value in a call");
    }
    if (mixed.a != 1.5 || mixed.b != -5) {
        return csrc_wrong("a structure of a double and an integer got another value in a call");
    }
    if (floats.a != 2 || floats.b != 4 || floats.c != 6 || floats.d != 8) {
        return csrc_wrong("a structure of four floats got another value in a call");
    }
    if (three.a != 1.25 || three.b != 2.5 || three.c != 3.75) {
        return csrc_wrong("a structure of three doubles got another value in a call");
    }
    if (large.a[0] != 1 || large.a[6] != 13 || large.a[7] != (INT64_C(1) << 40) + 8) {
        return csrc_wrong("a structure of 64 bytes got another value in a call");
    }
    return 0;
}

/* Checks functions of the C library that return a structure of two integers. */
static int of_library(void)
{
    div_t narrow = div(-17, 5);
    lldiv_t wide = lldiv((INT64_C(17) << 32) + 3, INT64_C(1) << 32);

    if (narrow.quot != -3 || narrow.rem != -2) {
        return csrc_wrong("div returned %d and %d instead of -3 and -2", narrow.quot, narrow.rem);
    }
    if (wide.quot != 17 || wide.rem != 3) {
        return csrc_wrong("lldiv returned %lld and %lld instead of 17 and 3", wide.quot, wide.rem);
    }
    if (strtod("0.5", NULL) != 0.5 || strtof("0.25", NULL) != 0.25F) {
        return csrc_wrong("strtod or strtof returned another number than its text");
    }
    return 0;
}

/* Rust calls this function. Returns the sum of pairs of an int64_t and a double. */
double csrc_sum(int32_t pairs, ...)
{
    va_list values;
    double sum = 0;

    va_start(values, pairs);
    for (; pairs > 0; pairs--) {
        sum += (double)va_arg(values, int64_t);
        sum += va_arg(values, double);
    }
    va_end(values);
    return sum;
}

int csrc_values_across_calls(const struct functions *call)
{
    /* The multiples of the powers of two are exact, and each argument changes the sum differently. */
    const double expected = 1. * 1 + 2 * .5 + 3. * 4 + 4 * .125 + 5. * 200 + 6 * 32. + 7. * -64 + 8 * 128. + 9. * 256 +
                            10 * 512. + 11 * 1024. + 12 * 2048. + 13 * 4096. + 14. * (INT64_C(1) << 33);
    int error = structures(call);
    double sum;

    if (error != 0) {
        return error;
    }
    sum = call->many(1, .5, 4, .125F, 200, 32, -64, 128, 256, 512, 1024, 2048, 4096, INT64_C(1) << 33);
    if (sum != expected) {
        return csrc_wrong("of 14 arguments, one got another value: the sum is %g instead of %g", sum, expected);
    }
    if (!call->narrow(-1, 200, 1)) {
        return csrc_wrong("an argument of 8 bits got another value in a call");
    }
    return of_library();
}
