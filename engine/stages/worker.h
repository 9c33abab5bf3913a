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
#include "engine/stages/sliding.h"
#include "engine/stages/stage.h"
#include "engine/stages/view.h"
#include "engine/stages/windowing.h"
#include "engine/stages/worker_process.h"
#include "engine/state/count_store.h"
#include "engine/state/history.h"
#include "engine/state/inactivity.h"
#include "engine/state/session_store.h"
#include "engine/state/window_store.h"

struct tide_worker_counts {
    uint64_t rows; /* folded into some window */
    uint64_t late, results, alerts, windows;
    uint64_t unfired_windows, unfired_entries; /* open when the input ended without firing them */
    uint64_t batches;
};

/* What goes out at once: what a row itself causes, then what a step passes. */
enum tide_firing_kind { TIDE_FIRING_NONE, TIDE_FIRING_ROW, TIDE_FIRING_WINDOWS };

struct tide_firing {
    enum tide_firing_kind kind;
    uint64_t cause_row;
    int64_t watermark_ms; /* the one that lets it out; before the row, of a row */
    int64_t before_ms;    /* the one before that */
    int64_t fire_ms;      /* of a step */
    enum tide_phase phase;
    uint32_t next;                /* of the due list, or whatever the windowing goes through */
    const struct tide_note *late; /* of a row that is late; else NULL */
};

/* One result that is due. */
struct tide_due {
    int64_t start_ms, end_ms;
    const struct tide_entry *entry;
    const void *states; /* the aggregates', beside the entry */
};

struct tide_due_list {
    struct tide_due *items;
    uint32_t count, capacity;
};

/* How one aggregate's value is had of an entry. */
struct tide_wanted {
    unsigned index; /* in the registry */
    const struct tide_aggregate *aggregate;
    uint32_t state_offset;
};

/* What is the same for all results of a firing. */
struct tide_terms {
    const struct tide_rule_set *rules;
    const struct tide_format *format;
    uint32_t always; /* channels that get a line of every result */
    bool wants_alerts, keeps_history;
    bool is_silent; /* no rule, and no line of a result */
    bool
        is_quick; /* nothing comes of an entry unless its sum lies in the bounds of the only rule */
    bool skips_quiet;   /* nothing comes of an entry for which no rule holds */
    size_t short_bytes; /* room for the lines of an entry with an inline key */
    unsigned first_count,
        all_count; /* wanted: what must be known before the rules are asked; all */
    struct tide_wanted wanted[TIDE_AGGREGATE_COUNT_MAX];
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
    struct tide_link *snapshots; /* to the checkpointer; NULL: there is none */

    struct tide_hash_seed seed;
    const struct tide_windowing *windowing;
    struct tide_window_store store;
    struct tide_pane *recent[2]; /* the panes that took the latest rows */
    struct tide_sliding sliding; /* sliding windows only */
    struct tide_session_store sessions;
    struct tide_count_store counted;
    struct tide_watermark watermark;

    struct tide_batch *batch; /* being read */
    uint32_t row_next, step_next, note_next;
    struct tide_firing firing;
    struct tide_due_list due;
    struct tide_terms terms;

    struct tide_emission_batch *emission; /* being filled */
    bool keeps_records;                   /* several workers are merged by order keys */
    uint64_t complete_row;
    struct tide_formatter formatter;
    struct tide_expression_scratch *scratch;
    struct tide_value values[TIDE_VALUE_COUNT];
    struct tide_state_layout states;
    struct tide_history history;      /* zeroed: no rule looks back */
    struct tide_history_record *past; /* of the key whose result is under way */

    struct tide_inactivity inactivity; /* zeroed without --inactive */
    enum tide_channel inactive_channel;
    uint32_t active_next; /* row of the batch whose activity is to be noted next, */
    uint64_t active_row;  /* and the number of the one noted last */

    struct tide_worker_process *process; /* NULL: the plan has none */
    bool is_shown;                       /* to it: the result that is on its way out */
    bool report_is_due, report_is_urgent, has_ended;
    bool is_at_barrier; /* the next report says so */

    struct tide_worker_counts counts;
    struct tide_worker_counts counts_before; /* by all workers of the run that is resumed: one of
                                                the crew has them */
};

/* Which aggregates need state beside the entries, and where it lies. */
struct tide_state_layout tide_worker_states(const struct tide_plan *plan);

size_t tide_worker_bytes(const struct tide_plan *plan); /* what init allocates */
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
int64_t tide_worker_wake_at_ns(const void *worker);

/* For windowings. */

/* The key of row `at` of the batch being read, and its hash. */
struct tide_key tide_worker_key(const struct tide_worker *worker, uint32_t at, uint64_t *hash);

/* Folds row `at` into the aggregates' states of its entry, whose first row it is if it is fresh. */
void tide_worker_fold_states(const struct tide_worker *worker, uint32_t at, char *states,
                             bool is_fresh);

/* Folds rows [begin, *end) of the batch into the panes of their slices, opened if need be. */
TIDE_MUST_USE bool tide_worker_fold_panes(struct tide_worker *worker, uint32_t begin,
                                          uint32_t *end);

/* The slice of a time: its window, where windows are side by side. */
struct tide_window_bounds tide_worker_slice(const struct tide_worker *worker, int64_t time_ms);

/* Adds to the due list, which a firing empties. False without memory. */
TIDE_MUST_USE bool tide_worker_add_due(struct tide_worker *worker, const struct tide_due *due);

/* Emits what is on the due list, from firing.next on; DONE: all of it, and the list is empty. */
enum tide_progress tide_worker_emit_due(struct tide_worker *worker);

/* Emission of results, in worker_emit.c. */

/* Makes the worker's terms those of these rules, for the results that follow. */
void tide_worker_set_terms(struct tide_worker *worker, const struct tide_rule_set *rules);

/* Asks the rules and prints one result; counts it. DONE: it is out; BLOCKED: nothing of it is;
 * STARVED: no memory. */
enum tide_progress tide_worker_emit(struct tide_worker *worker, const struct tide_due *due);

/* With skips_quiet: does nothing come of a result? Then it is counted, and need not be emitted. */
bool tide_worker_skip(struct tide_worker *worker, const struct tide_due *due);

/* What rules say of earlier windows, in worker_history.c, for plans that keep history: before the
 * rules are asked about a result, and when it is out. False without memory. */
TIDE_MUST_USE bool tide_worker_look_back(struct tide_worker *worker, const struct tide_due *due);
TIDE_MUST_USE bool tide_worker_remember(struct tide_worker *worker, const struct tide_due *due);
/* Puts a finished line into a channel. The key is wanted where the order asks for its bytes. DONE:
 * it is out; BLOCKED: it is not; STARVED: no memory. */
enum tide_progress tide_worker_put(struct tide_worker *worker, enum tide_channel channel,
                                   const char *line, size_t bytes,
                                   const struct tide_order_key *order, const struct tide_key *key);

/* What a late row lets out: the line for --late that lies beside the rows of the batch being read,
 * if the parser has not written it itself, and its trace. DONE: it is out; BLOCKED; STARVED: no
 * memory. */
enum tide_progress tide_worker_emit_late(struct tide_worker *worker, const struct tide_note *note);

/* Prints a line of alerts that no rule has asked for, with this text for the rule's name, into the
 * emission's channel; counts it. first_row: for the order. As tide_worker_emit. */
enum tide_progress tide_worker_emit_line(struct tide_worker *worker,
                                         const struct tide_emission *emission, const char *text,
                                         uint64_t first_row);

/* --inactive, in worker_inactive.c. */

/* Notes the activity of rows up to *end, which is lowered where a timer is set that is due before
 * all others; of the row of a note. False without memory. */
TIDE_MUST_USE bool tide_worker_note_activity(struct tide_worker *worker, uint32_t *end);
TIDE_MUST_USE bool tide_worker_note_noted(struct tide_worker *worker, const struct tide_note *note,
                                          bool is_late);

/* The first step still to be done, below `end`, that lets a timer fire; `end` if none. */
uint32_t tide_worker_find_inactive(struct tide_worker *worker, uint32_t end);

/* due_ms, or the watermark that the first timer waits for if that is less. */
int64_t tide_worker_inactive_due_ms(struct tide_worker *worker, int64_t due_ms);

/* Lets out what the firing's step passes, behind its windows. DONE, BLOCKED or STARVED. */
enum tide_progress tide_worker_fire_inactive(struct tide_worker *worker);

/* Room in a set of channels at once, in this emission or a new one, so that nothing is written
 * twice. DONE: there is; BLOCKED; STARVED: no memory. */
enum tide_progress tide_worker_reserve(struct tide_worker *worker, uint32_t channels, size_t bytes);

/* Where a line of a channel goes that has room, and that it is there, with its order key. */
static inline char *tide_worker_line(const struct tide_worker *worker, enum tide_channel channel)
{
    const struct tide_channel_text *text = &worker->emission->channels[channel];
    return text->text + text->bytes;
}

void tide_worker_append(struct tide_worker *worker, enum tide_channel channel, size_t bytes,
                        const struct tide_order_key *key);

/* What --trace and --order flink ask of workers, in worker_trace.c. */

/* Tells the sink of the row of a note, before anything comes of it: --order flink. */
enum tide_progress tide_worker_tell_row(struct tide_worker *worker, const struct tide_note *note);

/* The lines of a result, which take no more than tide_trace_bytes_max each; returns their bytes. */
size_t tide_worker_trace_result(const struct tide_worker *worker, const struct tide_due *due,
                                unsigned alert_count, char *out);

/* The line of an alert that no rule has asked for: of a result, or, where the emission has no
 * entry, of a timer; returns its bytes. */
size_t tide_worker_trace_line(const struct tide_worker *worker,
                              const struct tide_emission *emission, char *out);

/* The line of the late row of a note, and room for it; both return bytes. */
size_t tide_worker_trace_late_bytes(const struct tide_worker *worker, const struct tide_note *note);
size_t tide_worker_trace_late(const struct tide_worker *worker, const struct tide_note *note,
                              char *out);

/* Makes worker->values those of a result, for all aggregates that are listed or used by rules. */
void tide_worker_find_values(struct tide_worker *worker, const struct tide_due *due);

/* Sends the emission being filled, or an empty one if the sink has still to learn how far this
 * worker is. */
void tide_worker_send(struct tide_worker *worker, enum tide_urgency urgency);

#endif
