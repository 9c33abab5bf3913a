#include "engine/instruments/generate/elementary.h"

#include "engine/base/assert.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_RADIX == 2 && DBL_MANT_DIG == 53 && FLT_EVAL_METHOD == 0,
               "a double must be IEEE 754's, and intermediate results no wider");
#ifdef __FAST_MATH__
#error "-ffast-math would reorder what must stay in order"
#endif

/* ln 2 in two parts: the first has so few bits that its product with an exponent is exact. */
static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
static const double ln2_inverse = 0x1.71547652b82fep+0, sqrt2 = 0x1.6a09e667f3bcdp+0;
static const double exp_argument_max = 700;

enum { MANTISSA_BITS = 52, EXPONENT_BIAS = 1023 };

/* artanh(s) / s = 1 + z/3 + z^2/5 + ..., z = s^2 up to 0.0295 (s from -0.172 to 0.172): the first
 * term that is left out is below 2^-62. */
static double artanh_ratio(double z)
{
    double sum = 1.0 / 23;
    sum = sum * z + 1.0 / 21;
    sum = sum * z + 1.0 / 19;
    sum = sum * z + 1.0 / 17;
    sum = sum * z + 1.0 / 15;
    sum = sum * z + 1.0 / 13;
    sum = sum * z + 1.0 / 11;
    sum = sum * z + 1.0 / 9;
    sum = sum * z + 1.0 / 7;
    sum = sum * z + 1.0 / 5;
    sum = sum * z + 1.0 / 3;
    return sum * z + 1.0;
}

/* (e^r - 1) / r = 1 + r/2! + r^2/3! + ..., |r| up to 0.347: what is left out is below 2^-61. */
static double exp_series(double r)
{
    double sum = 1.0 / 87178291200; /* 14! */
    sum = sum * r + 1.0 / 6227020800;
    sum = sum * r + 1.0 / 479001600;
    sum = sum * r + 1.0 / 39916800;
    sum = sum * r + 1.0 / 3628800;
    sum = sum * r + 1.0 / 362880;
    sum = sum * r + 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 1.0 / 2;
    return sum * r + 1.0;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x = m * 2^e with m in [sqrt(1/2), sqrt(2)], and ln m = 2 artanh((m - 1) / (m + 1)). */
double tide_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    TIDE_ASSERT(exponent > -EXPONENT_BIAS && exponent <= EXPONENT_BIAS); /* nor is it negative */
    const uint64_t mantissa = (UINT64_C(1) << MANTISSA_BITS) - 1;
    double m = from_bits((bits & mantissa) | (uint64_t)EXPONENT_BIAS << MANTISSA_BITS);
    if (m > sqrt2) {
        m *= 0.5;
        exponent++;
    }
    double s = (m - 1) / (m + 1);
    return exponent * ln2_high + (2 * s * artanh_ratio(s * s) + exponent * ln2_low);
}

/* x = k ln 2 + r with |r| up to ln(2) / 2. */
double tide_exp(double x)
{
    if (x > exp_argument_max) x = exp_argument_max;
    if (x < -exp_argument_max) x = -exp_argument_max;
    int k = (int)(x * ln2_inverse + (x < 0 ? -0.5 : 0.5));
    double r = (x - k * ln2_high) - k * ln2_low;
    double scale = from_bits((uint64_t)(k + EXPONENT_BIAS) << MANTISSA_BITS);
    return (1 + r * exp_series(r)) * scale;
}

double tide_log1p_ratio(double t)
{
    if (t < -0.25 || t > 0.4) return tide_log(1 + t) / t;
    double half = 1 / (2 + t), s = t * half; /* ln(1 + t) = 2 artanh(t / (2 + t)) */
    return 2 * half * artanh_ratio(s * s);
}

double tide_expm1_ratio(double t)
{
    if (t < -0.34 || t > 0.34) return (tide_exp(t) - 1) / t;
    return exp_series(t);
}
