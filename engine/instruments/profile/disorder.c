#include "engine/instruments/profile/disorder.h"

enum { S = 1000, MIN = 60 * S, H = 60 * MIN };
#define D ((int64_t)24 * H)

static const int64_t range_ends_ms[TIDE_DISORDER_RANGES] = {
    1,       10,       100,   1 * S, 2 * S, 5 * S, 10 * S, 30 * S,  1 * MIN,
    5 * MIN, 10 * MIN, 1 * H, 6 * H, 1 * D, 7 * D, 30 * D, 365 * D, INT64_MAX};

int64_t tide_disorder_range_end_ms(unsigned range)
{
    return range_ends_ms[range];
}

/* Below 2^7 a step is a millisecond; above, the leading bit says which power of two, and the seven
 * bits behind it which of its steps. */
static unsigned step_of(uint64_t behind_ms)
{
    if (behind_ms < 1u << TIDE_DISORDER_STEP_BITS) return (unsigned)behind_ms;
    unsigned shift = 63u - (unsigned)__builtin_clzll(behind_ms) - TIDE_DISORDER_STEP_BITS;
    return ((shift + 1) << TIDE_DISORDER_STEP_BITS) + (unsigned)(behind_ms >> shift) -
           (1u << TIDE_DISORDER_STEP_BITS);
}

/* The greatest distance that falls into a step. */
static uint64_t step_end(unsigned step)
{
    unsigned power = step >> TIDE_DISORDER_STEP_BITS;
    if (power == 0) return step;
    uint64_t mantissa =
        (1u << TIDE_DISORDER_STEP_BITS) + (step & ((1u << TIDE_DISORDER_STEP_BITS) - 1));
    return ((mantissa + 1) << (power - 1)) - 1;
}

void tide_disorder_add_behind(struct tide_disorder *disorder, int64_t behind_ms)
{
    disorder->out_of_order++;
    if (behind_ms > disorder->behind_max_ms) disorder->behind_max_ms = behind_ms;
    unsigned range = 1;
    while (range + 1 < TIDE_DISORDER_RANGES && behind_ms >= range_ends_ms[range]) range++;
    disorder->ranges[range]++;
    disorder->steps[step_of((uint64_t)behind_ms)]++;
}

int64_t tide_disorder_percentile_ms(const struct tide_disorder *disorder, unsigned thousandths)
{
    /* Rows in order are not counted in steps: they come before all of them. */
    uint64_t seen = disorder->row_count - disorder->out_of_order;
    /* rows / 1000 rounded up, of 64 bits without overflow */
    uint64_t wanted = disorder->row_count / 1000 * thousandths +
                      (disorder->row_count % 1000 * thousandths + 999) / 1000;
    if (seen >= wanted) return 0;
    for (unsigned step = 0; step < TIDE_DISORDER_STEPS; step++) {
        seen += disorder->steps[step];
        if (seen < wanted) continue;
        uint64_t end = step_end(step);
        return end < (uint64_t)disorder->behind_max_ms ? (int64_t)end : disorder->behind_max_ms;
    }
    return disorder->behind_max_ms;
}
