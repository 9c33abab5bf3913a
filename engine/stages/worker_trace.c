/* What --trace and --order flink ask of workers beyond the outputs of other runs. */
#include "engine/stages/replay.h"
#include "engine/stages/trace.h"
#include "engine/stages/worker.h"

#include <string.h>

size_t tide_worker_trace_result(const struct tide_worker *worker, const struct tide_due *due,
                                unsigned alert_count, char *out)
{
    const bool has_window = worker->plan->window->kind != TIDE_WINDOW_COUNT;
    struct tide_trace trace = {.kind = "alert",
                               .key = tide_entry_key(due->entry),
                               .key_bytes = due->entry->key_bytes,
                               .window_start_ms = has_window ? &due->start_ms : NULL,
                               .window_end_ms = has_window ? &due->end_ms : NULL,
                               .first_ms = &due->entry->first_time_ms,
                               .sum = &due->entry->sum,
                               .count = &due->entry->count,
                               .before_ms = worker->firing.before_ms,
                               .watermark_ms = &worker->firing.watermark_ms};
    char *end = out;
    for (; alert_count > 0; alert_count--) end += tide_trace_print(end, worker->plan, &trace);
    trace.kind = "result";
    end += tide_trace_print(end, worker->plan, &trace);
    return (size_t)(end - out);
}

size_t tide_worker_trace_line(const struct tide_worker *worker,
                              const struct tide_emission *emission, char *out)
{
    const struct tide_entry *entry = emission->entry;
    const bool is_count = entry && worker->plan->window->kind == TIDE_WINDOW_COUNT;
    struct tide_trace trace = {.kind = "timer",
                               .key = emission->key,
                               .key_bytes = emission->key_bytes,
                               .window_end_ms = is_count ? NULL : &emission->window_end_ms,
                               .before_ms = worker->firing.before_ms,
                               .watermark_ms = &worker->firing.watermark_ms};
    if (entry) {
        trace.kind = "alert";
        trace.window_start_ms = is_count ? NULL : &emission->window_start_ms;
        trace.first_ms = &entry->first_time_ms;
        trace.sum = &entry->sum;
        trace.count = &entry->count;
    } else if (emission->has_start) { /* of --inactive: since when */
        trace.first_ms = &emission->window_start_ms;
    }
    return tide_trace_print(out, worker->plan, &trace);
}

size_t tide_worker_trace_late_bytes(const struct tide_worker *worker, const struct tide_note *note)
{
    uint64_t hash;
    return tide_trace_bytes_max(worker->plan, tide_worker_key(worker, note->at, &hash).bytes);
}

size_t tide_worker_trace_late(const struct tide_worker *worker, const struct tide_note *note,
                              char *out)
{
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, note->at, &hash);
    const tide_int128 amount = tide_batch_amount(worker->batch, note->at);
    const uint64_t one = 1;
    return tide_trace_print(out, worker->plan,
                            &(struct tide_trace){.kind = "late",
                                                 .key = tide_key_bytes(&key),
                                                 .key_bytes = key.bytes,
                                                 .first_ms = &worker->batch->rows[note->at].time_ms,
                                                 .sum = &amount,
                                                 .count = &one,
                                                 .before_ms = note->watermark_ms});
}

enum tide_progress tide_worker_tell_row(struct tide_worker *worker, const struct tide_note *note)
{
    const struct tide_plan *plan = worker->plan;
    const bool is_late = note->standing == TIDE_STANDING_GONE && !tide_plan_workers_find_late(plan);
    if (plan->order != TIDE_ORDER_FLINK || is_late) return TIDE_DONE;
    struct tide_row_told told = {.time_ms = tide_batch_window_time(worker->batch, note->at),
                                 .event_ms = worker->batch->rows[note->at].time_ms,
                                 .watermark_ms = note->watermark_ms};
    const struct tide_key key = tide_worker_key(worker, note->at, &told.hash);
    told.passed_ms = tide_plan_has_arrivals(plan) ? told.time_ms - 1 : note->watermark_ms;
    enum tide_progress progress =
        tide_worker_reserve(worker, 1u << TIDE_CHANNEL_ROWS, sizeof told + key.bytes);
    if (progress != TIDE_DONE) return progress;
    char *out = tide_worker_line(worker, TIDE_CHANNEL_ROWS);
    memcpy(out, &told, sizeof told);
    memcpy(out + sizeof told, tide_key_bytes(&key), key.bytes);
    const uint64_t row = tide_batch_row_number(worker->batch, note->at);
    const struct tide_order_key order = {row, INT64_MIN, row, TIDE_PHASE_ROW};
    tide_worker_append(worker, TIDE_CHANNEL_ROWS, sizeof told + key.bytes, &order);
    return TIDE_DONE;
}
