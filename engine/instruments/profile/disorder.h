/*
 * disorder: how far rows are behind the greatest event time before them.
 * Owns:     its counters.
 * Threads:  one.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   percentiles are at most 1/128 too high; counts, ranges and the greatest are exact.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_DISORDER_H
#define TIDE_INSTRUMENTS_PROFILE_DISORDER_H

#include <stdint.h>

enum {
    TIDE_DISORDER_RANGES = 18,
    TIDE_DISORDER_STEP_BITS = 7, /* a power of two is cut into 2^7 steps, as HdrHistogram does */
    TIDE_DISORDER_STEPS = (64 - TIDE_DISORDER_STEP_BITS) << TIDE_DISORDER_STEP_BITS,
};

struct tide_disorder {
    uint64_t row_count, out_of_order;
    int64_t behind_max_ms;
    uint64_t ranges[TIDE_DISORDER_RANGES];
    uint64_t steps[TIDE_DISORDER_STEPS];
};

/* Where a range ends: it holds what is below, and not below the one before. The first range is 0
 * alone, the last one has no end (INT64_MAX). */
int64_t tide_disorder_range_end_ms(unsigned range);

void tide_disorder_add_behind(struct tide_disorder *disorder, int64_t behind_ms);

/* behind_ms: not negative. A zeroed struct is empty. */
static inline void tide_disorder_add(struct tide_disorder *disorder, int64_t behind_ms)
{
    disorder->row_count++;
    if (behind_ms > 0) tide_disorder_add_behind(disorder, behind_ms);
}

/* The least distance that at least this many thousandths of all rows do not exceed. */
int64_t tide_disorder_percentile_ms(const struct tide_disorder *disorder, unsigned thousandths);

#endif
