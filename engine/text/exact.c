/*
 * A deviation is the square root of a fraction. With f = floor(sqrt(N / M)), which is the integer
 * root of floor(N / M), the rounded root is f or f + 1, and comparing 4 N with (2 f + 1)^2 M
 * decides, ties included: no approximation anywhere.
 */
#include "engine/text/exact.h"

#include "engine/base/assert.h"

enum { VALUE_DIGITS_MAX = 27 };

struct ratio {
    tide_uint128 numerator, denominator;
};

static tide_uint128 magnitude(tide_int128 value)
{
    return value < 0 ? -(tide_uint128)value : (tide_uint128)value;
}

void tide_squares_add(struct tide_squares *squares, tide_int128 value)
{
    tide_uint128 size = magnitude(value);
    uint64_t low = (uint64_t)size, high = (uint64_t)(size >> 64);
    tide_uint128 cross = (tide_uint128)low * high; /* counts twice, at 2^64 */
    uint64_t *words = squares->words;

    tide_uint128 carry = (tide_uint128)low * low;
    carry += words[0];
    words[0] = (uint64_t)carry;
    carry = (carry >> 64) + (uint64_t)(cross << 1) + words[1];
    words[1] = (uint64_t)carry;
    carry = (carry >> 64) + (cross >> 63);
    carry += words[2];
    tide_uint128 top = (tide_uint128)high * high;
    carry += (uint64_t)top;
    words[2] = (uint64_t)carry;
    words[3] += (uint64_t)(carry >> 64) + (uint64_t)(top >> 64);
}

void tide_squares_merge(struct tide_squares *squares, const struct tide_squares *other)
{
    tide_uint128 carry = 0;
    for (unsigned i = 0; i < TIDE_SQUARES_WORDS; i++) {
        carry += (tide_uint128)squares->words[i] + other->words[i];
        squares->words[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

/* Rounds whole + remainder / divisor half-even; the remainder has the sign of the exact number. */
static tide_int128 round_half_even(tide_int128 whole, tide_int128 remainder, tide_uint128 divisor)
{
    tide_uint128 doubled = magnitude(remainder) * 2;
    if (doubled < divisor || (doubled == divisor && (whole & 1) == 0)) return whole;
    return remainder < 0 ? whole - 1 : whole + 1;
}

tide_int128 tide_exact_mean(tide_int128 sum, uint64_t count, unsigned scale, unsigned decimals)
{
    TIDE_ASSERT(count >= 1);
    if (scale > decimals) {
        tide_int128 divisor = (tide_int128)(count * tide_power_of_ten(scale - decimals));
        return round_half_even(sum / divisor, sum % divisor, (tide_uint128)divisor);
    }
    tide_int128 factor = (tide_int128)tide_power_of_ten(decimals - scale);
    tide_int128 rest = sum % count * factor; /* < 2^64 x 10^18 */
    tide_int128 whole;
    TIDE_ASSERT(!__builtin_mul_overflow(sum / count, factor, &whole));
    TIDE_ASSERT(!__builtin_add_overflow(whole, rest / count, &whole));
    return round_half_even(whole, rest % count, count);
}

/* n Q >= S^2 by Cauchy and Schwarz, and Q <= n x 10^54. */
bool tide_squares_are_of(const struct tide_squares *squares, tide_int128 sum, uint64_t count)
{
    mpz_t total, other, rows;
    mpz_inits(total, other, rows, NULL);
    mpz_import(total, TIDE_SQUARES_WORDS, -1, sizeof squares->words[0], 0, 0, squares->words);
    tide_exact_mpz_set(rows, count);
    mpz_ui_pow_ui(other, 10, 2 * VALUE_DIGITS_MAX);
    mpz_mul(other, other, rows);
    bool possible = mpz_cmp(total, other) <= 0;
    mpz_mul(total, total, rows);
    tide_exact_mpz_set(other, sum);
    mpz_mul(other, other, other);
    possible = possible && mpz_cmp(total, other) >= 0;
    mpz_clears(total, other, rows, NULL);
    return possible;
}

/* The variance in units^2, if 128 bits hold all that leads to it. */
static bool narrow_variance(tide_int128 sum, const struct tide_squares *squares, uint64_t count,
                            struct ratio *variance)
{
    const uint64_t *words = squares->words;
    if (words[2] | words[3]) return false;
    tide_uint128 total = (tide_uint128)words[1] << 64 | words[0], size = magnitude(sum), square;
    if (__builtin_mul_overflow(total, (tide_uint128)count, &total)) return false;
    if (__builtin_mul_overflow(size, size, &square)) return false;
    TIDE_ASSERT(total >= square);
    variance->numerator = total - square;
    variance->denominator = (tide_uint128)count * (count - 1);
    return true;
}

static bool narrow_rescale(struct ratio *variance, unsigned scale, unsigned decimals)
{
    tide_uint128 *side = scale < decimals ? &variance->numerator : &variance->denominator;
    unsigned digits = scale < decimals ? decimals - scale : scale - decimals;
    return !__builtin_mul_overflow(*side, tide_power_of_ten(2 * digits), side);
}

/* Newton's iteration from above: it falls until it stands at the floor of the root. */
static tide_uint128 integer_root(tide_uint128 value)
{
    if (value == 0) return 0;
    uint64_t high = (uint64_t)(value >> 64);
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)value);
    tide_uint128 root = (tide_uint128)1 << ((bits + 1) / 2);
    for (;;) {
        tide_uint128 next = (root + value / root) / 2;
        if (next >= root) return root;
        root = next;
    }
}

static bool narrow_root(const struct ratio *ratio, tide_int128 *root)
{
    tide_uint128 low = integer_root(ratio->numerator / ratio->denominator);
    tide_uint128 middle, exact;
    if (__builtin_mul_overflow(2 * low + 1, 2 * low + 1, &middle)) return false;
    if (__builtin_mul_overflow(middle, ratio->denominator, &middle)) return false;
    if (__builtin_mul_overflow(ratio->numerator, (tide_uint128)4, &exact)) return false;
    bool up = exact > middle || (exact == middle && (low & 1));
    *root = (tide_int128)(low + up);
    return true;
}

/* Does it fit in 127 bits and a sign? */
static bool to_int128(const mpz_t value, tide_int128 *out)
{
    if (mpz_sizeinbase(value, 2) > 127) return false;
    uint64_t words[2] = {0, 0};
    mpz_export(words, NULL, -1, sizeof words[0], 0, 0, value);
    *out = (tide_int128)((tide_uint128)words[1] << 64 | words[0]);
    if (mpz_sgn(value) < 0) *out = -*out;
    return true;
}

/* low: the root of the fraction, rounded. */
static void wide_root(const mpz_t numerator, const mpz_t denominator, mpz_t low)
{
    mpz_t middle, exact;
    mpz_inits(middle, exact, NULL);
    mpz_fdiv_q(low, numerator, denominator);
    mpz_sqrt(low, low);
    mpz_mul_2exp(middle, low, 1);
    mpz_add_ui(middle, middle, 1);
    mpz_mul(middle, middle, middle);
    mpz_mul(middle, middle, denominator);
    mpz_mul_2exp(exact, numerator, 2);
    int order = mpz_cmp(exact, middle);
    if (order > 0 || (order == 0 && mpz_odd_p(low))) mpz_add_ui(low, low, 1);
    mpz_clears(middle, exact, NULL);
}

/* The deviation from sum and sum of squares, if 128 bits hold it. */
static bool wide_stddev(const mpz_t sum, const mpz_t squares, uint64_t count, unsigned scale,
                        unsigned decimals, tide_int128 *stddev)
{
    mpz_t numerator, denominator, power;
    mpz_inits(numerator, denominator, power, NULL);
    tide_exact_mpz_set(denominator, count);
    mpz_mul(numerator, squares, denominator);
    mpz_submul(numerator, sum, sum);
    TIDE_ASSERT(mpz_sgn(numerator) >= 0);
    mpz_sub_ui(power, denominator, 1);
    mpz_mul(denominator, denominator, power);

    mpz_ptr side = scale < decimals ? numerator : denominator;
    mpz_ui_pow_ui(power, 100, scale < decimals ? decimals - scale : scale - decimals);
    mpz_mul(side, side, power);
    wide_root(numerator, denominator, power);
    bool fits = to_int128(power, stddev);
    mpz_clears(numerator, denominator, power, NULL);
    return fits;
}

static tide_int128 window_stddev(tide_int128 sum, const struct tide_squares *squares,
                                 uint64_t count, unsigned scale, unsigned decimals)
{
    mpz_t wide_sum, wide_squares;
    tide_int128 stddev = 0;
    mpz_inits(wide_sum, wide_squares, NULL);
    tide_exact_mpz_set(wide_sum, sum);
    mpz_import(wide_squares, TIDE_SQUARES_WORDS, -1, sizeof squares->words[0], 0, 0,
               squares->words);
    bool fits = wide_stddev(wide_sum, wide_squares, count, scale, decimals, &stddev);
    TIDE_ASSERT(fits);
    mpz_clears(wide_sum, wide_squares, NULL);
    return stddev;
}

tide_int128 tide_exact_stddev(tide_int128 sum, const struct tide_squares *squares, uint64_t count,
                              unsigned scale, unsigned decimals)
{
    TIDE_ASSERT(count >= 2);
    struct ratio variance;
    tide_int128 root;
    if (narrow_variance(sum, squares, count, &variance) &&
        narrow_rescale(&variance, scale, decimals) && narrow_root(&variance, &root))
        return root;
    return window_stddev(sum, squares, count, scale, decimals);
}

/* Small enough for the sums and answers above, with up to 18 decimals and any count. */
static bool are_small(const tide_int128 values[], uint32_t count)
{
    const tide_int128 most = (tide_int128)1 << 66;
    bool small = true;
    for (uint32_t i = 0; i < count; i++) small &= (values[i] < most) & (values[i] > -most);
    return small;
}

/* numerator / denominator rounded half-even: half up, and back by one if a tie led to an odd one.
 */
static void wide_divide(mpz_t numerator, mpz_t denominator, mpz_t quotient)
{
    mpz_t rest;
    mpz_init(rest);
    mpz_mul_2exp(numerator, numerator, 1);
    mpz_add(numerator, numerator, denominator);
    mpz_mul_2exp(denominator, denominator, 1);
    mpz_fdiv_qr(quotient, rest, numerator, denominator);
    if (mpz_sgn(rest) == 0 && mpz_odd_p(quotient)) mpz_sub_ui(quotient, quotient, 1);
    mpz_clear(rest);
}

static bool wide_mean(const mpz_t sum, uint32_t count, unsigned scale, unsigned decimals,
                      tide_int128 *mean)
{
    mpz_t numerator, denominator, quotient;
    mpz_inits(numerator, denominator, quotient, NULL);
    mpz_ui_pow_ui(numerator, 10, decimals);
    mpz_mul(numerator, numerator, sum);
    mpz_ui_pow_ui(denominator, 10, scale);
    mpz_mul_ui(denominator, denominator, count);
    wide_divide(numerator, denominator, quotient);
    bool fits = to_int128(quotient, mean);
    mpz_clears(numerator, denominator, quotient, NULL);
    return fits;
}

static void add_all(const tide_int128 values[], uint32_t count, mpz_t sum, mpz_t squares)
{
    mpz_t value;
    mpz_init(value);
    for (uint32_t i = 0; i < count; i++) {
        tide_exact_mpz_set(value, values[i]);
        mpz_add(sum, sum, value);
        mpz_addmul(squares, value, value);
    }
    mpz_clear(value);
}

tide_int128 tide_exact_list_mean(const tide_int128 values[], uint32_t count, unsigned scale,
                                 unsigned *decimals)
{
    TIDE_ASSERT(count >= 1);
    tide_int128 sum = 0, mean = 0;
    if (are_small(values, count)) {
        for (uint32_t i = 0; i < count; i++) sum += values[i];
        return tide_exact_mean(sum, count, scale, *decimals);
    }
    mpz_t wide_sum, squares;
    mpz_inits(wide_sum, squares, NULL);
    add_all(values, count, wide_sum, squares);
    while (!wide_mean(wide_sum, count, scale, *decimals, &mean)) --*decimals;
    mpz_clears(wide_sum, squares, NULL);
    return mean;
}

tide_int128 tide_exact_list_stddev(const tide_int128 values[], uint32_t count, unsigned scale,
                                   unsigned *decimals)
{
    TIDE_ASSERT(count >= 2);
    tide_int128 sum = 0, stddev = 0;
    struct tide_squares squares = {{0}};
    if (are_small(values, count)) {
        for (uint32_t i = 0; i < count; i++) {
            sum += values[i];
            tide_squares_add(&squares, values[i]);
        }
        return tide_exact_stddev(sum, &squares, count, scale, *decimals);
    }
    mpz_t wide_sum, wide_squares;
    mpz_inits(wide_sum, wide_squares, NULL);
    add_all(values, count, wide_sum, wide_squares);
    while (!wide_stddev(wide_sum, wide_squares, count, scale, *decimals, &stddev)) --*decimals;
    mpz_clears(wide_sum, wide_squares, NULL);
    return stddev;
}

void tide_exact_mpz_set(mpz_t out, tide_int128 value)
{
    tide_uint128 size = magnitude(value);
    uint64_t words[2] = {(uint64_t)size, (uint64_t)(size >> 64)};
    mpz_import(out, 2, -1, sizeof words[0], 0, 0, words);
    if (value < 0) mpz_neg(out, out);
}
