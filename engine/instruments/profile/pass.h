/*
 * pass: the one pass over the input that fills a tally.
 * Owns:     the record reader's state and scratch; the tally is the caller's.
 * Threads:  one.
 * Blocks:   never; a step ends where there is nothing to take.
 * Errors:   step: a header that lacks a column, a file without one, memory.
 * Limits:   as plan.h.
 *
 * Rows that the scanner reads at once are counted from what it has decoded, and how they are
 * written from a few bytes that tell their forms apart; the careful reading is for the others.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_PASS_H
#define TIDE_INSTRUMENTS_PROFILE_PASS_H

#include "engine/instruments/profile/tally.h"
#include "engine/stages/classify.h"

enum { TIDE_PASS_MEMO = 64 };

/* Which form a plain field of this look has; NULL: not met yet. */
struct tide_form_memo {
    uint32_t looks[TIDE_PASS_MEMO];
    struct tide_form *forms[TIDE_PASS_MEMO];
};

struct tide_pass {
    const struct tide_plan *plan;
    struct tide_tally *tally;
    bool adapts_decimals;         /* a row that another --decimals would take counts as readable */
    struct tide_plan other_scale; /* the plan with another scale of amounts */
    struct tide_decoder decoder;
    struct tide_records records;
    struct tide_columns columns;
    struct tide_classifier classifier;
    struct tide_classifier other_classifier;
    char *scratch; /* for unquoted fields */
    size_t scratch_bytes;
    bool has_no_memory; /* for the scratch: some form is lost */
    struct tide_form_memo time_memo, amount_memo;
    uint64_t amount_unit; /* 10^(scale - decimals): no amount so far was finer */
    uint64_t amount_max;  /* greatest plain amount, at the scale */
    bool awaits_header, is_first_of_file;
};

enum tide_pass_news { TIDE_PASS_WENT_ON, TIDE_PASS_STARVED, TIDE_PASS_ENDED, TIDE_PASS_FAILED };

TIDE_MUST_USE bool tide_pass_init(struct tide_pass *pass, const struct tide_plan *plan,
                                  bool adapts_decimals, struct tide_link *blocks,
                                  struct tide_tally *tally, struct tide_error *error);
void tide_pass_fini(struct tide_pass *pass); /* a zeroed one is fine */

/* Takes a chunk of records. */
enum tide_pass_news tide_pass_step(struct tide_pass *pass, struct tide_error *error);

/* Counts record i of the chunk (pass_row.c). False: no memory. */
TIDE_MUST_USE bool tide_pass_rows(struct tide_pass *pass);

/* Puts what was gathered by the way into the tally; once, at the end. */
void tide_pass_settle(struct tide_pass *pass);

#endif
