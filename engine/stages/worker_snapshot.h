/*
 * worker_snapshot: what a worker keeps, in a checkpoint and back from it.
 * Owns:     nothing.
 * Threads:  save: the worker's; load and settle: the main thread's, before workers run.
 * Blocks:   never; allocates as the snapshot and the state do.
 * Errors:   load and settle false: damaged, or without memory if the reader has no damage.
 * Limits:   as snapshot.h.
 */
#ifndef TIDE_STAGES_WORKER_SNAPSHOT_H
#define TIDE_STAGES_WORKER_SNAPSHOT_H

#include "engine/stages/crew.h"
#include "engine/state/pane_snapshot.h"

/* Between two batches: everything below complete_row has been folded and has fired. */
void tide_worker_save(const struct tide_worker *worker, struct tide_snapshot *snapshot);

/* What one worker has saved, to those who own its keys now. */
TIDE_MUST_USE bool tide_worker_load(const struct tide_crew *crew,
                                    struct tide_snapshot_reader *reader);

/* After all of them have been loaded: the watermark that the worker goes on from, what windows have
 * been let fire by then (fire_ms of a step there: on the event clock the watermark, on the others
 * processing time - 1), and the row. Before the first of them: INT64_MIN. */
TIDE_MUST_USE bool tide_worker_settle(struct tide_worker *worker, int64_t watermark_ms,
                                      int64_t fire_ms, uint64_t row);

/* Could these be the aggregates' states of this entry, which has been read? Else that is damage. */
TIDE_MUST_USE bool tide_worker_check_states(const struct tide_worker *worker,
                                            const struct tide_entry *entry, const char *states,
                                            struct tide_snapshot_reader *reader);

/* For windowings that keep panes: all of them. They are open when they have been loaded: which are
 * held follows from what has been let fire. */
void tide_worker_save_panes(const struct tide_worker *worker, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_worker_load_panes(const struct tide_crew *crew,
                                          struct tide_snapshot_reader *reader);

#endif
