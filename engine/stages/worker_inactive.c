/*
 * --inactive: rows are noted as their keys' activity before they are folded, and never beyond a
 * step that lets a timer fire which is set by then. Folding into windows may lag behind that, since
 * it stops where windows ask for it.
 *
 * A timer fires at the first move of the watermark that reaches its deadline; one that is set in
 * the past, at the next move behind the row that has set it.
 */
#include "engine/plan/side_outputs.h"
#include "engine/stages/worker.h"

/* Notes one row. *is_first as in inactivity.h. */
static bool note_row(struct tide_worker *worker, uint32_t at, bool *is_first)
{
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, at, &hash);
    worker->active_next = at + 1;
    worker->active_row = tide_batch_row_number(worker->batch, at);
    return tide_inactivity_note(&worker->inactivity, &key, hash, worker->batch->rows[at].time_ms,
                                worker->active_row, is_first);
}

bool tide_worker_note_activity(struct tide_worker *worker, uint32_t *end)
{
    enum { AHEAD = 8 };
    const struct tide_batch *batch = worker->batch;
    bool is_first = false;
    while (worker->active_next < *end && !is_first) {
        const uint32_t ahead = worker->active_next + AHEAD;
        if (ahead < *end && !(batch->marks[ahead] & TIDE_MARK_LONG_KEY))
            tide_key_table_prefetch(&worker->inactivity.keys,
                                    tide_hash_inline(&worker->seed, batch->rows[ahead].key[0],
                                                     batch->rows[ahead].key[1]));
        if (!note_row(worker, worker->active_next, &is_first)) return false;
    }
    if (worker->active_next < *end) *end = worker->active_next;
    return true;
}

bool tide_worker_note_noted(struct tide_worker *worker, const struct tide_note *note, bool is_late)
{
    bool is_first;
    worker->active_next = note->at + 1;
    return is_late || note_row(worker, note->at, &is_first);
}

uint32_t tide_worker_find_inactive(struct tide_worker *worker, uint32_t end)
{
    const struct tide_epoch *epoch = worker->batch->epoch;
    const struct tide_inactive_key *first = tide_inactivity_first(&worker->inactivity);
    uint32_t begin = tide_epoch_find_row(epoch, worker->step_next, end, worker->active_row);
    if (!first || begin == end) return end;
    int64_t watermark_ms = tide_inactivity_deadline(&worker->inactivity, first);
    const int64_t next_ms = epoch->steps[begin].before_ms + 1; /* it moves */
    if (watermark_ms < next_ms) watermark_ms = next_ms;
    return tide_epoch_find_watermark(epoch, begin, end, watermark_ms);
}

int64_t tide_worker_inactive_due_ms(struct tide_worker *worker, int64_t due_ms)
{
    const struct tide_inactive_key *first = tide_inactivity_first(&worker->inactivity);
    if (!first || worker->plan->clock != TIDE_CLOCK_EVENT) return due_ms;
    const int64_t deadline_ms = tide_inactivity_deadline(&worker->inactivity, first);
    return deadline_ms < due_ms ? deadline_ms : due_ms;
}

/* Is the firing a step that lets timers fire which have been set? */
static bool lets_timers_fire(const struct tide_worker *worker)
{
    const struct tide_firing *firing = &worker->firing;
    return firing->kind == TIDE_FIRING_WINDOWS && firing->phase == TIDE_PHASE_WINDOW &&
           firing->watermark_ms > firing->before_ms && firing->cause_row >= worker->active_row;
}

enum tide_progress tide_worker_fire_inactive(struct tide_worker *worker)
{
    struct tide_firing *firing = &worker->firing;
    if (!lets_timers_fire(worker)) return TIDE_DONE;
    for (const struct tide_inactive_key *key;
         (key = tide_inactivity_first(&worker->inactivity)) != NULL;) {
        const int64_t deadline_ms = tide_inactivity_deadline(&worker->inactivity, key);
        if (deadline_ms > firing->watermark_ms) break;
        const struct tide_emission emission = {
            .channel = worker->inactive_channel,
            .window_start_ms = key->last_ms,
            .window_end_ms = deadline_ms,
            .has_start = true,
            .watermark_ms = firing->watermark_ms,
            .key = tide_key_record_key(&key->head),
            .key_bytes = key->head.key_bytes,
        };
        firing->phase = TIDE_PHASE_TIMER;
        enum tide_progress progress =
            tide_worker_emit_line(worker, &emission, TIDE_INACTIVE_NAME, key->row);
        firing->phase = TIDE_PHASE_WINDOW;
        if (progress != TIDE_DONE) return progress;
        tide_inactivity_forget_first(&worker->inactivity);
    }
    return TIDE_DONE;
}
