/*
 * reordering: how far a sequence of places is from ascending order.
 * Owns:     nothing; scratch memory is freed before it returns.
 * Threads:  any.
 * Blocks:   never. Allocates half the sequence's bytes.
 * Errors:   exit 1: out of memory.
 * Limits:   2^32 - 2 places: then every figure fits in 64 bits.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_REORDERING_H
#define TIDE_INSTRUMENTS_COMPARE_REORDERING_H

#include "engine/base/error.h"

#include <stdint.h>

struct tide_reordering {
    uint64_t inversions;       /* pairs whose order is the other way round */
    uint64_t displacement_sum; /* of |place - index| over all */
    uint32_t greatest_displacement;
    uint32_t first_moved; /* least index whose place is another; count if there is none */

    /* Of the first moved, if there is one: the place of what stands there, and where that stands
     * whose place it is. */
    uint32_t place_of_moved, index_of_moved;
};

/* Measures places[0 .. count - 1], which is a permutation of 0 .. count - 1 (inversions are counted
 * for any sequence), and sorts it. O(n log n), and nearly O(n log d) when no place is further than
 * d away: merge sort (the classic count of inversions; D. E. Knuth, "The Art of Computer
 * Programming" vol. 3, 5.2.4) that merges only where two halves overlap. */
TIDE_MUST_USE bool tide_reordering_measure(struct tide_reordering *reordering, uint32_t *places,
                                           uint32_t count, struct tide_error *error);

#endif
