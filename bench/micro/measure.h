/*
 * measure: runs a case again and again and prints one line of JSON about it.
 * Owns:     nothing.
 * Threads:  one measures; a case may use more.
 * Blocks:   as long as the cases take.
 * Errors:   wrong usage ends the program with status 2; what cannot be set up is an assertion.
 * Limits:   MEASURE_REPEATS_MAX timed runs a case; each is preceded by one that only warms up.
 */
#ifndef TIDE_BENCH_MEASURE_H
#define TIDE_BENCH_MEASURE_H

#include "engine/base/memory.h"

#include <stdint.h>

enum { MEASURE_REPEATS_DEFAULT = 15, MEASURE_REPEATS_MAX = 1001, MEASURE_VARIANT_BYTES = 64 };

struct measure {
    const char *bench;
    unsigned repeats;
};

struct measure_case {
    const char *name;
    char variant[MEASURE_VARIANT_BYTES];
    const char *unit;    /* what the time is counted by: "row" */
    uint64_t unit_count; /* of them in one run */
    uint64_t byte_count; /* worked on in one run; 0: nothing to say about bytes */
    void (*run)(void *self);
    void *self;
};

/* Reads `micro_NAME [REPEATS]`. */
struct measure measure_begin(const char *bench, int argc, char **argv);

/* Prints {"bench", "case", "variant", "unit", "units", "repeats", "ns_median", "ns_least",
 * "ns_greatest" and, with bytes, "gb_per_s" by the median}; all ns are of one unit. */
void measure_case(const struct measure *measure, const struct measure_case *measured);

/* Zeroed room for `count` objects that lie a party's cache lines apart; to be given to tide_free.
 */
void *measure_alloc_parties(size_t count, size_t bytes);

/* Keeps the compiler from leaving out what computed this value. */
static inline void measure_keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value) : "memory");
}

#endif
