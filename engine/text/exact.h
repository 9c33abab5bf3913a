/*
 * exact: mean and deviation from exact integer sums, with one correct rounding at the end.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never. Allocates only inside GMP, beyond 128 bits, and frees it before it returns.
 * Errors:   none; a broken limit is a bug.
 * Limits:   |value| < 10^27, count < 2^64 (so squares sum to < 2^244); scale and decimals 0 .. 18.
 */
#ifndef TIDE_TEXT_EXACT_H
#define TIDE_TEXT_EXACT_H

#include "engine/text/decimal.h"

#include <gmp.h>

#define TIDE_INT128_MAX ((tide_int128)(~(tide_uint128)0 >> 1))
#define TIDE_INT128_MIN (-TIDE_INT128_MAX - 1)

enum { TIDE_SQUARES_WORDS = 4 };

/* A sum of squares: 256 bits without sign, least significant word first. */
struct tide_squares {
    uint64_t words[TIDE_SQUARES_WORDS];
};

/* Adds value^2. */
void tide_squares_add(struct tide_squares *squares, tide_int128 value);

/* Adds another sum of squares. */
void tide_squares_merge(struct tide_squares *squares, const struct tide_squares *other);

/* Could this be the sum of squares of `count` >= 1 values with this sum? */
bool tide_squares_are_of(const struct tide_squares *squares, tide_int128 sum, uint64_t count);

/* sum / count of count >= 1 values at `scale`, rounded half-even: units of 10^-decimals. */
tide_int128 tide_exact_mean(tide_int128 sum, uint64_t count, unsigned scale, unsigned decimals);

/* The sample deviation sqrt((n Q - S^2) / (n (n - 1))) of n = count >= 2 values at `scale` with sum
 * S and sum of squares Q, rounded half-even to `decimals`: units of 10^-decimals. */
tide_int128 tide_exact_stddev(tide_int128 sum, const struct tide_squares *squares, uint64_t count,
                              unsigned scale, unsigned decimals);

/* The same of values in a list, of any size: mean of count >= 1, deviation of count >= 2. *decimals
 * are asked for; where 128 bits do not hold the answer, the most that they do hold are given. */
tide_int128 tide_exact_list_mean(const tide_int128 values[], uint32_t count, unsigned scale,
                                 unsigned *decimals);
tide_int128 tide_exact_list_stddev(const tide_int128 values[], uint32_t count, unsigned scale,
                                   unsigned *decimals);

/* GMP has no 128-bit setter. out is initialised. */
void tide_exact_mpz_set(mpz_t out, tide_int128 value);

#endif
