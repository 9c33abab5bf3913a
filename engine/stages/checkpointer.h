/*
 * checkpointer: the stage that says when a checkpoint is due, gathers what all others have saved at
 *           its barrier, and writes it to disk while they go on.
 * Owns:     the snapshots while they are being written.
 * Threads:  its own; counts may be read when it has ended.
 * Blocks:   in writes and fsync, in its own thread.
 * Errors:   latched: what cannot be written ends the run; the outputs stay, to be resumed.
 * Limits:   one checkpoint at a time: the parser begins none while its snapshot is away.
 *
 * Aligned barriers in band (K. M. Chandy and L. Lamport, Distributed Snapshots, 1985, in the form
 * of Apache Flink): the parser stops between two rows, sends the barrier to every worker and to the
 * sink, and saves where it is; a worker that meets it has done everything before it and saves its
 * state; the sink waits until it has met it on every link, has written all that lies before it, and
 * saves how long the outputs are. Each copies into a snapshot of its own and goes on at once.
 */
#ifndef TIDE_STAGES_CHECKPOINTER_H
#define TIDE_STAGES_CHECKPOINTER_H

#include "engine/base/output.h"
#include "engine/flow/link.h"
#include "engine/stages/checkpoint_folder.h"
#include "engine/stages/stage.h"
#include "engine/state/snapshot.h"

struct tide_checkpointer {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_checkpoint_folder *folder;
    const struct tide_output_set *outputs;
    struct tide_waiter *parser;
    struct tide_link *links; /* from the parser, the workers in order, the sink */
    unsigned link_count;
    struct tide_snapshot *held[TIDE_PARALLELISM_MAX + 2];
    unsigned held_count;
    int64_t due_ns; /* when the next one is to be asked for; TIDE_CLOCK_NEVER: by rows */

    uint64_t count, bytes; /* written; bytes of the newest */
    int64_t busy_ns;       /* in writing */
};

/* links: of the parser, of each worker, of the sink. */
void tide_checkpointer_init(struct tide_checkpointer *checkpointer, const struct tide_plan *plan,
                            struct tide_control *control, struct tide_checkpoint_folder *folder,
                            const struct tide_output_set *outputs, struct tide_link *links,
                            struct tide_waiter *parser);

enum tide_progress tide_checkpointer_step(void *checkpointer);
void tide_checkpointer_nudge(void *checkpointer);
int64_t tide_checkpointer_wake_at_ns(const void *checkpointer);

#endif
