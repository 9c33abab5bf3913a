/*
 * decimal: exact amounts between text and scaled integers (value x 10^scale).
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   parse says what is wrong with the text.
 * Limits:   27 digits at the scale (|units| < 10^27), scale 0 .. 18; sums may use all 128 bits.
 */
#ifndef TIDE_TEXT_DECIMAL_H
#define TIDE_TEXT_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The only typedefs: C11 has no name for 128 bits. */
__extension__ typedef __int128 tide_int128;
__extension__ typedef unsigned __int128 tide_uint128;

enum {
    TIDE_DECIMAL_SCALE_MAX = 18,
    TIDE_DECIMAL_TEXT_BYTES = 48, /* room an amount's printing needs; its texts are shorter */
    TIDE_UINT64_DIGITS_MAX = 20,
    TIDE_INT_TEXT_BYTES = 24, /* room a 64-bit integer's printing needs */
};

enum tide_decimal_status {
    TIDE_DECIMAL_OK,
    TIDE_DECIMAL_TOO_FINE,     /* a non-zero digit beyond the scale */
    TIDE_DECIMAL_OUT_OF_RANGE, /* more than 27 digits at the scale */
    TIDE_DECIMAL_MALFORMED,
};

struct tide_decimal_format {
    unsigned scale;
    bool comma; /* --decimal-comma: ',' is the decimal mark and '.' groups thousands */
};

/* 10^n for n = 0 .. 19, all that 64 bits hold */
extern const uint64_t tide_powers_of_ten[TIDE_UINT64_DIGITS_MAX];

/* 10^n for n = 0 .. 38 */
tide_uint128 tide_power_of_ten(unsigned n);

/* Is this an amount that parse may tell: |units| < 10^27? */
bool tide_decimal_is_amount(tide_int128 units);

/* Reads a whole field: 3200, -3.5, +4, .5, 5., 1e3, 1,234.56, £1,234.56, $5, -€3, €-3, (123.45),
 * blanks and tabs around. The value decides what is too fine or out of range, not the digits
 * written. When a text is both too fine and out of range it is too fine. */
enum tide_decimal_status tide_decimal_parse(const struct tide_decimal_format *format,
                                            const char *text, size_t bytes, tide_int128 *units);

/* Writes units / 10^scale as the shortest exact decimal (9000, 5700.5, -0.01), no NUL; returns its
 * bytes. `out` has room for TIDE_DECIMAL_TEXT_BYTES: bytes behind the text may be overwritten. */
size_t tide_decimal_print(char *out, tide_int128 units, unsigned scale);

/* As tide_decimal_print, for what fits in 64 bits: 6 to 11 ns. */
size_t tide_decimal_print64(char *out, int64_t units, unsigned scale);

/* Writes an integer, no NUL; returns its bytes. `out` has room for TIDE_INT_TEXT_BYTES: bytes
 * behind the text may be overwritten. Eight digits a step. */
size_t tide_uint_print(char *out, uint64_t value);
size_t tide_int_print(char *out, int64_t value);

/* Writes units / 10^scale as Python prints the nearest double (9000.0, 1e+16, 1.5e-07), no NUL;
 * returns its bytes. Room as for tide_decimal_print. */
size_t tide_decimal_print_float(char *out, tide_int128 units, unsigned scale);

#endif
