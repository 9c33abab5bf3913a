/*
 * matching: which record of one trace is which of the reference.
 * Owns:     the places, and the candidates; scratch memory is freed before it returns.
 * Threads:  one.
 * Blocks:   never. Allocates 4 bytes a record, and room for the greatest part of each trace.
 * Errors:   exit 1: out of memory.
 * Limits:   as trace.h.
 *
 * Records with the same hashes are the same. Equal ones match in the order in which they occur, so
 * a record that occurs twice here and three times there is one too few. Hashes are seeded anew in
 * each run: two records of 2^32 that differ are taken for the same with a chance of 2^-64 if they
 * share a key, and less if not.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_MATCHING_H
#define TIDE_INSTRUMENTS_COMPARE_MATCHING_H

#include "engine/instruments/compare/trace.h"

/* A record that matches none, the first one of its trace. */
struct tide_unmatched {
    bool is_there;
    struct tide_trace_entry entry;
};

struct tide_matching {
    /* The records of the other trace behind those that agree, in its order, but for unmatched ones:
     * the place of each among the same records in the reference's order. */
    uint32_t *places;
    uint32_t place_count;
    uint32_t reference_only, other_only; /* records that match none */
    bool are_keys_in_order;              /* every key's matched records are in the same order */
    struct tide_unmatched first_reference, first_other;

    /* Record hashes of the other trace's unmatched records with the key of first_reference: one of
     * them may be what became of it. */
    uint64_t *candidates;
    uint32_t candidate_count;
};

TIDE_MUST_USE bool tide_matching_init(struct tide_matching *matching,
                                      const struct tide_trace *reference,
                                      const struct tide_trace *other, struct tide_error *error);
void tide_matching_fini(struct tide_matching *matching); /* a zeroed one is fine */

#endif
