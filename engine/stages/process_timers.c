/*
 * When a process function's timers fire. Those of event time at the steps that the parser writes;
 * those of processing time too where --clock is not event, for there the steps are its clock's.
 * Where it is event nobody reads the time of day for the workers, and each looks by itself between
 * two batches: what comes of that is not the same in two runs anyway.
 */
#include "engine/base/clock.h"
#include "engine/stages/process_parts.h"

enum { LOOK_MS = 1000, NS_A_MS = 1000000 }; /* the time of day may be set while a worker sleeps */

static bool follows_wall(const struct tide_worker_process *process)
{
    return process->worker->plan->clock == TIDE_CLOCK_EVENT;
}

int64_t tide_process_clock_ms(const struct tide_worker_process *process)
{
    const struct tide_worker *worker = process->worker;
    if (follows_wall(process)) return tide_clock_wall_ms();
    const struct tide_batch *batch = worker->batch;
    uint32_t step = tide_epoch_find_row(batch->epoch, batch->step_begin, batch->step_end,
                                        worker->firing.cause_row);
    return step > batch->step_begin ? batch->epoch->steps[step - 1].fire_ms + 1 : process->clock_ms;
}

void tide_worker_process_end_batch(struct tide_worker *worker)
{
    const struct tide_batch *batch = worker->batch;
    for (uint32_t step = batch->step_end; step > batch->step_begin; step--) {
        int64_t fire_ms = batch->epoch->steps[step - 1].fire_ms;
        if (fire_ms == TIDE_WATERMARK_END) continue;
        worker->process->clock_ms = fire_ms + 1;
        return;
    }
}

/* Windows with an end - 1 up to this fire when processing time is at time_ms. */
static int64_t before(int64_t time_ms)
{
    return time_ms == INT64_MIN ? INT64_MIN : time_ms - 1;
}

/* The least that lets the first timer of a clock fire: one that was due when it was registered
 * waits for the next advance. False: none waits. */
static bool find_deadline(const struct tide_worker_process *process, enum tidemark_time time,
                          int64_t *deadline_ms)
{
    const struct tide_key_timer *first = tide_key_timers_first(&process->timers[time]);
    const int64_t reached_ms = process->reached_ms[time];
    if (!first || reached_ms == INT64_MAX) return false;
    *deadline_ms = first->due_ms > reached_ms ? first->due_ms : reached_ms + 1;
    return true;
}

uint32_t tide_worker_process_find_step(const struct tide_worker *worker, uint32_t begin,
                                       uint32_t end)
{
    const struct tide_worker_process *process = worker->process;
    const struct tide_epoch *epoch = worker->batch->epoch;
    int64_t deadline_ms;
    if (find_deadline(process, TIDEMARK_EVENT_TIME, &deadline_ms))
        end = tide_epoch_find_watermark(epoch, begin, end, deadline_ms);
    if (!follows_wall(process) && find_deadline(process, TIDEMARK_PROCESSING_TIME, &deadline_ms))
        end = tide_epoch_find_fire(epoch, begin, end, before(deadline_ms));
    return end;
}

int64_t tide_worker_process_due_ms(const struct tide_worker *worker, int64_t fire_ms)
{
    const struct tide_worker_process *process = worker->process;
    const bool is_event = follows_wall(process);
    int64_t deadline_ms;
    if (!find_deadline(process, is_event ? TIDEMARK_EVENT_TIME : TIDEMARK_PROCESSING_TIME,
                       &deadline_ms))
        return fire_ms;
    if (!is_event) deadline_ms = before(deadline_ms);
    return deadline_ms < fire_ms ? deadline_ms : fire_ms;
}

void tide_worker_process_begin_step(struct tide_worker *worker)
{
    worker->process->advance++;
}

/* Calls on_timer for the first timer of a clock, which is due. */
static enum tide_progress call_timer(struct tide_worker_process *process, enum tidemark_time time)
{
    const struct tide_key_timer *timer = tide_key_timers_first(&process->timers[time]);
    struct tide_process_record *record = (struct tide_process_record *)timer->owner;
    const struct tidemark_timer fired = {.time_ms = timer->time_ms, .time = time};
    process->call = (struct tide_process_call){
        .is_touched = true,
        .is_looked_up = true,
        .record = record,
        .time = time,
        .time_ms = timer->time_ms,
        .due_ms = timer->due_ms,
    };
    process->context.key = tide_key_record_key(&record->head);
    process->context.key_bytes = record->head.key_bytes;
    process->context.watermark_ms = process->worker->firing.watermark_ms;
    tide_key_timers_remove(&process->timers[time], &record->head, timer->time_ms);
    return tide_process_end_call(
        process, process->plugin->function->on_timer(process->self, &fired, &process->context));
}

/* Those of one clock up to a time. */
static enum tide_progress fire_until(struct tide_worker_process *process, enum tidemark_time time,
                                     int64_t until_ms)
{
    enum tide_progress progress = tide_process_send_lines(process);
    while (progress == TIDE_DONE) {
        const struct tide_key_timer *first = tide_key_timers_first(&process->timers[time]);
        if (!first || first->due_ms > until_ms) break;
        progress = call_timer(process, time);
    }
    if (progress == TIDE_DONE && until_ms > process->reached_ms[time])
        process->reached_ms[time] = until_ms;
    return progress;
}

/* A step moves one of the clocks. The end of the input is no processing time. */
enum tide_progress tide_worker_process_fire(struct tide_worker *worker)
{
    const struct tide_firing *firing = &worker->firing;
    if (firing->phase != TIDE_PHASE_ARRIVAL)
        return fire_until(worker->process, TIDEMARK_EVENT_TIME, firing->watermark_ms);
    return fire_until(worker->process, TIDEMARK_PROCESSING_TIME, firing->fire_ms + 1);
}

/* --- the time of day --- */

bool tide_worker_process_is_wall_due(const struct tide_worker *worker)
{
    const struct tide_worker_process *process = worker->process;
    const struct tide_key_timer *first =
        tide_key_timers_first(&process->timers[TIDEMARK_PROCESSING_TIME]);
    if (process->call.is_touched) return true;
    return first && follows_wall(process) && first->due_ms <= tide_clock_wall_ms();
}

enum tide_progress tide_worker_process_fire_wall(struct tide_worker *worker)
{
    struct tide_worker_process *process = worker->process;
    /* Behind all that has come: rows below complete_row are done. */
    worker->firing = (struct tide_firing){
        .cause_row = worker->complete_row > 0 ? worker->complete_row - 1 : 0,
        .watermark_ms = worker->watermark.least_ms,
        .before_ms = worker->watermark.least_ms,
        .phase = TIDE_PHASE_WINDOW,
    };
    process->advance++;
    return fire_until(process, TIDEMARK_PROCESSING_TIME, tide_clock_wall_ms());
}

int64_t tide_worker_process_wake_at_ns(const struct tide_worker *worker)
{
    const struct tide_key_timer *first =
        tide_key_timers_first(&worker->process->timers[TIDEMARK_PROCESSING_TIME]);
    if (!first || !follows_wall(worker->process) || worker->has_ended) return TIDE_CLOCK_NEVER;
    int64_t left_ms = 0, now_ms = tide_clock_wall_ms();
    if (first->due_ms > now_ms && __builtin_sub_overflow(first->due_ms, now_ms, &left_ms))
        left_ms = LOOK_MS;
    return tide_clock_ns() + (left_ms < LOOK_MS ? left_ms : LOOK_MS) * NS_A_MS;
}
