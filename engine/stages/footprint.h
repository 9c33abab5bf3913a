/*
 * footprint: the memory a plan's pipeline asks for, known without making it.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   counts what is asked of tide_alloc; what the allocator adds, stacks of threads, GMP's
 *           numbers and unpacking are not in it.
 */
#ifndef TIDE_STAGES_FOOTPRINT_H
#define TIDE_STAGES_FOOTPRINT_H

#include "engine/plan/plan.h"

enum tide_footprint_part {
    TIDE_FOOTPRINT_BLOCKS,    /* input that is read or unpacked */
    TIDE_FOOTPRINT_INDEX,     /* where records and fields end in a block; touched as far as used */
    TIDE_FOOTPRINT_PARCELS,   /* rows on their way from partitions to the parser */
    TIDE_FOOTPRINT_BATCHES,   /* rows on their way to the workers */
    TIDE_FOOTPRINT_EPOCHS,    /* steps of the watermark */
    TIDE_FOOTPRINT_EMISSIONS, /* order keys of lines on their way to the sink */
    TIDE_FOOTPRINT_RINGS,     /* slots */
    TIDE_FOOTPRINT_SINK,      /* merge and write buffers */
    TIDE_FOOTPRINT_STAGES,    /* the stages themselves and what watches them */
    TIDE_FOOTPRINT_PART_COUNT,
};

/* In bytes. */
struct tide_footprint {
    uint64_t at_start[TIDE_FOOTPRINT_PART_COUNT]; /* what tide_pipeline_create allocates */
    uint64_t total_at_start;
    uint64_t texts_max; /* of emissions: a batch asks for its text when it has something to carry */
    uint64_t keys_max;  /* of batches: kept for keys longer than a row holds and for wide amounts */
};

void tide_footprint_of(const struct tide_plan *plan, struct tide_footprint *footprint);

/* What the process takes besides: the program, stacks, mapped input. An upper bound but for
 * unpacking and process functions. */
uint64_t tide_footprint_apart(const struct tide_plan *plan);

/* Is all that within --memory, if it is given (exit 1)? */
TIDE_MUST_USE bool tide_footprint_fits(const struct tide_plan *plan, struct tide_error *error);

/* Limits what comes to it, once the pipeline is there. */
void tide_footprint_limit(const struct tide_plan *plan);

/* The most windows of one worker (sessions and count windows: of one key) that are open at once, by
 * the watermark; 0: no limit but the
 * input. A batch that spans more than a window can open more for as long as it is being folded. */
uint64_t tide_footprint_windows_max(const struct tide_plan *plan);

#endif
