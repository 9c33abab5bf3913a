/*
 * windowing: how a worker keeps windows of one kind: what it does with rows, and with steps that
 *           let windows fire.
 * Owns:     nothing; the state is the worker's.
 * Threads:  the worker's.
 * Blocks:   never; a fire that finds no room says so and is called again.
 * Errors:   false, or STARVED from fire: no memory.
 * Limits:   those of the state behind it.
 */
#ifndef TIDE_STAGES_WINDOWING_H
#define TIDE_STAGES_WINDOWING_H

#include "engine/flow/batch.h"
#include "engine/plan/plan.h"
#include "engine/stages/stage.h"

struct tide_worker;
struct tide_crew;
struct tide_snapshot;
struct tide_snapshot_reader;

struct tide_windowing {
    size_t (*bytes)(uint32_t state_stride); /* what init allocates */
    bool (*init)(struct tide_worker *worker);
    void (*fini)(struct tide_worker *worker); /* also after an init that failed */

    /* Is some window waiting for time to pass? *fire_ms: the least that lets one fire. */
    bool (*deadline)(const struct tide_worker *worker, int64_t *fire_ms);

    /* Folds rows [begin, *end) of the batch, none of which has a note. May stop early, where a row
     * has made the deadline earlier (strict plans only), or where rows have let something out: that
     * becomes the worker's firing, and *end is lowered. */
    bool (*fold)(struct tide_worker *worker, uint32_t begin, uint32_t *end);

    /* Takes the row of a note, which is the worker's firing, and adds what it lets out at once to
     * the due list, in order; or finds it late (firing.late). */
    bool (*fold_noted)(struct tide_worker *worker, const struct tide_note *note);

    /* Lets the windows out that the firing's step passes, by end and then first row. DONE: all of
     * them; BLOCKED: no room; STARVED: no memory. */
    enum tide_progress (*fire)(struct tide_worker *worker);

    /* Forgets what is gone for good at this watermark among what is kept for
     * --allowed-lateness. */
    void (*forget)(struct tide_worker *worker, int64_t watermark_ms);

    /* For checkpoints: everything that is not derived from something else is put into the snapshot.
     */
    void (*save)(const struct tide_worker *worker, struct tide_snapshot *snapshot);

    /* Takes what one worker has saved, and gives each key to the worker of the crew that owns it
     * now. False: damaged, or without memory. */
    bool (*load)(const struct tide_crew *crew, struct tide_snapshot_reader *reader);

    /* After the last load: restores order and what is derived. False without memory. */
    bool (*settle)(struct tide_worker *worker);

    /* What is open: windows, and results they would give; TIDE_OPEN_UNKNOWN without memory. */
    uint64_t (*window_count)(const struct tide_worker *worker);
    uint64_t (*entry_count)(const struct tide_worker *worker);
};

#define TIDE_OPEN_UNKNOWN UINT64_MAX

extern const struct tide_windowing tide_windowing_tumbling;
extern const struct tide_windowing tide_windowing_sliding;
extern const struct tide_windowing tide_windowing_session;
extern const struct tide_windowing tide_windowing_count;

/* How workers keep the windows of this plan. */
const struct tide_windowing *tide_windowing_of(const struct tide_plan *plan);

#endif
