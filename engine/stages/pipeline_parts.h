/*
 * pipeline_parts: what a pipeline is made of, for the files that set it up, run it and add it up.
 * Owns:     as pipeline.h.
 * Threads:  as pipeline.h.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_PIPELINE_PARTS_H
#define TIDE_STAGES_PIPELINE_PARTS_H

#include "engine/stages/partition.h"
#include "engine/stages/pipeline.h"

#include <pthread.h>

/* What reads all files, or one of several that are read side by side. */
struct tide_inlet {
    struct tide_reader reader;
    struct tide_block blocks[TIDE_BLOCK_COUNT];
    struct tide_link block_link;
    struct tide_partition partition; /* zeroed: the parser takes the blocks */
    struct tide_parcel *parcels;     /* its own */
};

/* One worker with the roads to and from it. */
struct tide_lane {
    struct tide_worker worker;
    struct tide_batch *batches;
    struct tide_emission_batch *emissions;
};

/* A thread: one stage, or all of them by turns. */
struct tide_runner {
    struct tide_pipeline *pipeline;
    struct tide_stage *stage;
    pthread_t thread;
};

struct tide_pipeline {
    const struct tide_plan *plan;
    struct tide_control control;
    struct tide_rule_board rule_board;
    struct tide_view_board views;
    struct tide_inlet *inlets;
    struct tide_link *parcel_links; /* the inlets', in an array for the parser; NULL: none */
    struct tide_link side_link;
    struct tide_emission_batch side_emissions[TIDE_EMISSIONS_A_LINK];
    struct tide_parser parser;
    struct tide_lane *lanes;
    struct tide_link *in_links, *out_links; /* the lanes' own, in arrays for parser and sink */
    struct tide_sink sink;

    struct tide_checkpointer checkpointer; /* zeroed without checkpoints, as the next two */
    struct tide_link *snapshot_links;      /* from the parser, the workers, the sink */
    struct tide_snapshot *snapshots;       /* one a link */

    struct tide_stage *stages; /* readers, partitions, parser, workers, sink, checkpointer */
    unsigned stage_count;
    struct tide_runner *runners;
    unsigned runner_count;
    _Atomic unsigned running_count;
    int done_fd;
    uint64_t reload_count;
};

/* How many inlets there are. */
static inline unsigned tide_pipeline_inlets(const struct tide_plan *plan)
{
    return tide_plan_partitions(plan) > 0 ? tide_plan_partitions(plan) : 1;
}

#endif
