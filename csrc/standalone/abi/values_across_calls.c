/* Runs the scenario values_across_calls in the child program that contains no Rust code. */
#include "../../values.h"
#include "../standalone.h"

int csrc_values_across_calls(const struct functions *call);

static struct byte byte(struct byte it)
{
    return (struct byte){(signed char)(it.a + 1)};
}

static struct pair pair(struct pair it)
{
    return (struct pair){it.a + 1, it.b + 2};
}

static struct mixed mixed(struct mixed it)
{
    return (struct mixed){it.a + 1, it.b + 2};
}

static struct floats floats(struct floats it)
{
    return (struct floats){it.a + 1, it.b + 2, it.c + 3, it.d + 4};
}

static struct three three(struct three it)
{
    return (struct three){it.a + 1, it.b + 2, it.c + 3};
}

static struct large large(struct large it)
{
    int64_t index;

    for (index = 0; index < 8; index++) {
        it.a[index] += index + 1;
    }
    return it;
}

static double many(int32_t a, double b, int64_t c, float d, uint8_t e, double f, int16_t g, double h, int32_t i,
                   double j, double k, double l, double m, int64_t n)
{
    return 1. * a + 2 * b + 3 * (double)c + 4 * (double)d + 5. * e + 6 * f + 7. * g + 8 * h + 9. * i + 10 * j + 11 * k +
           12 * l + 13 * m + 14 * (double)n;
}

static _Bool narrow(signed char a, unsigned char b, _Bool c)
{
    return a == -1 && b == 200 && c == 1;
}

int standalone_values_across_calls(void)
{
    static const struct functions call = {byte, pair, mixed, floats, three, large, many, narrow};

    return standalone_done(csrc_values_across_calls(&call));
}
