/*
 * witness: the text of one record that the comparison knows by its hashes only.
 * Owns:     a copy of the record and of its parts.
 * Threads:  one.
 * Blocks:   while the file is read once more, or the run is repeated, up to that record.
 * Errors:   as side.h. A record that does not come again is no error: found is false.
 * Limits:   none of its own.
 *
 * Texts are wanted only when something differs, so nobody keeps them: reading again costs time
 * then, where keeping would cost memory or disk always.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_WITNESS_H
#define TIDE_INSTRUMENTS_COMPARE_WITNESS_H

#include "engine/instruments/compare/side.h"

/* Which record: the first one for which all that is given holds. */
struct tide_wanted {
    bool has_index, has_place;
    uint32_t index; /* from 0 */
    uint64_t key;   /* only looked at without an index */
    uint64_t place;
    const uint64_t *records; /* it has one of these hashes */
    uint32_t record_count;
};

struct tide_witness {
    bool found;
    uint64_t line; /* where the record begins, from 1 */
    uint64_t place;
    char *text; /* the record; the parts' texts follow it */
    size_t bytes;
    struct tide_result result; /* borrows from text */
};

TIDE_MUST_USE bool tide_witness_find(struct tide_witness *witness, const struct tide_side *side,
                                     const struct tide_manner *manner,
                                     const struct tide_wanted *wanted, struct tide_error *error);
void tide_witness_fini(struct tide_witness *witness); /* a zeroed one is fine */

#endif
