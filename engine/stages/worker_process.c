#include "engine/stages/process_parts.h"

#include "engine/plan/side_outputs.h"
#include "engine/stages/worker.h"

#include <stdio.h>

enum { KEY_SHOWN_BYTES = 64, LINES_BYTES_KEPT = 1 << 16 };

static uint32_t record_bytes(const struct tide_plugin *plugin)
{
    return (uint32_t)tide_aligned_bytes(16, sizeof(struct tide_process_record) +
                                                plugin->function->state_bytes);
}

size_t tide_worker_process_bytes(void)
{
    return sizeof(struct tide_worker_process) +
           TIDE_PROCESS_CLOCK_COUNT * tide_key_timers_bytes(0) + tide_key_table_bytes(0, 0);
}

size_t tide_worker_process_key_bytes(const struct tide_plugin *plugin)
{
    return record_bytes(plugin);
}

/* --- begin and end --- */

void tide_process_clean(char *text, size_t room)
{
    text[room - 1] = '\0';
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '\x7f') *text = '?';
}

static bool call_open(struct tide_worker_process *process, struct tide_error *error)
{
    const struct tide_plan *plan = process->worker->plan;
    const char *aggregates[TIDE_AGGREGATE_COUNT_MAX];
    for (unsigned i = 0; i < plan->listed_count; i++)
        aggregates[i] = plan->registry->aggregates[plan->listed[i]]->name;
    const struct tidemark_open open = {
        .subtask = process->worker->index,
        .parallelism = plan->parallelism,
        .argument_count = process->plugin->argument_count,
        .aggregate_count = plan->listed_count,
        .arguments = process->plugin->arguments,
        .aggregates = aggregates,
        .error = &process->error,
    };
    const struct tidemark_process_function *function = process->plugin->function;
    process->is_open = !function->open || function->open(&open, &process->self) == 0;
    if (process->is_open) return true;
    tide_process_clean(process->error.text, sizeof process->error.text);
    return tide_error_set(error, TIDE_EXIT_FAILED, "--process %s: open failed: %s",
                          process->plugin->path,
                          process->error.text[0] ? process->error.text : "it does not say why");
}

/* Sums and counts lie in every entry, and only their units change. */
static void plan_values(struct tide_worker_process *process)
{
    const struct tide_plan *plan = process->worker->plan;
    for (unsigned i = 0; i < plan->listed_count; i++) {
        const unsigned index = plan->listed[i];
        const enum tide_aggregate_field field = plan->registry->aggregates[index]->field;
        process->wanted[i] = (struct tide_process_value){field, index};
        process->needs_values |= field == TIDE_FIELD_NONE;
        if (field == TIDE_FIELD_SUM) process->values[i].scale = (uint8_t)plan->decimal.scale;
    }
}

/* Forgets a key that has neither state nor timers. */
static void leave(struct tide_worker_process *process, struct tide_process_record *record)
{
    if (!record->has_state && record->timer_count == 0)
        tide_key_table_remove(&process->keys, record);
}

/* A timer does not need its key any more. That of the callback under way is left at its end. */
static void let_go(void *context, struct tide_key_record *owner)
{
    struct tide_worker_process *process = context;
    struct tide_process_record *record = (struct tide_process_record *)owner;
    record->timer_count--;
    if (record != process->call.record) leave(process, record);
}

static bool init(struct tide_worker_process *process, struct tide_worker *worker)
{
    *process = (struct tide_worker_process){
        .worker = worker,
        .plugin = worker->plan->plugin,
        .reached_ms = {TIDE_WATERMARK_NONE, TIDE_WATERMARK_NONE},
        .clock_ms = TIDE_WATERMARK_NONE,
        .result = {.value_count = worker->plan->listed_count, .values = process->values},
        .context = {.calls = &tide_process_calls, .error = &process->error},
    };
    plan_values(process);
    for (unsigned i = 0; i < process->plugin->side_output_count; i++)
        process->side_channels[i] =
            tide_side_output_channel(worker->plan, process->plugin->function->side_outputs[i]);
    return tide_key_table_init(&process->keys, record_bytes(process->plugin)) &&
           tide_key_timers_init(&process->timers[TIDEMARK_EVENT_TIME], let_go, process) &&
           tide_key_timers_init(&process->timers[TIDEMARK_PROCESSING_TIME], let_go, process);
}

bool tide_worker_process_open(struct tide_worker *worker, struct tide_error *error)
{
    if (!worker->plan->plugin) return true;
    struct tide_worker_process *process = tide_alloc(sizeof *process);
    worker->process = process;
    if (!process || !init(process, worker)) return tide_error_memory(error, "a process function");
    return call_open(process, error);
}

void tide_worker_process_close(struct tide_worker *worker)
{
    struct tide_worker_process *process = worker->process;
    if (!process) return;
    if (process->is_open && process->plugin->function->close)
        process->plugin->function->close(process->self);
    for (unsigned i = 0; i < TIDE_PROCESS_CLOCK_COUNT; i++)
        tide_key_timers_fini(&process->timers[i]);
    tide_key_table_fini(&process->keys);
    tide_free(process->lines.text);
    tide_free(process->lines.items);
    tide_free(process);
    worker->process = NULL;
}

const uint64_t *tide_worker_process_counters(const struct tide_worker *worker)
{
    return worker->process->counters;
}

/* --- callbacks --- */

/* Latches what went wrong in a callback. */
static enum tide_progress report(struct tide_worker_process *process)
{
    struct tide_error error = {0};
    char key[KEY_SHOWN_BYTES + 1];
    size_t shown =
        process->context.key_bytes < KEY_SHOWN_BYTES ? process->context.key_bytes : KEY_SHOWN_BYTES;
    for (size_t i = 0; i < shown; i++)
        key[i] = process->context.key[i] ? process->context.key[i] : ',';
    key[shown] = '\0';
    tide_process_clean(key, sizeof key);
    tide_process_clean(process->error.text, sizeof process->error.text);
    tide_error_set(&error, TIDE_EXIT_FAILED, "--process %s: %s failed for key '%s': %s",
                   process->plugin->path, process->call.due ? "on_result" : "on_timer", key,
                   process->error.text[0] ? process->error.text : "it does not say why");
    tide_control_fail(process->worker->control, &error);
    return TIDE_STARVED;
}

struct tide_key tide_process_key(const struct tide_worker_process *process)
{
    const struct tide_process_call *call = &process->call;
    if (!call->due)
        return (struct tide_key){{call->record->head.key[0], call->record->head.key[1]},
                                 call->record->head.key_bytes};
    const struct tide_entry *entry = call->due->entry;
    return (struct tide_key){{entry->key[0], entry->key[1]}, entry->key_bytes};
}

struct tide_order_key tide_process_order(const struct tide_worker_process *process)
{
    const struct tide_process_call *call = &process->call;
    const struct tide_firing *firing = &process->worker->firing;
    struct tide_order_key order = {.cause_row = firing->cause_row, .phase = firing->phase};
    if (call->due) {
        order.end_ms = call->due->end_ms;
        order.first_row = call->due->entry->first_row;
    } else {
        order.end_ms = call->due_ms;
        order.phase =
            firing->phase == TIDE_PHASE_ARRIVAL ? TIDE_PHASE_ARRIVAL_PROCESS : TIDE_PHASE_PROCESS;
    }
    return order;
}

enum tide_progress tide_process_send_lines(struct tide_worker_process *process)
{
    struct tide_process_lines *lines = &process->lines;
    struct tide_process_call *call = &process->call;
    if (!call->is_touched) return TIDE_DONE;
    for (; lines->sent < lines->count; lines->sent++) {
        const struct tide_process_line *line = &lines->items[lines->sent];
        enum tide_progress progress =
            tide_worker_put(process->worker, line->channel, lines->text + lines->text_sent,
                            line->bytes, &call->order, &call->key);
        if (progress != TIDE_DONE) return progress;
        lines->text_sent += line->bytes;
    }
    if (call->record) leave(process, call->record);
    *call = (struct tide_process_call){0};
    lines->count = lines->sent = 0;
    lines->text_bytes = lines->text_sent = 0;
    if (TIDE_LIKELY(lines->text_capacity <= LINES_BYTES_KEPT)) return TIDE_DONE;
    tide_free(lines->text);
    lines->text = NULL;
    lines->text_capacity = 0;
    return TIDE_DONE;
}

enum tide_progress tide_process_end_call(struct tide_worker_process *process, int status)
{
    if (TIDE_UNLIKELY(status != 0 || process->call.has_failed)) return report(process);
    process->worker->counts.alerts += process->lines.alert_count;
    process->lines.alert_count = 0;
    return tide_process_send_lines(process);
}

/* Member by member: what lies beside does not change. */
static inline void take_values(struct tide_worker_process *process, const struct tide_due *due)
{
    const struct tide_worker *worker = process->worker;
    if (TIDE_UNLIKELY(process->needs_values)) tide_worker_find_values(process->worker, due);
    for (unsigned i = 0; i < process->result.value_count; i++) {
        struct tidemark_value *taken = &process->values[i];
        tide_int128 units = due->entry->sum;
        if (process->wanted[i].field == TIDE_FIELD_COUNT) {
            units = due->entry->count;
        } else if (process->wanted[i].field == TIDE_FIELD_NONE) {
            const struct tide_value *value = &worker->values[process->wanted[i].index];
            units = value->units;
            taken->scale = value->scale;
            taken->is_null = value->null;
        }
        taken->units_low = (uint64_t)units;
        taken->units_high = (int64_t)(units >> 64);
    }
}

enum tide_progress tide_worker_process_result(struct tide_worker *worker,
                                              const struct tide_due *due)
{
    struct tide_worker_process *process = worker->process;
    if (TIDE_UNLIKELY(worker->is_shown)) return tide_process_send_lines(process);
    const struct tide_entry *entry = due->entry;
    worker->is_shown = true;
    process->call.due = due;
    process->result.window_start_ms = due->start_ms;
    process->result.window_end_ms = due->end_ms;
    process->result.first_time_ms = entry->first_time_ms;
    take_values(process, due);
    process->context.key = tide_entry_key(entry);
    process->context.key_bytes = entry->key_bytes;
    process->context.watermark_ms = worker->firing.watermark_ms;
    int status =
        process->plugin->function->on_result(process->self, &process->result, &process->context);
    if (TIDE_LIKELY(status == 0 && !process->call.is_touched)) return TIDE_DONE;
    return tide_process_end_call(process, status);
}

static uint64_t hash_of(const struct tide_worker *worker, const struct tide_entry *entry)
{
    if (entry->key_bytes > TIDE_KEY_INLINE_BYTES) return entry->key[1];
    return tide_hash_inline(&worker->seed, entry->key[0], entry->key[1]);
}

void tide_worker_process_prefetch(const struct tide_worker *worker, const struct tide_pane *pane,
                                  uint32_t entry)
{
    enum { SLOTS_AHEAD = 16, RECORDS_AHEAD = 8 };
    const struct tide_key_table *keys = &worker->process->keys;
    if (keys->count == 0) return;
    if (entry + SLOTS_AHEAD < pane->entry_count)
        tide_key_table_prefetch(keys, hash_of(worker, &pane->entries[entry + SLOTS_AHEAD]));
    if (entry + RECORDS_AHEAD < pane->entry_count)
        tide_key_table_prefetch_record(keys,
                                       hash_of(worker, &pane->entries[entry + RECORDS_AHEAD]));
}
