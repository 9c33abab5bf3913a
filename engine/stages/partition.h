/*
 * partition: the stage that reads the records of one of several inputs and sends them on as
 *            parcels: what needs no other input is done here, many inputs at a time.
 * Owns:     records, classifier, and the parcel being filled.
 * Threads:  its own; counts may be read when it has ended.
 * Blocks:   never; a step ends where there is nothing to take or no room.
 * Errors:   latched: a header that lacks a column, memory.
 * Limits:   as plan.h.
 *
 * Which row comes when, and with it the watermark, is decided by the parser, which takes the
 * parcels of all partitions.
 */
#ifndef TIDE_STAGES_PARTITION_H
#define TIDE_STAGES_PARTITION_H

#include "engine/flow/parcel.h"
#include "engine/stages/classify.h"
#include "engine/stages/stage.h"
#include "engine/text/hash.h"

struct tide_partition {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_hash_seed seed;
    struct tide_decoder decoder;
    struct tide_records records;
    struct tide_columns columns;
    struct tide_classifier classifier;
    struct tide_link *out;
    struct tide_parcel *parcel; /* being filled; NULL: none */
    bool awaits_header, has_ended;
    bool places_refused, places_late; /* the outputs that want a row's place are asked for */
    bool places_all; /* any row may be late: idle inputs do not hold the watermark back */

    int64_t time_max_ms; /* greatest event time of an accepted row */
    bool has_time;
    int64_t watermark_ms; /* rows up to here may be late: of this input alone; INT64_MAX: all */

    uint64_t row_count, parcel_count;
    uint64_t skip_count; /* records that an earlier run has taken */
};

TIDE_MUST_USE bool tide_partition_init(struct tide_partition *partition,
                                       const struct tide_plan *plan, struct tide_control *control,
                                       const struct tide_hash_seed *seed, struct tide_link *blocks,
                                       struct tide_link *out, struct tide_error *error);
/* Before the first step: goes on at a place, behind which a row of time_max_ms was the greatest;
 * TIDE_INTERLEAVE_NO_TIME: there was none. The columns have been loaded, unless it is the
 * beginning.
 */
void tide_partition_resume(struct tide_partition *partition, unsigned file,
                           const struct tide_input_place *place, int64_t time_max_ms);
void tide_partition_fini(struct tide_partition *partition); /* a zeroed one is fine */

enum tide_progress tide_partition_step(void *partition);
void tide_partition_nudge(void *partition);

#endif
