#include "engine/stages/worker_snapshot.h"

#include "engine/plan/side_outputs.h"

enum { DUE_FIRST = 64 };

struct tide_state_layout tide_worker_states(const struct tide_plan *plan)
{
    struct tide_state_layout layout = {0};
    for (unsigned i = 0; i < plan->listed_count; i++) layout.listed |= 1u << plan->listed[i];
    for (unsigned i = 0; plan->registry->aggregates[i]; i++) {
        /* A reload may bring rules on any aggregate, so with a config file all of them are kept. */
        bool needed = (layout.listed | plan->rules->uses) >> i & 1 || plan->config_file;
        uint32_t bytes = plan->registry->aggregates[i]->state_bytes;
        if (!needed || bytes == 0) continue;
        layout.offsets[i] = layout.stride;
        layout.stride += bytes;
        layout.stateful |= 1u << i;
    }
    return layout;
}

size_t tide_worker_bytes(const struct tide_plan *plan)
{
    size_t bytes = tide_expression_scratch_bytes() + tide_watermark_bytes(1) +
                   tide_windowing_of(plan)->bytes(tide_worker_states(plan).stride);
    if (tide_plan_keeps_history(plan)) bytes += tide_key_table_bytes(0, 0);
    if (tide_plan_watches_keys(plan)) bytes += tide_inactivity_bytes(0);
    return bytes;
}

const struct tide_windowing *tide_windowing_of(const struct tide_plan *plan)
{
    static const struct tide_windowing *const windowings[] = {
        [TIDE_WINDOW_TUMBLING] = &tide_windowing_tumbling,
        [TIDE_WINDOW_SLIDING] = &tide_windowing_sliding,
        [TIDE_WINDOW_SESSION] = &tide_windowing_session,
        [TIDE_WINDOW_COUNT] = &tide_windowing_count,
    };
    return windowings[plan->window->kind];
}

bool tide_worker_init(struct tide_worker *worker, const struct tide_plan *plan, unsigned index,
                      struct tide_control *control, struct tide_rule_board *rule_board,
                      struct tide_view_board *views, const struct tide_hash_seed *seed,
                      struct tide_link *in, struct tide_link *out, struct tide_waiter *parser,
                      struct tide_error *error)
{
    *worker = (struct tide_worker){.plan = plan,
                                   .index = index,
                                   .control = control,
                                   .rule_board = rule_board,
                                   .views = views,
                                   .in = in,
                                   .out = out,
                                   .parser = parser};
    worker->windowing = tide_windowing_of(plan);
    worker->keeps_records = tide_plan_merges(plan);
    worker->states = tide_worker_states(plan);
    tide_formatter_init(&worker->formatter, plan);
    worker->scratch = tide_expression_scratch_new();
    worker->seed = *seed;
    worker->inactive_channel = tide_side_output_channel(plan, TIDE_INACTIVE_NAME);
    const int64_t lateness_ms = tide_plan_fires_again(plan) ? plan->lateness_ms : -1;
    if (worker->scratch && tide_watermark_init(&worker->watermark, 1) &&
        worker->windowing->init(worker) &&
        (!tide_plan_keeps_history(plan) ||
         tide_history_init(&worker->history, plan->history_depth, lateness_ms)) &&
        (!tide_plan_watches_keys(plan) ||
         tide_inactivity_init(&worker->inactivity, plan->inactive_ms)))
        return tide_worker_process_open(worker, error);
    return tide_error_memory(error, "a worker");
}

void tide_worker_fini(struct tide_worker *worker)
{
    tide_worker_process_close(worker);
    if (worker->windowing) worker->windowing->fini(worker);
    tide_history_fini(&worker->history);
    tide_inactivity_fini(&worker->inactivity);
    tide_free(worker->due.items);
    worker->due = (struct tide_due_list){0};
    tide_watermark_fini(&worker->watermark);
    tide_expression_scratch_free(worker->scratch);
    worker->scratch = NULL;
}

/* The first step still to be done that lets something out which is open now; step_end if none. */
static uint32_t find_step(struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    uint32_t end = batch->step_end;
    int64_t fire_ms;
    if (worker->windowing->deadline(worker, &fire_ms))
        end = tide_epoch_find_fire(batch->epoch, worker->step_next, end, fire_ms);
    if (tide_plan_watches_keys(worker->plan)) end = tide_worker_find_inactive(worker, end);
    if (worker->process) end = tide_worker_process_find_step(worker, worker->step_next, end);
    return end;
}

/* The index of the first row, from row_next on, that comes after the step; row_count if none. */
static uint32_t rows_before(const struct tide_worker *worker, uint32_t step)
{
    const struct tide_batch *batch = worker->batch;
    if (step == batch->step_end) return batch->row_count;
    const struct tide_step *reached = &batch->epoch->steps[step];
    if (!reached->is_before) return tide_batch_find_row(batch, worker->row_next, reached->row);
    if (reached->row == 0) return worker->row_next;
    return tide_batch_find_row(batch, worker->row_next, reached->row - 1);
}

/* The index of the next row with a note; row_count if there is none. */
static uint32_t find_note(const struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    if (worker->note_next == batch->note_count) return batch->row_count;
    return batch->notes[worker->note_next].at;
}

/* Folds rows up to `end`, as far as the windowing goes. */
static bool fold_rows(struct tide_worker *worker, uint32_t end)
{
    const struct tide_batch *batch = worker->batch;
    if (end <= worker->row_next) return true;
    if (tide_plan_watches_keys(worker->plan) && !tide_worker_note_activity(worker, &end))
        return false;
    if (!worker->windowing->fold(worker, worker->row_next, &end)) return false;
    worker->row_next = end;
    if (worker->plan->is_strict) /* whatever was due at earlier steps has gone */
        worker->step_next = tide_epoch_find_row(batch->epoch, worker->step_next, batch->step_end,
                                                tide_batch_row_number(batch, end - 1));
    return true;
}

/* Takes the next row with a note; what it lets out becomes the firing. */
static bool fold_noted(struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    const struct tide_note *note = &batch->notes[worker->note_next++];
    const uint64_t row = tide_batch_row_number(batch, note->at);
    worker->firing = (struct tide_firing){.kind = TIDE_FIRING_ROW,
                                          .cause_row = row,
                                          .watermark_ms = note->watermark_ms,
                                          .before_ms = note->watermark_ms,
                                          .phase = TIDE_PHASE_ROW};
    worker->row_next = note->at + 1;
    if (worker->plan->is_strict)
        worker->step_next =
            tide_epoch_find_row(batch->epoch, worker->step_next, batch->step_end, row);
    uint32_t end = note->at + 1;
    bool folded = true;
    if (note->standing == TIDE_STANDING_AHEAD)
        folded = worker->windowing->fold(worker, note->at, &end);
    else if (note->standing == TIDE_STANDING_GONE && !tide_plan_workers_find_late(worker->plan))
        worker->firing.late = note;
    else if (note->standing != TIDE_STANDING_GAP)
        folded = worker->windowing->fold_noted(worker, note);
    if (!folded || !tide_plan_watches_keys(worker->plan)) return folded;
    return tide_worker_note_noted(worker, note, worker->firing.late != NULL);
}

static void begin_step(struct tide_worker *worker, uint32_t step)
{
    const struct tide_step *reached = &worker->batch->epoch->steps[step];
    worker->step_next = step + 1;
    worker->firing = (struct tide_firing){
        .kind = TIDE_FIRING_WINDOWS,
        .cause_row = reached->row,
        .watermark_ms = reached->watermark_ms,
        .before_ms = reached->before_ms,
        .fire_ms = reached->fire_ms,
        .phase = reached->is_before ? TIDE_PHASE_ARRIVAL : TIDE_PHASE_WINDOW,
    };
    if (worker->process) tide_worker_process_begin_step(worker);
}

/* What a row itself causes. */
static enum tide_progress fire_row(struct tide_worker *worker)
{
    return worker->firing.late ? tide_worker_emit_late(worker, worker->firing.late)
                               : tide_worker_emit_due(worker);
}

/* Lets out what the firing is for. */
static enum tide_progress fire(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    if (worker->firing.kind == TIDE_FIRING_NONE) return TIDE_DONE;
    tide_worker_set_terms(worker, rules);
    enum tide_progress progress =
        worker->firing.kind == TIDE_FIRING_ROW ? fire_row(worker) : worker->windowing->fire(worker);
    if (progress == TIDE_DONE && tide_plan_watches_keys(worker->plan))
        progress = tide_worker_fire_inactive(worker);
    if (progress == TIDE_DONE && worker->process && worker->firing.phase != TIDE_PHASE_ROW)
        progress = tide_worker_process_fire(worker);
    if (progress == TIDE_DONE) worker->firing.kind = TIDE_FIRING_NONE;
    return progress;
}

/*
 * Goes through the batch: rows up to the next step that lets something fire, then the firing, and
 * so on. Rows may open an earlier window than the one the step was chosen for; then an earlier step
 * comes first. Rows folded beyond that step do no harm: none of them can belong to a window the
 * step passes, for they would be late or have a note. Where they can do harm the plan is strict:
 * folding stops at a row that opens something due earlier. A row with a note waits for all steps
 * before it.
 */
static enum tide_progress read_batch(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_batch *batch = worker->batch;
    for (;;) {
        enum tide_progress progress = fire(worker, rules);
        if (progress != TIDE_DONE) return progress;
        uint32_t row_end = rows_before(worker, find_step(worker)), note = find_note(worker);
        if (TIDE_UNLIKELY(row_end > note)) row_end = note;
        if (!fold_rows(worker, row_end)) return TIDE_STARVED;
        if (worker->firing.kind != TIDE_FIRING_NONE) continue;
        uint32_t step = find_step(worker);
        if (TIDE_UNLIKELY(worker->row_next == note && note < batch->row_count) &&
            (step == batch->step_end ||
             !tide_step_precedes(&batch->epoch->steps[step], tide_batch_row_number(batch, note)))) {
            progress = tide_worker_tell_row(worker, &batch->notes[worker->note_next]);
            if (progress != TIDE_DONE) return progress;
            if (!fold_noted(worker)) return TIDE_STARVED;
        } else if (step < batch->step_end && rows_before(worker, step) <= worker->row_next) {
            begin_step(worker, step);
        } else if (step == batch->step_end && worker->row_next == batch->row_count) {
            return TIDE_DONE;
        }
    }
}

struct tide_key tide_worker_key(const struct tide_worker *worker, uint32_t at, uint64_t *hash)
{
    const struct tide_batch *batch = worker->batch;
    const struct tide_row *row = &batch->rows[at];
    if (!(batch->marks[at] & TIDE_MARK_LONG_KEY)) {
        *hash = tide_hash_inline(&worker->seed, row->key[0], row->key[1]);
        return (struct tide_key){{row->key[0], row->key[1]}, tide_key_inline_bytes(row->key)};
    }
    *hash = row->key[1];
    const char *text = batch->side + (row->key[0] >> 32);
    return (struct tide_key){{(uint64_t)(uintptr_t)text, row->key[1]}, (uint32_t)row->key[0]};
}

void tide_worker_fold_states(const struct tide_worker *worker, uint32_t at, char *states,
                             bool is_fresh)
{
    const struct tide_aggregate *const *aggregates = worker->plan->registry->aggregates;
    const tide_int128 amount = tide_batch_amount(worker->batch, at);
    const uint64_t row_number = tide_batch_row_number(worker->batch, at);
    const uint8_t fresh = is_fresh;
    for (uint32_t set = worker->states.stateful; set; set &= set - 1) {
        unsigned i = (unsigned)__builtin_ctz(set);
        void *state = states + worker->states.offsets[i];
        aggregates[i]->fold(&state, &amount, &fresh, &row_number, 1);
    }
}

bool tide_worker_add_due(struct tide_worker *worker, const struct tide_due *due)
{
    struct tide_due_list *list = &worker->due;
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : DUE_FIRST;
        struct tide_due *items = tide_realloc(list->items, capacity * sizeof *items);
        if (!items) return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *due;
    return true;
}

enum tide_progress tide_worker_emit_due(struct tide_worker *worker)
{
    for (; worker->firing.next < worker->due.count; worker->firing.next++) {
        enum tide_progress progress =
            tide_worker_emit(worker, &worker->due.items[worker->firing.next]);
        if (progress != TIDE_DONE) return progress;
    }
    worker->due.count = 0;
    return TIDE_DONE;
}

static void show(struct tide_worker *worker)
{
    if (!tide_view_is_asked(worker->views, worker->index + 1)) return;
    const uint64_t open_windows = worker->windowing->window_count(worker);
    struct tide_picture picture = {
        .rows = worker->counts.rows,
        .watermark_ms = worker->watermark.least_ms,
        .open_windows = open_windows == TIDE_OPEN_UNKNOWN ? 0 : (uint32_t)open_windows,
        .waiting = (uint32_t)tide_ring_count(&worker->in->forward),
        .waiting_max = worker->in->item_count,
    };
    tide_view_publish(worker->views, worker->index + 1, &picture);
}

/* Tells the sink how far this worker is; false: blocked. At the end of an epoch the sink need not
 * be woken at once, else N workers would wake it N times; it learns of it at the latest when this
 * worker goes to sleep. */
static bool report(struct tide_worker *worker)
{
    if (!worker->emission) {
        worker->emission = tide_link_take(worker->out);
        if (!worker->emission) return false;
        tide_emission_batch_reset(worker->emission);
    }
    worker->emission->is_barrier = worker->is_at_barrier;
    worker->is_at_barrier = false;
    tide_worker_send(worker, worker->report_is_urgent ? TIDE_NOW : TIDE_WHEN_HALF);
    return true;
}

/* The parser's clock goes on while the input is silent, and must know what for. */
static void say_what_is_due(struct tide_worker *worker)
{
    int64_t fire_ms;
    if (!worker->windowing->deadline(worker, &fire_ms)) fire_ms = INT64_MAX;
    if (tide_plan_watches_keys(worker->plan))
        fire_ms = tide_worker_inactive_due_ms(worker, fire_ms);
    if (worker->process) fire_ms = tide_worker_process_due_ms(worker, fire_ms);
    if (tide_control_set_due(worker->control, worker->index, fire_ms))
        tide_waiter_notify(worker->parser);
}

/* The barrier of a checkpoint: what is kept goes to the checkpointer, and work goes on. */
static void pass_barrier(struct tide_worker *worker)
{
    struct tide_snapshot *snapshot = tide_link_take(worker->snapshots);
    TIDE_ASSERT(snapshot); /* the parser has waited for the checkpoint before */
    tide_snapshot_clear(snapshot);
    tide_worker_save(worker, snapshot);
    tide_link_send(worker->snapshots, snapshot, TIDE_NOW);
    worker->is_at_barrier = true;
}

static enum tide_progress fail_memory(struct tide_worker *worker)
{
    struct tide_error error = {0};
    tide_error_memory(&error, "windows and keys");
    tide_control_fail(worker->control, &error);
    return TIDE_DONE;
}

static void finish_batch(struct tide_worker *worker)
{
    struct tide_batch *batch = worker->batch;
    uint32_t flags = batch->flags;
    struct tide_epoch *epoch = batch->epoch;
    tide_watermark_advance(&worker->watermark, 0, batch->watermark_ms);
    worker->windowing->forget(worker, batch->watermark_ms);
    worker->complete_row = batch->complete_row;
    if (worker->process) tide_worker_process_end_batch(worker);
    worker->batch = NULL;
    worker->counts.batches++;
    tide_link_give_back(worker->in, batch);
    if (flags & TIDE_BATCH_LEAVES_EPOCH && tide_epoch_leave(epoch))
        tide_waiter_notify(worker->parser);
    if (tide_plan_wakes(worker->plan)) say_what_is_due(worker);
    if (flags & TIDE_BATCH_BARRIER) pass_barrier(worker);
    if (!(flags & TIDE_BATCH_END)) return;
    worker->counts.unfired_windows = worker->windowing->window_count(worker);
    worker->counts.unfired_entries = worker->windowing->entry_count(worker);
    if (worker->counts.unfired_windows == TIDE_OPEN_UNKNOWN ||
        worker->counts.unfired_entries == TIDE_OPEN_UNKNOWN)
        fail_memory(worker);
    worker->complete_row = UINT64_MAX;
    worker->has_ended = true;
}

/* A process function's timers of the time of day, between two batches. */
static enum tide_progress fire_wall(struct tide_worker *worker)
{
    enum tide_progress progress = tide_worker_process_fire_wall(worker);
    if (progress == TIDE_STARVED) return fail_memory(worker);
    worker->report_is_due = worker->report_is_urgent = progress == TIDE_DONE;
    return progress == TIDE_DONE ? TIDE_PROGRESSED : progress;
}

int64_t tide_worker_wake_at_ns(const void *self)
{
    const struct tide_worker *worker = self;
    return worker->process ? tide_worker_process_wake_at_ns(worker) : TIDE_CLOCK_NEVER;
}

enum tide_progress tide_worker_step(void *self)
{
    struct tide_worker *worker = self;
    bool is_over = worker->has_ended && !worker->report_is_due;
    if (is_over || tide_control_has_failed(worker->control)) return TIDE_DONE;
    show(worker);
    if (worker->report_is_due) {
        if (!report(worker)) return TIDE_BLOCKED;
        worker->report_is_due = false;
        return worker->has_ended ? TIDE_DONE : TIDE_PROGRESSED;
    }
    if (!worker->batch) {
        if (worker->process && tide_worker_process_is_wall_due(worker)) return fire_wall(worker);
        worker->batch = tide_link_receive(worker->in);
        if (!worker->batch) return TIDE_STARVED;
        worker->row_next = worker->note_next = worker->active_next = 0;
        worker->step_next = worker->batch->step_begin;
        tide_rule_board_reached(worker->rule_board, worker->index,
                                worker->batch->epoch->rules_version);
    }
    uint64_t version = worker->batch->epoch->rules_version;
    enum tide_progress progress =
        read_batch(worker, tide_rule_board_get(worker->rule_board, version));
    if (progress == TIDE_STARVED) return fail_memory(worker);
    if (progress == TIDE_BLOCKED) return TIDE_BLOCKED;
    worker->report_is_urgent =
        worker->batch->flags & (TIDE_BATCH_FLUSH | TIDE_BATCH_END | TIDE_BATCH_BARRIER);
    worker->report_is_due =
        worker->report_is_urgent || worker->batch->flags & TIDE_BATCH_LEAVES_EPOCH;
    finish_batch(worker);
    return TIDE_PROGRESSED;
}

void tide_worker_nudge(void *self)
{
    struct tide_worker *worker = self;
    tide_link_nudge_producer(worker->in);
    tide_link_nudge_consumer(worker->out);
}
