#include "engine/stages/worker.h"

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

size_t tide_worker_bytes(void)
{
    return tide_expression_scratch_bytes() + tide_watermark_bytes(1) + tide_window_store_bytes(0);
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
    worker->window = (struct tide_window_shape){plan->window_size_ms, plan->window_offset_ms};
    worker->keeps_records = tide_plan_merges(plan);
    worker->states = tide_worker_states(plan);
    tide_formatter_init(&worker->formatter, plan);
    worker->scratch = tide_expression_scratch_new();
    if (worker->scratch && tide_watermark_init(&worker->watermark, 1) &&
        tide_window_store_init(&worker->store, worker->states.stride, seed))
        return true;
    return tide_error_memory(error, "a worker");
}

void tide_worker_fini(struct tide_worker *worker)
{
    tide_window_store_fini(&worker->store);
    tide_watermark_fini(&worker->watermark);
    tide_expression_scratch_free(worker->scratch);
    worker->scratch = NULL;
}

/* The first step still to be done whose watermark lets the earliest open window fire; step_end if
 * none. */
static uint32_t find_step(const struct tide_worker *worker)
{
    const struct tide_pane *first = tide_window_store_first(&worker->store);
    const struct tide_batch *batch = worker->batch;
    if (!first) return batch->step_end;
    return tide_epoch_find_watermark(batch->epoch, worker->step_next, batch->step_end,
                                     first->end_ms - 1);
}

/* The index of the next row that refires; row_count if there is none. */
static uint32_t find_refire(const struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    if (worker->refire_next == batch->refire_count) return batch->row_count;
    return batch->refires[worker->refire_next].at;
}

/* Is this step, if it is one, beyond the row at this index? */
static bool is_beyond(const struct tide_batch *batch, uint32_t step, uint32_t at)
{
    return step == batch->step_end ||
           batch->epoch->steps[step].row >= batch->row_base + (batch->marks[at] & TIDE_MARK_ROW);
}

/*
 * Goes through the batch: rows up to the next step that lets something fire, then the firing, and
 * so on. Rows may open an earlier window than the one the step was chosen for; then an earlier step
 * comes first. Rows folded beyond that step do no harm: none of them can belong to a window the
 * step passes, for they would be late or refire. A row that refires waits for all steps before it.
 */
static enum tide_progress read_batch(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_batch *batch = worker->batch;
    for (;;) {
        if (worker->firing.is_active) {
            enum tide_progress progress = tide_worker_fire(worker, rules);
            if (progress != TIDE_DONE) return progress;
        }
        uint32_t step = find_step(worker);
        bool is_step = step < batch->step_end;
        uint32_t row_end =
            is_step ? tide_batch_find_row(batch, worker->row_next, batch->epoch->steps[step].row)
                    : batch->row_count;
        uint32_t refire = find_refire(worker);
        if (TIDE_UNLIKELY(row_end > refire)) row_end = refire;
        if (row_end > worker->row_next && !tide_worker_fold(worker, worker->row_next, row_end))
            return TIDE_STARVED;
        worker->row_next = row_end > worker->row_next ? row_end : worker->row_next;
        step = find_step(worker);
        if (TIDE_UNLIKELY(worker->row_next == refire && refire < batch->row_count) &&
            is_beyond(batch, step, refire)) {
            if (!tide_worker_fold_refire(worker)) return TIDE_STARVED;
            continue;
        }
        if (step == batch->step_end) {
            if (worker->row_next == batch->row_count) return TIDE_DONE;
            continue;
        }
        const struct tide_step *reached = &batch->epoch->steps[step];
        worker->step_next = step + 1;
        worker->firing = (struct tide_firing){
            .is_active = true, .cause_row = reached->row, .watermark_ms = reached->watermark_ms};
    }
}

static void show(struct tide_worker *worker)
{
    if (!tide_view_is_asked(worker->views, worker->index + 1)) return;
    struct tide_picture picture = {
        .rows = worker->counts.rows,
        .watermark_ms = worker->watermark.least_ms,
        .open_windows = worker->store.open.count,
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
    tide_worker_send(worker, worker->report_is_urgent ? TIDE_NOW : TIDE_WHEN_HALF);
    return true;
}

static void finish_batch(struct tide_worker *worker)
{
    struct tide_batch *batch = worker->batch;
    uint32_t flags = batch->flags;
    struct tide_epoch *epoch = batch->epoch;
    tide_watermark_advance(&worker->watermark, 0, batch->watermark_ms);
    tide_worker_close_gone(worker, batch->watermark_ms);
    worker->complete_row = batch->complete_row;
    worker->batch = NULL;
    worker->counts.batches++;
    tide_link_give_back(worker->in, batch);
    if (flags & TIDE_BATCH_LEAVES_EPOCH && tide_epoch_leave(epoch))
        tide_waiter_notify(worker->parser);
    if (!(flags & TIDE_BATCH_END)) return;
    worker->counts.unfired_windows = worker->store.open.count;
    worker->counts.unfired_entries = tide_window_store_entry_count(&worker->store);
    worker->complete_row = UINT64_MAX;
    worker->has_ended = true;
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
        worker->batch = tide_link_receive(worker->in);
        if (!worker->batch) return TIDE_STARVED;
        worker->row_next = worker->refire_next = 0;
        worker->step_next = worker->batch->step_begin;
        tide_rule_board_reached(worker->rule_board, worker->index,
                                worker->batch->epoch->rules_version);
    }
    uint64_t version = worker->batch->epoch->rules_version;
    enum tide_progress progress =
        read_batch(worker, tide_rule_board_get(worker->rule_board, version));
    if (progress == TIDE_STARVED) {
        struct tide_error error = {0};
        tide_error_memory(&error, "the open windows");
        tide_control_fail(worker->control, &error);
        return TIDE_DONE;
    }
    if (progress == TIDE_BLOCKED) return TIDE_BLOCKED;
    worker->report_is_urgent = worker->batch->flags & (TIDE_BATCH_FLUSH | TIDE_BATCH_END);
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
