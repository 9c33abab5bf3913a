#include "engine/text/decimal.h"

#include "engine/base/assert.h"

#include <string.h>

enum { DIGITS_MAX = 27, PLAIN_DIGITS_MAX = 18 };

const uint64_t tide_powers_of_ten[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

tide_uint128 tide_power_of_ten(unsigned n)
{
    enum { LAST = TIDE_UINT64_DIGITS_MAX - 1 };
    TIDE_CHECK(n <= 2 * LAST);
    if (n <= LAST) return tide_powers_of_ten[n];
    return (tide_uint128)tide_powers_of_ten[LAST] * tide_powers_of_ten[n - LAST];
}

bool tide_decimal_is_amount(tide_int128 units)
{
    const tide_int128 limit = (tide_int128)tide_power_of_ten(DIGITS_MAX);
    return -limit < units && units < limit;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [sign]digits[mark digits], 1 to 18 digits, no finer than the scale: read in one go. False says
 * only that the text wants the careful reading. */
static bool parse_plain(const struct tide_decimal_format *format, const char *text, size_t bytes,
                        tide_int128 *units)
{
    const char *at = text, *end = text + bytes;
    bool negative = at < end && *at == '-';
    at += negative;
    if (at == end || end - at > PLAIN_DIGITS_MAX + 1) return false;
    const char mark = format->comma ? ',' : '.', *digits = at;
    uint64_t value = 0;
    for (; at < end && is_digit(*at); at++) value = value * 10 + (uint64_t)(*at - '0');
    size_t digit_count = (size_t)(at - digits), decimals = 0;
    if (at < end && *at == mark) {
        const char *fraction = ++at;
        for (; at < end && is_digit(*at); at++) value = value * 10 + (uint64_t)(*at - '0');
        decimals = (size_t)(at - fraction);
    }
    digit_count += decimals;
    if (at < end || digit_count == 0 || digit_count > PLAIN_DIGITS_MAX || decimals > format->scale)
        return false;
    tide_uint128 magnitude = (tide_uint128)value * tide_powers_of_ten[format->scale - decimals];
    if (magnitude >= tide_power_of_ten(DIGITS_MAX)) return false;
    *units = negative ? -(tide_int128)magnitude : (tide_int128)magnitude;
    return true;
}

/* The number read so far: mantissa x 10^(zeros - fraction_digits + exponent). The zeros at its end
 * are held back until a digit follows, so that those which end the number cost nothing. */
struct number {
    const char *at, *end;  /* the text still to be read */
    tide_uint128 mantissa; /* its first DIGITS_MAX digits; later ones make it only too long */
    int64_t mantissa_digits, zeros, fraction_digits, exponent;
};

static bool take(struct number *n, const char *expected)
{
    size_t bytes = strlen(expected);
    if ((size_t)(n->end - n->at) < bytes || memcmp(n->at, expected, bytes) != 0) return false;
    n->at += bytes;
    return true;
}

static bool take_currency(struct number *n)
{
    return take(n, "$") || take(n, "\xc2\xa3") || take(n, "\xe2\x82\xac");
}

static bool take_sign(struct number *n, bool *negative)
{
    *negative |= n->at < n->end && *n->at == '-';
    return take(n, "-") || take(n, "+");
}

static void add_digit(struct number *n, unsigned digit)
{
    if (digit == 0) {
        n->zeros += n->mantissa_digits > 0;
        return;
    }
    n->mantissa_digits += n->zeros + 1;
    if (n->mantissa_digits <= DIGITS_MAX)
        n->mantissa = n->mantissa * tide_power_of_ten((unsigned)n->zeros + 1) + digit;
    n->zeros = 0;
}

/* All the digits that follow; returns how many. */
static int64_t read_digits(struct number *n)
{
    const char *start = n->at;
    for (; n->at < n->end && is_digit(*n->at); n->at++) add_digit(n, (unsigned)(*n->at - '0'));
    return n->at - start;
}

/* digits, or groups of three behind a first one of one to three. */
static bool read_whole(struct number *n, const char *group_mark, int64_t *digits)
{
    *digits = read_digits(n);
    for (bool first = true; take(n, group_mark); first = false) {
        if (first && (*digits < 1 || *digits > 3)) return false;
        if (read_digits(n) != 3) return false;
    }
    return true;
}

/* Capped far beyond what the digits of any field could make up for. */
static bool read_exponent(struct number *n)
{
    if (!take(n, "e") && !take(n, "E")) return true;
    const int64_t cap = INT64_C(1) << 56;
    bool negative = false;
    take_sign(n, &negative);
    const char *start = n->at;
    for (; n->at < n->end && is_digit(*n->at); n->at++)
        if (n->exponent < cap) n->exponent = n->exponent * 10 + (*n->at - '0');
    if (negative) n->exponent = -n->exponent;
    return n->at > start;
}

static bool read_unsigned(struct number *n, bool comma)
{
    int64_t whole_digits;
    if (!read_whole(n, comma ? "." : ",", &whole_digits)) return false;
    if (take(n, comma ? "," : ".")) n->fraction_digits = read_digits(n);
    if (whole_digits + n->fraction_digits == 0) return false;
    return read_exponent(n) && n->at == n->end;
}

static bool read_number(struct number *n, bool comma, bool *negative)
{
    *negative = take(n, "(");
    if (*negative) {
        if (n->at == n->end || *--n->end != ')') return false;
        take_currency(n);
    } else {
        bool is_signed = take_sign(n, negative);
        if (take_currency(n) && !is_signed) take_sign(n, negative);
    }
    return read_unsigned(n, comma);
}

enum tide_decimal_status tide_decimal_parse(const struct tide_decimal_format *format,
                                            const char *text, size_t bytes, tide_int128 *units)
{
    if (parse_plain(format, text, bytes, units)) return TIDE_DECIMAL_OK;
    struct number n = {.at = text, .end = text + bytes};
    while (n.at < n.end && (*n.at == ' ' || *n.at == '\t')) n.at++;
    while (n.end > n.at && (n.end[-1] == ' ' || n.end[-1] == '\t')) n.end--;
    bool negative;
    if (!read_number(&n, format->comma, &negative)) return TIDE_DECIMAL_MALFORMED;
    *units = 0;
    if (n.mantissa_digits == 0) return TIDE_DECIMAL_OK;
    int64_t shift = n.zeros - n.fraction_digits + n.exponent + (int64_t)format->scale;
    if (shift < 0) return TIDE_DECIMAL_TOO_FINE;
    if (n.mantissa_digits + shift > DIGITS_MAX) return TIDE_DECIMAL_OUT_OF_RANGE;
    tide_int128 magnitude = (tide_int128)(n.mantissa * tide_power_of_ten((unsigned)shift));
    *units = negative ? -magnitude : magnitude;
    return TIDE_DECIMAL_OK;
}
