/* Are amounts read, printed, averaged and spread exactly as unbounded integers say? */
#include "tests/fuzz/target.h"

#include "engine/text/exact.h"

#include <math.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

enum {
    TEXT_BYTES_MAX = 300,
    LIST_MAX = 64,
    VALUE_BYTES = 12,
    EXPONENT_MAX = 2000,
    DIGITS_MAX = 27
};

#define CURRENCY "(\\$|\xc2\xa3|\xe2\x82\xac)"
#define BODY(dot, by3)                                                                             \
    "(([0-9]{1,3}(" by3 "[0-9]{3})+|[0-9]+)(" dot "[0-9]*)?|" dot "[0-9]+)([eE][-+]?[0-9]+)?"
#define SIGN             "([-+]?" CURRENCY "?|" CURRENCY "[-+])"
#define NUMBER(dot, by3) "^(" SIGN BODY(dot, by3) "|\\(" CURRENCY "?" BODY(dot, by3) "\\))$"

/* --- reading, by a regular expression and GMP
 * ----------------------------------------------------- */

static bool is_number(const char *text, size_t bytes, bool comma)
{
    static const char *const patterns[] = {NUMBER("\\.", ","), NUMBER(",", "\\.")};
    static regex_t compiled[2];
    static bool is_ready;
    for (unsigned i = 0; i < 2 && !is_ready; i++)
        FUZZ_CHECK(regcomp(&compiled[i], patterns[i], REG_EXTENDED | REG_NOSUB) == 0);
    is_ready = true;
    regmatch_t whole = {0, (regoff_t)bytes};
    return regexec(&compiled[comma], text, 1, &whole, REG_STARTEND) == 0;
}

/* The digits of a well-formed number, where its point is, and its exponent. */
struct parts {
    char digits[TEXT_BYTES_MAX + 1];
    long digit_count, fraction_digits, exponent;
    bool negative;
};

static void take_apart(const char *text, size_t bytes, bool comma, struct parts *parts)
{
    *parts = (struct parts){.negative = text[0] == '('};
    bool in_fraction = false;
    size_t i = 0;
    for (; i < bytes && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == '-') parts->negative = true;
        if (text[i] == (comma ? ',' : '.')) in_fraction = true;
        if (text[i] < '0' || text[i] > '9') continue;
        parts->digits[parts->digit_count++] = text[i];
        parts->fraction_digits += in_fraction;
    }
    bool is_below_one = i + 1 < bytes && text[i + 1] == '-';
    for (; i < bytes; i++)
        if (text[i] >= '0' && text[i] <= '9' && parts->exponent < EXPONENT_MAX)
            parts->exponent = parts->exponent * 10 + text[i] - '0';
    if (is_below_one) parts->exponent = -parts->exponent;
}

/* value becomes the units, if there are any. */
static enum tide_decimal_status read_slowly(const struct tide_decimal_format *format,
                                            const char *text, size_t bytes, mpz_t value)
{
    static struct parts parts;
    for (; bytes > 0 && (*text == ' ' || *text == '\t'); text++) bytes--;
    while (bytes > 0 && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t')) bytes--;
    if (!is_number(text, bytes, format->comma)) return TIDE_DECIMAL_MALFORMED;
    take_apart(text, bytes, format->comma, &parts);
    FUZZ_CHECK(mpz_set_str(value, parts.digits, 10) == 0);
    if (mpz_sgn(value) == 0) return TIDE_DECIMAL_OK;
    long shift = parts.exponent - parts.fraction_digits + (long)format->scale;
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)labs(shift));
    bool is_whole = shift >= 0 || mpz_divisible_p(value, power);
    if (shift >= 0) mpz_mul(value, value, power);
    else mpz_tdiv_q(value, value, power);
    mpz_ui_pow_ui(power, 10, DIGITS_MAX);
    bool is_in_range = mpz_cmp(value, power) < 0;
    mpz_clear(power);
    if (parts.negative) mpz_neg(value, value);
    if (!is_whole) return TIDE_DECIMAL_TOO_FINE;
    return is_in_range ? TIDE_DECIMAL_OK : TIDE_DECIMAL_OUT_OF_RANGE;
}

/* --- printing
 * ------------------------------------------------------------------------------------- */

/* The text of units / 10^scale: the digits with a point in them, no zeros behind it. */
static size_t print_slowly(char *out, tide_int128 units, unsigned scale)
{
    char digits[TIDE_DECIMAL_TEXT_BYTES + TIDE_DECIMAL_SCALE_MAX];
    mpz_t value;
    mpz_init(value);
    tide_exact_mpz_set(value, units);
    mpz_abs(value, value);
    gmp_snprintf(digits, sizeof digits, "%.*Zd", (int)scale + 1, value);
    mpz_clear(value);
    size_t whole = strlen(digits) - scale, part = scale;
    while (part > 0 && digits[whole + part - 1] == '0') part--;
    return (size_t)snprintf(out, 2 * TIDE_DECIMAL_TEXT_BYTES, "%s%.*s%s%.*s", units < 0 ? "-" : "",
                            (int)whole, digits, part ? "." : "", (int)part, digits + whole);
}

/* As Python's repr: reads back as the nearest double, and no shorter text does. */
static void check_float(const char *exact, tide_int128 units, unsigned scale)
{
    char text[TIDE_DECIMAL_TEXT_BYTES + 1], shorter[TIDE_DECIMAL_TEXT_BYTES];
    size_t bytes = tide_decimal_print_float(text, units, scale);
    FUZZ_CHECK(bytes < TIDE_DECIMAL_TEXT_BYTES);
    text[bytes] = '\0';
    double nearest = strtod(exact, NULL);
    FUZZ_CHECK(strtod(text, NULL) == nearest);
    int digits = 0;
    bool is_significant = false;
    for (const char *at = text; *at && *at != 'e'; at++) {
        is_significant |= *at >= '1' && *at <= '9';
        digits += is_significant && *at != '.';
    }
    size_t mantissa = strcspn(text, "e");
    for (const char *at = text + mantissa; digits > 0 && at[-1] == '0'; at--) digits--;
    if (mantissa > 2 && memcmp(text + mantissa - 2, ".0", 2) == 0 && digits > 1) return;
    if (digits < 2) return;
    snprintf(shorter, sizeof shorter, "%.*e", digits - 2, nearest);
    FUZZ_CHECK(strtod(shorter, NULL) != nearest);
}

static void check_print(tide_int128 units, unsigned scale)
{
    char text[TIDE_DECIMAL_TEXT_BYTES], again[TIDE_DECIMAL_TEXT_BYTES];
    char expected[2 * TIDE_DECIMAL_TEXT_BYTES];
    size_t bytes = tide_decimal_print(text, units, scale);
    size_t expected_bytes = print_slowly(expected, units, scale);
    FUZZ_CHECK(bytes < sizeof text && bytes == expected_bytes);
    FUZZ_CHECK(memcmp(text, expected, bytes) == 0);
    if (units == (int64_t)units) {
        FUZZ_CHECK(tide_decimal_print64(again, (int64_t)units, scale) == bytes);
        FUZZ_CHECK(memcmp(again, text, bytes) == 0);
    }
    check_float(expected, units, scale);
    tide_int128 read_back;
    const struct tide_decimal_format format = {.scale = scale};
    enum tide_decimal_status status = tide_decimal_parse(&format, text, bytes, &read_back);
    tide_uint128 size = units < 0 ? -(tide_uint128)units : (tide_uint128)units;
    if (size < tide_power_of_ten(DIGITS_MAX))
        FUZZ_CHECK(status == TIDE_DECIMAL_OK && read_back == units);
    else FUZZ_CHECK(status == TIDE_DECIMAL_OUT_OF_RANGE);
}

static void check_text(struct feed *feed, unsigned scale)
{
    const struct tide_decimal_format format = {.scale = scale, .comma = feed_number(feed, 2)};
    size_t bytes = feed->bytes < TEXT_BYTES_MAX ? feed->bytes : TEXT_BYTES_MAX;
    char text[TEXT_BYTES_MAX + 1]; /* regexec may look for a NUL */
    memcpy(text, feed->text, bytes);
    text[bytes] = '\0';
    tide_int128 units;
    mpz_t expected, got;
    mpz_inits(expected, got, NULL);
    enum tide_decimal_status status = tide_decimal_parse(&format, text, bytes, &units);
    FUZZ_CHECK(status == read_slowly(&format, text, bytes, expected));
    if (status == TIDE_DECIMAL_OK) {
        tide_exact_mpz_set(got, units);
        FUZZ_CHECK(mpz_cmp(got, expected) == 0);
        check_print(units, scale);
    }
    mpz_clears(expected, got, NULL);
}

/* --- mean and deviation
 * --------------------------------------------------------------------------- */

/* Sum and sum of squares as GMP has them. */
struct sums {
    mpz_t sum, squares, count;
};

/* Is `rounded`, in units of 10^-decimals, the nearest to (numerator / denominator)^(1 / power), and
 * even where two are? Both sides are scaled by 2: (2 r - 1)^p <= 2^p x <= (2 r + 1)^p. */
static void check_nearest(tide_int128 rounded, const mpz_t numerator, const mpz_t denominator,
                          unsigned power)
{
    mpz_t low, high, exact;
    mpz_inits(low, high, exact, NULL);
    tide_exact_mpz_set(low, rounded);
    mpz_mul_2exp(low, low, 1);
    mpz_add_ui(high, low, 1);
    mpz_sub_ui(low, low, 1);
    if (power == 2) FUZZ_CHECK(rounded >= 0);
    if (power == 2 && rounded == 0) mpz_set_ui(low, 0); /* nothing lies below */
    mpz_pow_ui(low, low, power);
    mpz_pow_ui(high, high, power);
    mpz_mul(low, low, denominator);
    mpz_mul(high, high, denominator);
    mpz_mul_2exp(exact, numerator, power);
    int above = mpz_cmp(exact, low), below = mpz_cmp(exact, high);
    FUZZ_CHECK(above >= 0 && below <= 0);
    if ((above == 0 && mpz_sgn(low) != 0) || below == 0) FUZZ_CHECK(rounded % 2 == 0);
    mpz_clears(low, high, exact, NULL);
}

/* x 10^(decimals - scale), as a power of each */
static void rescale(mpz_t numerator, mpz_t denominator, unsigned scale, unsigned decimals,
                    unsigned power)
{
    mpz_t factor;
    mpz_init(factor);
    mpz_ui_pow_ui(factor, 10, (unsigned long)decimals * power);
    mpz_mul(numerator, numerator, factor);
    mpz_ui_pow_ui(factor, 10, (unsigned long)scale * power);
    mpz_mul(denominator, denominator, factor);
    mpz_clear(factor);
}

static void check_mean(const struct sums *sums, tide_int128 mean, unsigned scale, unsigned decimals)
{
    mpz_t numerator, denominator;
    mpz_init_set(numerator, sums->sum);
    mpz_init_set(denominator, sums->count);
    rescale(numerator, denominator, scale, decimals, 1);
    check_nearest(mean, numerator, denominator, 1);
    mpz_clears(numerator, denominator, NULL);
}

static void check_stddev(const struct sums *sums, tide_int128 stddev, unsigned scale,
                         unsigned decimals)
{
    mpz_t numerator, denominator;
    mpz_inits(numerator, denominator, NULL);
    mpz_mul(numerator, sums->squares, sums->count);
    mpz_submul(numerator, sums->sum, sums->sum);
    mpz_sub_ui(denominator, sums->count, 1);
    mpz_mul(denominator, denominator, sums->count);
    rescale(numerator, denominator, scale, decimals, 2);
    check_nearest(stddev, numerator, denominator, 2);
    mpz_clears(numerator, denominator, NULL);
}

/* The same values 2^doublings times over, as partial sums are merged. */
static void check_window(const tide_int128 values[], uint32_t list_count, unsigned doublings,
                         const struct sums *sums, unsigned scale, unsigned decimals)
{
    tide_int128 sum = 0;
    uint64_t count = (uint64_t)list_count << doublings;
    struct tide_squares squares = {{0}};
    struct sums wide;
    for (uint32_t i = 0; i < list_count; i++) {
        sum += values[i];
        tide_squares_add(&squares, values[i]);
    }
    for (unsigned i = 0; i < doublings; i++) {
        const struct tide_squares half = squares;
        tide_squares_merge(&squares, &half);
        sum *= 2;
    }
    mpz_inits(wide.sum, wide.squares, wide.count, NULL);
    mpz_mul_2exp(wide.sum, sums->sum, doublings);
    mpz_mul_2exp(wide.squares, sums->squares, doublings);
    mpz_mul_2exp(wide.count, sums->count, doublings);
    check_mean(&wide, tide_exact_mean(sum, count, scale, decimals), scale, decimals);
    if (count >= 2)
        check_stddev(&wide, tide_exact_stddev(sum, &squares, count, scale, decimals), scale,
                     decimals);
    mpz_clears(wide.sum, wide.squares, wide.count, NULL);
}

static void check_list(const tide_int128 values[], uint32_t count, const struct sums *sums,
                       unsigned scale, unsigned decimals)
{
    unsigned given = decimals;
    tide_int128 mean = tide_exact_list_mean(values, count, scale, &given);
    FUZZ_CHECK(given <= decimals);
    check_mean(sums, mean, scale, given);
    if (count < 2) return;
    given = decimals;
    tide_int128 stddev = tide_exact_list_stddev(values, count, scale, &given);
    FUZZ_CHECK(given <= decimals);
    check_stddev(sums, stddev, scale, given);
}

static tide_int128 take_int128(const char *bytes, size_t count)
{
    unsigned char raw[sizeof(tide_int128)] = {0};
    memcpy(raw + sizeof raw - count, bytes, count);
    tide_int128 value;
    memcpy(&value, raw, sizeof value);
    return value >> 8 * (sizeof raw - count);
}

static void check_values(struct feed *feed, unsigned scale)
{
    const tide_int128 limit = (tide_int128)tide_power_of_ten(DIGITS_MAX);
    tide_int128 values[LIST_MAX];
    unsigned decimals = feed_number(feed, TIDE_DECIMAL_SCALE_MAX + 1);
    unsigned doublings = feed_number(feed, 30), shift = feed_number(feed, 32);
    uint32_t count = 0;
    struct sums sums;
    mpz_t value;
    mpz_inits(value, sums.sum, sums.squares, sums.count, NULL);
    for (size_t at = 0; at + VALUE_BYTES <= feed->bytes && count < LIST_MAX; at += VALUE_BYTES) {
        values[count] = (take_int128(feed->text + at, VALUE_BYTES) >> shift) % limit;
        tide_exact_mpz_set(value, values[count]);
        mpz_add(sums.sum, sums.sum, value);
        mpz_addmul(sums.squares, value, value);
        count++;
    }
    mpz_set_ui(sums.count, count);
    if (count > 0) {
        check_window(values, count, doublings, &sums, scale, decimals % 7);
        check_list(values, count, &sums, scale, decimals);
    }
    mpz_clears(value, sums.sum, sums.squares, sums.count, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct feed feed = {(const char *)data, bytes};
    unsigned kind = feed_number(&feed, 3), scale = feed_number(&feed, TIDE_DECIMAL_SCALE_MAX + 1);
    if (kind == 0) check_text(&feed, scale);
    else if (kind == 1) check_values(&feed, scale);
    else if (feed.bytes >= sizeof(tide_int128))
        check_print(take_int128(feed.text, sizeof(tide_int128)), scale);
    return 0;
}
