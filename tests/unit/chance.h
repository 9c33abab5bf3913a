/* Chance that can be repeated: the seed is printed, and taken from TIDEMARK_SEED when that is set.
 */
#ifndef TIDE_TESTS_CHANCE_H
#define TIDE_TESTS_CHANCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct chance {
    uint64_t state;
};

static inline struct chance chance_begin(void)
{
    const char *given = getenv("TIDEMARK_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) % 1000000000;
    printf("TIDEMARK_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return (struct chance){seed};
}

/* splitmix64 (S. Vigna, public domain reference). */
static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = (chance->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 .. limit - 1 */
static inline uint32_t chance_below(struct chance *chance, uint32_t limit)
{
    return (uint32_t)((chance_next(chance) >> 32) * limit >> 32);
}

/* One in `odds`. */
static inline int chance_is(struct chance *chance, uint32_t odds)
{
    return chance_below(chance, odds) == 0;
}

#endif
