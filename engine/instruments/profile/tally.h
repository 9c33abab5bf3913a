/*
 * tally: what was counted of the rows of one input.
 * Owns:     the table of keys.
 * Threads:  one.
 * Blocks:   never; allocates for new keys.
 * Errors:   as key_counts.h.
 * Limits:   as its parts.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_TALLY_H
#define TIDE_INSTRUMENTS_PROFILE_TALLY_H

#include "engine/instruments/profile/disorder.h"
#include "engine/instruments/profile/forms.h"
#include "engine/instruments/profile/jumps.h"
#include "engine/instruments/profile/key_counts.h"
#include "engine/instruments/profile/lateness.h"

enum { TIDE_REASONS_MAX = 12, TIDE_NA_TEXTS_MAX = 20 };

/* Why rows were refused: the first line of each reason. */
struct tide_reason {
    const char *text; /* as --rejects prints it */
    bool is_missing;  /* else malformed */
    uint64_t rows, line;
    unsigned file;
};

/* Where an amount's decimals and digits stand. */
struct tide_amount_range {
    unsigned decimals; /* greatest number of significant ones */
    unsigned digits;   /* greatest number before the decimal mark */
    uint64_t rescaled; /* rows that the plan's --decimals would refuse and another one takes */
};

struct tide_tally {
    uint64_t rows, readable, missing, malformed; /* readable: used, late or future */
    uint64_t bytes;
    unsigned reason_count;
    struct tide_reason reasons[TIDE_REASONS_MAX];

    uint64_t accepted; /* readable and not future */
    int64_t time_least_ms, time_greatest_ms;
    struct tide_lateness lateness;
    struct tide_disorder disorder;
    struct tide_jumps jumps;
    unsigned resolution; /* index into tide_resolutions_ms */

    struct tide_key_counts keys;
    struct tide_amount_range amounts;
    struct tide_forms time_forms, amount_forms, na_texts;

    unsigned files_with_bom;
    uint64_t lf_ends, crlf_ends, cr_ends; /* of records */
};

/* 1 day, 1 h, 1 min, 1 s, 1 ms: the coarsest of which all times are multiples. */
extern const int64_t tide_resolutions_ms[];
extern const char *const tide_resolution_names[];

TIDE_MUST_USE bool tide_tally_init(struct tide_tally *tally, const struct tide_plan *plan,
                                   struct tide_error *error);
void tide_tally_fini(struct tide_tally *tally); /* a zeroed one is fine */

/* Rows that the plan itself would take into windows, drop as late, and leave between windows. */
uint64_t tide_tally_used(const struct tide_tally *tally, const struct tide_plan *plan);
uint64_t tide_tally_late(const struct tide_tally *tally, const struct tide_plan *plan);
uint64_t tide_tally_gap(const struct tide_tally *tally, const struct tide_plan *plan);
uint64_t tide_tally_future(const struct tide_tally *tally);

#endif
