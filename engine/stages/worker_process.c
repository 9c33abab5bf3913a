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

/* What the plug-in says, in one line. */
static void clean(char *text, size_t room)
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
    clean(process->error.text, sizeof process->error.text);
    return tide_error_set(error, TIDE_EXIT_FAILED, "--process %s: open failed: %s",
                          process->plugin->path,
                          process->error.text[0] ? process->error.text : "it does not say why");
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
    for (unsigned i = 0; i < process->plugin->side_output_count; i++)
        process->side_channels[i] =
            tide_side_output_channel(worker->plan, process->plugin->function->side_outputs[i]);
    return tide_key_table_init(&process->keys, record_bytes(process->plugin)) &&
           tide_key_timers_init(&process->timers[TIDEMARK_EVENT_TIME]) &&
           tide_key_timers_init(&process->timers[TIDEMARK_PROCESSING_TIME]);
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
    clean(key, sizeof key);
    clean(process->error.text, sizeof process->error.text);
    tide_error_set(&error, TIDE_EXIT_FAILED, "--process %s: %s failed for key '%s': %s",
                   process->plugin->path, process->call.is_timer ? "on_timer" : "on_result", key,
                   process->error.text[0] ? process->error.text : "it does not say why");
    tide_control_fail(process->worker->control, &error);
    return TIDE_STARVED;
}

enum tide_progress tide_process_end_call(struct tide_worker_process *process, int status)
{
    if (TIDE_UNLIKELY(status != 0 || process->call.has_failed)) return report(process);
    process->worker->counts.alerts += process->lines.alert_count;
    process->lines.alert_count = 0;
    return TIDE_DONE;
}

/* Sends what the last callback emitted. */
enum tide_progress tide_process_send_lines(struct tide_worker_process *process)
{
    struct tide_process_lines *lines = &process->lines;
    for (; lines->sent < lines->count; lines->sent++) {
        const struct tide_process_line *line = &lines->items[lines->sent];
        enum tide_progress progress =
            tide_worker_put(process->worker, line->channel, lines->text + lines->text_sent,
                            line->bytes, &process->order, &process->call.key);
        if (progress != TIDE_DONE) return progress;
        lines->text_sent += line->bytes;
    }
    if (process->call.record) tide_process_leave_key(process);
    lines->count = lines->sent = 0;
    lines->text_bytes = lines->text_sent = 0;
    if (TIDE_LIKELY(lines->text_capacity <= LINES_BYTES_KEPT)) return TIDE_DONE;
    tide_free(lines->text);
    lines->text = NULL;
    lines->text_capacity = 0;
    return TIDE_DONE;
}

static void take_values(struct tide_worker_process *process)
{
    const struct tide_plan *plan = process->worker->plan;
    for (unsigned i = 0; i < plan->listed_count; i++) {
        const struct tide_value *value = &process->worker->values[plan->listed[i]];
        struct tidemark_value *taken = &process->values[i];
        taken->units_low = (uint64_t)value->units;
        taken->units_high = (int64_t)(value->units >> 64);
        taken->scale = value->scale;
        taken->is_null = value->null;
    }
}

enum tide_progress tide_worker_process_result(struct tide_worker *worker,
                                              const struct tide_emission *emission)
{
    struct tide_worker_process *process = worker->process;
    if (process->is_called) return tide_process_send_lines(process);
    const struct tide_entry *entry = emission->entry;
    struct tide_process_call *call = &process->call;
    call->is_timer = call->is_looked_up = false;
    call->key = (struct tide_key){{entry->key[0], entry->key[1]}, entry->key_bytes};
    call->emission = emission;
    process->result.window_start_ms = emission->window_start_ms;
    process->result.window_end_ms = emission->window_end_ms;
    process->result.first_time_ms = entry->first_time_ms;
    take_values(process);
    process->context.key = emission->key;
    process->context.key_bytes = emission->key_bytes;
    process->context.watermark_ms = worker->firing.watermark_ms;
    if (worker->firing.phase == TIDE_PHASE_ROW &&
        worker->firing.watermark_ms > process->reached_ms[TIDEMARK_EVENT_TIME])
        process->reached_ms[TIDEMARK_EVENT_TIME] = worker->firing.watermark_ms;
    process->order = (struct tide_order_key){.cause_row = worker->firing.cause_row,
                                             .end_ms = emission->window_end_ms,
                                             .first_row = entry->first_row,
                                             .phase = worker->firing.phase};
    process->is_called = true;
    int status =
        process->plugin->function->on_result(process->self, &process->result, &process->context);
    enum tide_progress progress = tide_process_end_call(process, status);
    if (progress != TIDE_DONE || (!process->call.record && process->lines.count == 0))
        return progress;
    return tide_process_send_lines(process);
}

void tide_worker_process_end_result(struct tide_worker *worker)
{
    worker->process->is_called = false;
}
