/*
 * sink: the stage that puts the workers' emissions into the order of parallelism 1 and writes all
 *           outputs.
 * Owns:     its merge and its write buffers; the outputs are the pipeline's.
 * Threads:  its own; counts may be read when it has ended.
 * Blocks:   in write(2): a slow reader of an output slows the whole run, as it should.
 * Errors:   latched: an output cannot be written.
 * Limits:   as plan.h.
 */
#ifndef TIDE_STAGES_SINK_H
#define TIDE_STAGES_SINK_H

#include "engine/base/output.h"
#include "engine/flow/link.h"
#include "engine/flow/merge.h"
#include "engine/flow/watermark.h"
#include "engine/plan/format.h"
#include "engine/stages/replay.h"
#include "engine/stages/stage.h"
#include "engine/state/snapshot.h"

enum { TIDE_SINK_BUFFER_BYTES = 64 << 10 };

struct tide_sink {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_link *side, *workers; /* the parser's texts; one link a worker */
    unsigned worker_count;
    struct tide_output *outputs[TIDE_CHANNEL_COUNT]; /* NULL: off; shared with the pipeline */
    bool merges;                                     /* else batches go out as they come */
    struct tide_merge merge;
    bool replays; /* in the order of Flink */
    struct tide_replay replay;
    struct tide_watermark watermark;
    char *buffers[TIDE_CHANNEL_COUNT];
    size_t buffered[TIDE_CHANNEL_COUNT];
    bool has_headers;
    struct tide_link *snapshots; /* to the checkpointer; NULL: there is none */
    unsigned barrier_count;      /* links that have come to the barrier and wait for the others */
    bool side_is_at_barrier, worker_is_at_barrier[TIDE_PARALLELISM_MAX];
    bool is_resumed;     /* what the outputs hold behind the checkpoint is still to be cut off */
    unsigned open_count; /* inputs whose last batch has not come */
    uint64_t batch_count;
};

/* What init allocates for so many outputs that are on. */
size_t tide_sink_bytes(const struct tide_plan *plan, unsigned output_count);

TIDE_MUST_USE bool tide_sink_init(struct tide_sink *sink, const struct tide_plan *plan,
                                  struct tide_control *control, struct tide_link *side,
                                  struct tide_link *workers,
                                  struct tide_output *const outputs[TIDE_CHANNEL_COUNT],
                                  struct tide_error *error);
void tide_sink_fini(struct tide_sink *sink); /* a zeroed one is fine */

/* Takes what a sink has put into the snapshot of a checkpoint, behind the outputs' lengths. False:
 * damaged, or without memory. */
TIDE_MUST_USE bool tide_sink_load(struct tide_sink *sink, const struct tide_hash_seed *seed,
                                  struct tide_snapshot_reader *reader);

enum tide_progress tide_sink_step(void *sink);
void tide_sink_nudge(void *sink);

#endif
