/*
 * zipf: ranks 1 .. N, of which rank k is drawn in proportion to k^-S.
 * Owns:     nothing; the struct is constants only.
 * Threads:  read-only after init.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   S above 0 and up to 10; N from 1 to 10^12, no table whatever N is.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_ZIPF_H
#define TIDE_INSTRUMENTS_GENERATE_ZIPF_H

#include <stdint.h>

struct tide_zipf {
    double exponent, count;
    double integral_low, integral_span; /* what the area below the curve runs over, from above */
    double accept_below;                /* so near below a rank, no look at the curve is needed */
};

void tide_zipf_init(struct tide_zipf *zipf, double exponent, uint64_t count);

/* The rank that 64 random bits stand for; further bits, where it needs them, follow from these.
 * Measured: at most 1.02 attempts on average. */
uint64_t tide_zipf_draw(const struct tide_zipf *zipf, uint64_t draw);

#endif
