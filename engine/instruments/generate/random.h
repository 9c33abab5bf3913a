/*
 * random: draws that come out the same on every machine, for whoever makes rows.
 * Owns:     nothing.
 * Threads:  one generator belongs to one thread.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   64 bits of state: no secrets.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_RANDOM_H
#define TIDE_INSTRUMENTS_GENERATE_RANDOM_H

#include "engine/text/decimal.h"

struct tide_random {
    uint64_t state; /* any: the seed */
};

/* The next 64 bits. Algorithm: splitmix64 (G. Steele, D. Lea and C. Flood, "Fast Splittable
 * Pseudorandom Number Generators", OOPSLA 2014). */
static inline uint64_t tide_random_next(struct tide_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Brings a draw to 0 .. count - 1: the high half of a product (D. Lemire, "Fast Random Integer
 * Generation in an Interval", 2019, without the rejection: the bias is below 2^-20 for counts up to
 * 2^44). */
static inline uint64_t tide_random_below(uint64_t draw, uint64_t count)
{
    return (uint64_t)((tide_uint128)draw * count >> 64);
}

/* Brings a draw to a multiple of 2^-53 in [0, 1); exact. */
static inline double tide_random_unit(uint64_t draw)
{
    return (double)(draw >> 11) * 0x1p-53;
}

#endif
