/*
 * comparison: one side against the reference: what is the same, how far the order is off, and where
 *           the first difference is.
 * Owns:     the reference's trace; a comparison owns the texts of its first difference.
 * Threads:  one.
 * Blocks:   while both sides are read.
 * Errors:   as side.h; exit 2 if the sides hold results that cannot be compared.
 * Limits:   as trace.h.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_COMPARISON_H
#define TIDE_INSTRUMENTS_COMPARE_COMPARISON_H

#include "engine/instruments/compare/origin.h"
#include "engine/instruments/compare/reordering.h"
#include "engine/instruments/compare/trace.h"
#include "engine/instruments/compare/witness.h"

/* What has to be the same; each asks for all that the ones before it ask for. */
enum tide_promise {
    TIDE_PROMISE_CONTENT,   /* the multiset of results */
    TIDE_PROMISE_KEY_ORDER, /* and each key's in the same order */
    TIDE_PROMISE_BYTES,     /* every byte */
};

/* What is known of one side. */
struct tide_side_facts {
    const struct tide_side *side; /* borrowed */
    enum tide_shape_kind kind;
    uint32_t count; /* results */
    uint64_t bytes;
    struct tide_flink_tally tally;
};

enum tide_difference_kind {
    TIDE_DIFFERENCE_NONE,
    TIDE_DIFFERENCE_VALUE,   /* both have a result of this key in this window: not the same one */
    TIDE_DIFFERENCE_MISSING, /* only the reference has one */
    TIDE_DIFFERENCE_EXTRA,   /* only the other has one */
    TIDE_DIFFERENCE_ORDER,   /* all are the same; from this one on they are not in the same order */
};

struct tide_difference {
    enum tide_difference_kind kind;
    uint32_t index;       /* of the record in the reference; EXTRA: in the other; from 0 */
    uint32_t other_index; /* ORDER: of the same record in the other */
    struct tide_witness reference, other;
    bool has_other, has_origin; /* was the other's text looked for, and the rows? */
    struct tide_origin origin;
};

struct tide_comparison {
    struct tide_side_facts reference, other;
    bool is_same_bytes, is_same_multiset, are_keys_in_order;
    uint32_t common, reference_only, other_only;
    uint64_t pairs; /* of common records */
    struct tide_reordering reordering;
    uint32_t float_only; /* values that are the same as 32-bit floats only */
    bool is_kept;        /* what was promised */
    struct tide_difference difference;
};

struct tide_comparer {
    struct tide_manner manner;
    struct tide_side reference;
    struct tide_side_facts facts;
    char *header;
    struct tide_trace *trace;
    const struct tide_plan *plan; /* how the input was read, to show the rows; NULL: do not */
};

/* Reads the reference. The plan is borrowed. Call fini also after a failure. */
TIDE_MUST_USE bool tide_comparer_init(struct tide_comparer *comparer,
                                      const struct tide_manner *manner,
                                      const struct tide_side *reference,
                                      const struct tide_plan *plan, struct tide_error *error);
void tide_comparer_fini(struct tide_comparer *comparer); /* a zeroed one is fine */

/* Reads the other side and compares. If something differs, sides are read once more for the texts
 * of the first difference: of a run that may have another order, only the reference. Rows are
 * looked for if something differs that must not, or if the plan is for that. Call fini also after
 * a failure. */
TIDE_MUST_USE bool tide_comparer_compare(struct tide_comparer *comparer,
                                         struct tide_comparison *comparison,
                                         const struct tide_side *other, enum tide_promise promise,
                                         struct tide_error *error);
void tide_comparison_fini(struct tide_comparison *comparison); /* a zeroed one is fine */

#endif
