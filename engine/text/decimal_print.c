#include "engine/text/decimal.h"

#include "engine/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EIGHT_DIGITS = 100000000,
    UINT128_DIGITS_MAX = 39,
    DOUBLE_EXACT_DIGITS = 15, /* so many decimal digits always survive a double (DBL_DIG) */
    DOUBLE_DIGITS_MAX = 17,   /* so many always tell two doubles apart (DBL_DECIMAL_DIG) */
};

/* The eight digits of a value below 10^8, one a byte, the first in the lowest byte. Halves, then
 * pairs, then digits are split in all lanes at once; the multiplications stand for divisions by 100
 * and 10. Algorithm: P. Khuong, "How to print integers really fast". */
static uint64_t eight_digits(uint32_t value)
{
    uint64_t halves = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = halves * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    uint64_t two = hundreds | (halves - hundreds * 100) << 16;
    uint64_t tens = two * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return tens | (two - tens * 10) << 8;
}

/* Writes eight digits as text, the lowest byte first. */
static void store_digits(char *out, uint64_t digits)
{
    digits += UINT64_C(0x3030303030303030);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) digits = __builtin_bswap64(digits);
    memcpy(out, &digits, sizeof digits);
}

/* Writes the last `count` digits of value. */
static void put_digits(char *out, uint64_t value, unsigned count)
{
    for (; count >= 8; value /= EIGHT_DIGITS) {
        count -= 8;
        store_digits(out + count, eight_digits((uint32_t)(value % EIGHT_DIGITS)));
    }
    for (; count > 0; value /= 10) out[--count] = (char)('0' + value % 10);
}

size_t tide_uint_print(char *out, uint64_t value)
{
    if (value >= EIGHT_DIGITS) {
        size_t bytes = tide_uint_print(out, value / EIGHT_DIGITS);
        store_digits(out + bytes, eight_digits((uint32_t)(value % EIGHT_DIGITS)));
        return bytes + 8;
    }
    uint64_t digits = eight_digits((uint32_t)value);
    /* The bit in the last byte keeps one digit of a zero. */
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    store_digits(out, digits >> (8 * zeros));
    return 8 - zeros;
}

size_t tide_int_print(char *out, int64_t value)
{
    if (value >= 0) return tide_uint_print(out, (uint64_t)value);
    *out = '-';
    return 1 + tide_uint_print(out + 1, 0 - (uint64_t)value);
}

static size_t print_uint128(char *out, tide_uint128 value)
{
    enum { LIMB_DIGITS = 19 };
    if (value <= UINT64_MAX) return tide_uint_print(out, (uint64_t)value);
    tide_uint128 limb = tide_power_of_ten(LIMB_DIGITS);
    size_t bytes = print_uint128(out, value / limb);
    put_digits(out + bytes, (uint64_t)(value % limb), LIMB_DIGITS);
    return bytes + LIMB_DIGITS;
}

static tide_uint128 magnitude_of(tide_int128 units)
{
    return units < 0 ? 0 - (tide_uint128)units : (tide_uint128)units;
}

/* The decimal mark and the digits of fraction / 10^scale up to the last that is not zero. */
static size_t put_fraction(char *out, uint64_t fraction, unsigned scale)
{
    if (fraction == 0) return 0;
    *out = '.';
    if (scale <= 8) {
        uint64_t digits = eight_digits((uint32_t)(fraction * tide_powers_of_ten[8 - scale]));
        store_digits(out + 1, digits);
        return 1 + 8 - (unsigned)__builtin_clzll(digits) / 8;
    }
    put_digits(out + 1, fraction, scale);
    size_t bytes = 1 + scale;
    while (out[bytes - 1] == '0') bytes--;
    return bytes;
}

/* value / 10^n, right whenever that leaves no remainder, at the price of a multiplication: value =
 * q 10^n gives value ceil(2^64 / 10^n) = q 2^64 + something less than value, which the shift takes
 * away. */
static uint64_t exact_quotient(uint64_t value, unsigned n)
{
#define RECIPROCAL(power) (UINT64_MAX / (power) + 1)
    static const uint64_t reciprocals[TIDE_DECIMAL_SCALE_MAX - 1] = {0,
                                                                     RECIPROCAL(10),
                                                                     RECIPROCAL(100),
                                                                     RECIPROCAL(1000),
                                                                     RECIPROCAL(10000),
                                                                     RECIPROCAL(100000),
                                                                     RECIPROCAL(1000000),
                                                                     RECIPROCAL(10000000),
                                                                     RECIPROCAL(100000000),
                                                                     RECIPROCAL(1000000000),
                                                                     RECIPROCAL(10000000000),
                                                                     RECIPROCAL(100000000000),
                                                                     RECIPROCAL(1000000000000),
                                                                     RECIPROCAL(10000000000000),
                                                                     RECIPROCAL(100000000000000),
                                                                     RECIPROCAL(1000000000000000),
                                                                     RECIPROCAL(10000000000000000)};
#undef RECIPROCAL
    return n == 0 ? value : (uint64_t)((tide_uint128)value * reciprocals[n] >> 64);
}

/* Money: hundredths below 10^8 in one set of eight digits, six before the mark and two behind. */
static size_t print_hundredths(char *out, uint32_t hundredths)
{
    uint64_t digits = eight_digits(hundredths);
    /* The bit in the sixth byte keeps one digit in front of the mark. */
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 40) / 8, whole = 6 - zeros;
    store_digits(out, digits >> (8 * zeros));
    if (digits >> 48 == 0) return whole;
    out[whole] = '.';
    out[whole + 1] = (char)('0' + (digits >> 48 & 15));
    out[whole + 2] = (char)('0' + (digits >> 56));
    return whole + 2 + (digits >> 56 != 0);
}

size_t tide_decimal_print64(char *out, int64_t units, unsigned scale)
{
    char *at = out;
    uint64_t magnitude = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    if (units < 0) *at++ = '-';
    uint64_t divisor = tide_powers_of_ten[scale];
    if (scale >= 2) {
        uint64_t hundredth = tide_powers_of_ten[scale - 2];
        uint64_t hundredths = exact_quotient(magnitude, scale - 2);
        if (hundredths < EIGHT_DIGITS && hundredths * hundredth == magnitude)
            return (size_t)(at - out) + print_hundredths(at, (uint32_t)hundredths);
    }
    at += tide_uint_print(at, magnitude / divisor);
    at += put_fraction(at, magnitude % divisor, scale);
    return (size_t)(at - out);
}

size_t tide_decimal_print(char *out, tide_int128 units, unsigned scale)
{
    if (units >= INT64_MIN && units <= INT64_MAX)
        return tide_decimal_print64(out, (int64_t)units, scale);
    char *at = out;
    if (units < 0) *at++ = '-';
    tide_uint128 magnitude = magnitude_of(units), divisor = tide_power_of_ten(scale);
    at += print_uint128(at, magnitude / divisor);
    at += put_fraction(at, (uint64_t)(magnitude % divisor), scale);
    return (size_t)(at - out);
}

/* A positive number as its digits, the last not zero: 0.DIGITS x 10^point. */
struct float_text {
    char digits[UINT128_DIGITS_MAX];
    int count, point;
};

static void cut_zeros(struct float_text *text)
{
    while (text->count > 1 && text->digits[text->count - 1] == '0') text->count--;
}

static bool reads_as(uint64_t digits, int exponent, double value)
{
    char text[40]; /* no decimal mark in it: that would depend on the locale */
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
    return strtod(text, NULL) == value;
}

/* The `count` digits nearest to value, if they read back as value. Just above a power of two,
 * where doubles lie denser below, the next ones may do when the nearest do not. */
static bool shorten(double value, int count, struct float_text *text)
{
    char nearest[40]; /* d<mark>ddde±xx */
    snprintf(nearest, sizeof nearest, "%.*e", count - 1, value);
    uint64_t digits = 0;
    const char *exponent_mark = strchr(nearest, 'e');
    TIDE_ASSERT(exponent_mark);
    for (const char *c = nearest; c < exponent_mark; c++)
        if (*c >= '0' && *c <= '9') digits = digits * 10 + (uint64_t)(*c - '0');
    int exponent = (int)strtol(exponent_mark + 1, NULL, 10) - (count - 1);
    if (!reads_as(digits, exponent, value) && !reads_as(++digits, exponent, value)) return false;
    text->count = (int)tide_uint_print(text->digits, digits);
    text->point = text->count + exponent;
    cut_zeros(text);
    return true;
}

/* Lays the digits out as Python's repr of a float does (Python/pystrtod.c, format 'r'). */
static size_t print_layout(char *out, const struct float_text *text)
{
    char *at = out;
    bool scientific = text->point <= -4 || text->point > 16;
    int point = scientific ? 1 : text->point; /* digits before the mark */
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = point; i < 0; i++) *at++ = '0';
    }
    for (int i = 0; i < text->count || i < point; i++) {
        if (i == point && point > 0) *at++ = '.';
        *at++ = i < text->count ? text->digits[i] : '0';
    }
    if (!scientific && text->count <= point) {
        *at++ = '.';
        *at++ = '0';
    }
    if (scientific) {
        int exponent = text->point - 1;
        *at++ = 'e';
        *at++ = exponent < 0 ? '-' : '+';
        put_digits(at, (uint64_t)abs(exponent), 2);
        at += 2;
    }
    return (size_t)(at - out);
}

/* Up to 15 digits come back from a double as they were, and no fewer digits can stand for them. Of
 * longer ones the shortest text that reads back as the same double is looked for: the first that 15
 * digits give, without its zeros, is already the shortest. */
size_t tide_decimal_print_float(char *out, tide_int128 units, unsigned scale)
{
    if (units == 0) {
        memcpy(out, "0.0", 3);
        return 3;
    }
    char *at = out;
    if (units < 0) *at++ = '-';
    struct float_text text;
    size_t digits = print_uint128(text.digits, magnitude_of(units));
    text.count = (int)digits;
    text.point = text.count - (int)scale;
    cut_zeros(&text);
    if (text.count > DOUBLE_EXACT_DIGITS) {
        char exact[UINT128_DIGITS_MAX + 8];
        snprintf(exact, sizeof exact, "%.*se-%u", (int)digits, text.digits, scale);
        double value = strtod(exact, NULL);
        int count = DOUBLE_EXACT_DIGITS;
        while (!shorten(value, count, &text)) count++;
        TIDE_ASSERT(count <= DOUBLE_DIGITS_MAX);
    }
    return (size_t)(at - out) + print_layout(at, &text);
}
