/*
 * worker_process: a worker's instance of the process function: its calls, state, timers and lines.
 * Owns:     the instance, the keys' states and timers, and lines on their way out.
 * Threads:  open and close: the main thread, when the worker does not run; else the worker's.
 * Blocks:   never; lines that find no room wait, and the call is made again.
 * Errors:   open: exit 1 with the plug-in's text. Later: latched, and STARVED.
 * Limits:   as tidemark_process.h.
 */
#ifndef TIDE_STAGES_WORKER_PROCESS_H
#define TIDE_STAGES_WORKER_PROCESS_H

#include "engine/plan/format.h"
#include "engine/stages/stage.h"

struct tide_crew;
struct tide_due;
struct tide_pane;
struct tide_snapshot;
struct tide_snapshot_reader;
struct tide_worker;
struct tide_worker_process;

/* What open allocates beside what the plug-in does, and what a key takes while it has state or
 * timers. */
size_t tide_worker_process_bytes(void);
size_t tide_worker_process_key_bytes(const struct tide_plugin *plugin);

/* Begins the worker's instance, if the plan has a process function. */
TIDE_MUST_USE bool tide_worker_process_open(struct tide_worker *worker, struct tide_error *error);
void tide_worker_process_close(struct tide_worker *worker); /* also where there is none */

/* Shows the function a result, unless worker->is_shown, which it sets, and sends what it emits.
 * DONE: all of it is out; BLOCKED: call it again with the same result; STARVED: it has failed. */
enum tide_progress tide_worker_process_result(struct tide_worker *worker,
                                              const struct tide_due *due);

/* Calls the state of keys behind this entry, whose results follow, into cache. */
void tide_worker_process_prefetch(const struct tide_worker *worker, const struct tide_pane *pane,
                                  uint32_t entry);

/* The first step from `begin` on, up to `end`, that some timer waits for; end if none does. */
uint32_t tide_worker_process_find_step(const struct tide_worker *worker, uint32_t begin,
                                       uint32_t end);

/* What lets the first timer fire, as the parser's clock counts; fire_ms if that is earlier. */
int64_t tide_worker_process_due_ms(const struct tide_worker *worker, int64_t fire_ms);

/* The worker has begun a step: an advance of the watermark or of processing time. */
void tide_worker_process_begin_step(struct tide_worker *worker);

/* Fires the timers that the step passes: by deadline, then key bytes. As
 * tide_worker_process_result.
 */
enum tide_progress tide_worker_process_fire(struct tide_worker *worker);

/* The batch has been read. */
void tide_worker_process_end_batch(struct tide_worker *worker);

/* Timers of the time of day, where --clock is event: nobody tells the worker of it. Are some due,
 * or lines of them still to be sent? Fires them. When the next one will be due, as a stage's
 * wake_at_ns. */
bool tide_worker_process_is_wall_due(const struct tide_worker *worker);
enum tide_progress tide_worker_process_fire_wall(struct tide_worker *worker);
int64_t tide_worker_process_wake_at_ns(const struct tide_worker *worker);

/* For checkpoints, in process_snapshot.c, where there is a process function: as the functions of
 * struct tide_windowing. A plug-in that cannot save fails the run. */
void tide_worker_process_save(const struct tide_worker *worker, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_worker_process_load(const struct tide_crew *crew,
                                            struct tide_snapshot_reader *reader);
void tide_worker_process_settle(struct tide_worker *worker);

/* The counters' values, in the plug-in's order. */
const uint64_t *tide_worker_process_counters(const struct tide_worker *worker);

#endif
