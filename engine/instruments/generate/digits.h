/*
 * digits: whole numbers as text, three digits a look at a table, without a branch below a million.
 * Owns:     its table, inline.
 * Threads:  read-only after init.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   64 bits.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_DIGITS_H
#define TIDE_INSTRUMENTS_GENERATE_DIGITS_H

#include "engine/text/decimal.h"

#include <string.h>

struct tide_digits_entry {
    char text[3];
    uint8_t bytes; /* copied along with the text: what stands behind it is overwritten anyway */
};

struct tide_digits {
    struct tide_digits_entry first[1000]; /* of a number: 7, 42, 999; 0 has one digit */
    struct tide_digits_entry next[1000];  /* within a number: 007, 042, 999 */
};

void tide_digits_init(struct tide_digits *digits);

static inline char *tide_digits_copy(char *out, const struct tide_digits_entry *entry)
{
    memcpy(out, entry, sizeof *entry);
    return out + entry->bytes;
}

/* Writes the number, no NUL, and returns its end. `out` has room for TIDE_INT_TEXT_BYTES: bytes
 * behind the text may be overwritten. */
static inline char *tide_digits_put(const struct tide_digits *digits, char *out, uint64_t value)
{
    uint64_t thousands = value / 1000, rest = value % 1000;
    if (thousands >= 1000) {
        out += tide_uint_print(out, thousands / 1000);
        out = tide_digits_copy(out, &digits->next[thousands % 1000]);
        return tide_digits_copy(out, &digits->next[rest]);
    }
    char *behind = tide_digits_copy(out, &digits->first[thousands]);
    if (thousands == 0) behind = out;
    return tide_digits_copy(behind, thousands > 0 ? &digits->next[rest] : &digits->first[rest]);
}

/* Writes cents as 12.34, as tide_digits_put does. */
static inline char *tide_digits_put_cents(const struct tide_digits *digits, char *out,
                                          uint64_t cents)
{
    out = tide_digits_put(digits, out, cents / 100);
    tide_digits_copy(out, &digits->next[cents % 100]); /* its first digit is a 0 */
    *out = '.';
    return out + 3;
}

#endif
