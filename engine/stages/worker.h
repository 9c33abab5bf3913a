/*
 * worker: the stage that owns a share of the keys: folds their rows into windows, fires these,
 *           applies the rules, formats.
 * Owns:     its open windows, the batch it is reading and the emission it is filling.
 * Threads:  its own; counts may be read when it has ended.
 * Blocks:   never; firing stops where there is no room and goes on there in the next step.
 * Errors:   latched: memory.
 * Limits:   as pane.h.
 *
 * A worker believes the watermark it has been told: the least over its inputs, of which it has one
 * today.
 */
#ifndef TIDE_STAGES_WORKER_H
#define TIDE_STAGES_WORKER_H

#include "engine/flow/batch.h"
#include "engine/flow/emission.h"
#include "engine/flow/link.h"
#include "engine/flow/watermark.h"
#include "engine/plan/format.h"
#include "engine/stages/rule_board.h"
#include "engine/stages/stage.h"
#include "engine/stages/view.h"
#include "engine/state/window_store.h"

struct tide_worker_counts {
    uint64_t rows, results, alerts, windows;
    uint64_t unfired_windows, unfired_entries; /* open when the input ended without firing them */
    uint64_t batches;
};

/* On their way out: the windows of one step, or the one key and window of a row that refires. */
struct tide_firing {
    bool is_active;
    uint64_t cause_row;
    int64_t watermark_ms;
    uint32_t entry;                  /* next one of the first window; the only one of a refire */
    const struct tide_pane *refired; /* NULL: a step */
};

/* The aggregates' states beside an entry. Bit i of a set stands for aggregate i. */
struct tide_state_layout {
    uint32_t offsets[TIDE_AGGREGATE_COUNT_MAX]; /* of each aggregate within an entry's states */
    uint32_t stride;                            /* bytes of all of them */
    uint32_t stateful;                          /* those that keep state */
    uint32_t listed;                            /* those in --aggregate */
};

struct tide_worker {
    const struct tide_plan *plan;
    struct tide_control *control;
    struct tide_rule_board *rule_board;
    struct tide_view_board *views;
    struct tide_waiter *parser; /* to be woken when the last worker leaves an epoch */
    unsigned index;
    struct tide_link *in, *out;

    struct tide_window_shape window;
    struct tide_window_store store;
    struct tide_pane *recent[2]; /* the panes that took the latest rows */
    struct tide_watermark watermark;

    struct tide_batch *batch; /* being read */
    uint32_t row_next, step_next, refire_next;
    struct tide_firing firing;

    struct tide_emission_batch *emission; /* being filled */
    bool keeps_records;                   /* several workers are merged by order keys */
    uint64_t complete_row;
    struct tide_formatter formatter;
    struct tide_expression_scratch *scratch;
    struct tide_value values[TIDE_AGGREGATE_COUNT_MAX];
    struct tide_state_layout states;
    bool report_is_due, report_is_urgent, has_ended;

    struct tide_worker_counts counts;
};

/* Which aggregates need state beside the entries, and where it lies. */
struct tide_state_layout tide_worker_states(const struct tide_plan *plan);

size_t tide_worker_bytes(void); /* what init allocates */
TIDE_MUST_USE bool tide_worker_init(struct tide_worker *worker, const struct tide_plan *plan,
                                    unsigned index, struct tide_control *control,
                                    struct tide_rule_board *rule_board,
                                    struct tide_view_board *views,
                                    const struct tide_hash_seed *seed, struct tide_link *in,
                                    struct tide_link *out, struct tide_waiter *parser,
                                    struct tide_error *error);
void tide_worker_fini(struct tide_worker *worker); /* a zeroed one is fine */

enum tide_progress tide_worker_step(void *worker);
void tide_worker_nudge(void *worker);

/* The two halves of a step, in files of their own. */

/* Folds rows [begin, end) of the batch into their windows. False without memory. */
TIDE_MUST_USE bool tide_worker_fold(struct tide_worker *worker, uint32_t begin, uint32_t end);

/* Folds the row of the batch's next refire and makes that the firing. False without memory. */
TIDE_MUST_USE bool tide_worker_fold_refire(struct tide_worker *worker);

/* Closes the windows that are gone at this watermark among those kept for --allowed-lateness. */
void tide_worker_close_gone(struct tide_worker *worker, int64_t watermark_ms);

/* Lets fire what the firing's watermark passes, or the refire. DONE: all of it is out; BLOCKED: no
 * room; STARVED: no memory. */
enum tide_progress tide_worker_fire(struct tide_worker *worker, const struct tide_rule_set *rules);

/* Sends the emission being filled, or an empty one if the sink has still to learn how far this
 * worker is. */
void tide_worker_send(struct tide_worker *worker, enum tide_urgency urgency);

#endif
