/*
 * side_text: the parser's own lines for the sink: late rows and rejected records, in input order.
 * Owns:     the emission batch being filled.
 * Threads:  one: the parser's.
 * Blocks:   never; a function that finds no room says so and is called again.
 * Errors:   TIDE_SIDE_NO_MEMORY.
 * Limits:   none of its own.
 */
#ifndef TIDE_STAGES_SIDE_TEXT_H
#define TIDE_STAGES_SIDE_TEXT_H

#include "engine/flow/emission.h"
#include "engine/flow/link.h"
#include "engine/plan/plan.h"

enum tide_side_status { TIDE_SIDE_WRITTEN, TIDE_SIDE_BLOCKED, TIDE_SIDE_NO_MEMORY };

struct tide_side_text {
    const struct tide_plan *plan;
    struct tide_link *out;
    struct tide_emission_batch *batch; /* NULL: none open */
};

struct tide_side_place {
    const char *file; /* NULL: there is only one, and the column is not there */
    uint64_t line, byte;
};

void tide_side_text_init(struct tide_side_text *side, const struct tide_plan *plan,
                         struct tide_link *out);

/* One line for --late: line,watermark_ms,record. */
enum tide_side_status tide_side_text_late(struct tide_side_text *side,
                                          const struct tide_side_place *place, int64_t watermark_ms,
                                          const char *record, size_t bytes);

/* The same line into `out`, which has room for late_bytes_max; returns its bytes. */
size_t tide_side_text_late_bytes_max(const struct tide_side_place *place, size_t record_bytes);
size_t tide_side_text_write_late(const struct tide_plan *plan, char *out,
                                 const struct tide_side_place *place, int64_t watermark_ms,
                                 const char *record, size_t bytes);

/* One line for --rejects: line,byte,reason,record; the record is cut to --max-row-bytes. */
enum tide_side_status tide_side_text_reject(struct tide_side_text *side,
                                            const struct tide_side_place *place, const char *reason,
                                            const char *record, size_t bytes);

/* Sends what there is. */
void tide_side_text_flush(struct tide_side_text *side);

/* Sends what there is, or nothing, with the word that a checkpoint is taken behind it; false: no
 * batch to be had yet. */
TIDE_MUST_USE bool tide_side_text_barrier(struct tide_side_text *side);

/* Sends the last batch, even if it is empty; false: none to be had yet. */
TIDE_MUST_USE bool tide_side_text_end(struct tide_side_text *side);

/* The header lines, with the line end. */
const char *tide_side_text_late_header(const struct tide_plan *plan);
const char *tide_side_text_reject_header(const struct tide_plan *plan);

#endif
