/*
 * generate: seeded transactions as CSV: the same plan gives the same bytes on every machine.
 * Owns:     a buffer, while it runs; the outputs are borrowed.
 * Threads:  one.
 * Blocks:   in writing.
 * Errors:   exit 1 for memory and for what an output says.
 * Limits:   10^12 rows, the last of them before the year 10000.
 *
 * Every row takes the same number of draws from one stream, so that a change of one share leaves
 * the others' keys, times and amounts as they were; what needs more draws (a rejection) begins a
 * stream of its own from the row's draw.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_GENERATE_H
#define TIDE_INSTRUMENTS_GENERATE_GENERATE_H

#include "engine/base/output.h"
#include "engine/instruments/generate/amounts.h"
#include "engine/instruments/generate/anomalies.h"
#include "engine/instruments/generate/keys.h"
#include "engine/instruments/generate/row_text.h"
#include "engine/instruments/generate/times.h"

struct tide_generate_plan {
    uint64_t row_count, seed;
    struct tide_keys keys;
    struct tide_times times;
    uint32_t late_share; /* of TIDE_SHARE_WHOLE; with the two mixes' not more than that */
    struct tide_damage_mix malformed, missing;
    struct tide_amounts amounts;
    struct tide_anomaly_plan anomalies;
    struct tide_row_form form;
};

/* Is the last row, or one from the future, still before the year 10000? */
bool tide_generate_fits(const struct tide_generate_plan *plan);

/* Writes the rows, and what was planted in them to `truth` (NULL: nowhere). */
TIDE_MUST_USE bool tide_generate(const struct tide_generate_plan *plan, struct tide_output *rows,
                                 struct tide_output *truth, struct tide_error *error);

#endif
