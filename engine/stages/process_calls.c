/*
 * What a process function may call from within a callback. A call that cannot do what it is asked
 * says why, and the run ends when the callback returns, whatever that returns.
 */
#include "engine/stages/process_parts.h"
#include "engine/stages/trace.h"

#include <stdarg.h>
#include <stdio.h>

enum { ROOM_FIRST = 1 << 12, LINES_FIRST = 16 };

static struct tide_worker_process *process_of(struct tidemark_context *context)
{
    return (struct tide_worker_process *)(void *)((char *)context -
                                                  offsetof(struct tide_worker_process, context));
}

static int fail(struct tide_worker_process *process, const char *format, ...) TIDE_PRINTF(2, 3);
static int fail(struct tide_worker_process *process, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(process->error.text, sizeof process->error.text, format, arguments);
    va_end(arguments);
    process->call.has_failed = process->call.is_touched = true;
    return -1;
}

/* --- state --- */

static uint64_t hash_of(const struct tide_worker_process *process, const struct tide_key *key)
{
    if (key->bytes > TIDE_KEY_INLINE_BYTES) return key->words[1];
    return tide_hash_inline(&process->worker->seed, key->words[0], key->words[1]);
}

static struct tide_process_record *find_record(struct tide_worker_process *process)
{
    struct tide_process_call *call = &process->call;
    if (call->is_looked_up) return call->record;
    const struct tide_key key = tide_process_key(process);
    call->record = tide_key_table_find(&process->keys, &key, hash_of(process, &key));
    call->is_looked_up = call->is_touched = true;
    return call->record;
}

/* The record of the key, made if need be; NULL without memory. */
static struct tide_process_record *make_record(struct tide_worker_process *process)
{
    struct tide_process_call *call = &process->call;
    if (call->record) return call->record;
    const struct tide_key key = tide_process_key(process);
    bool is_new;
    call->record = tide_key_table_put(&process->keys, &key, hash_of(process, &key), &is_new);
    call->is_looked_up = call->is_touched = call->record != NULL;
    if (!call->record) fail(process, "out of memory for the keys' states and timers");
    return call->record;
}

static void *state(struct tidemark_context *context)
{
    struct tide_worker_process *process = process_of(context);
    if (process->plugin->function->state_bytes == 0) {
        fail(process, "it asks for state and has none: state_bytes is 0");
        return NULL;
    }
    struct tide_process_record *record = make_record(process);
    if (!record) return NULL;
    if (!record->has_state) memset(record->state, 0, process->plugin->function->state_bytes);
    record->has_state = true;
    return record->state;
}

static void clear_state(struct tidemark_context *context)
{
    struct tide_process_record *record = find_record(process_of(context));
    if (record) record->has_state = false;
}

/* --- timers --- */

static int64_t processing_time(struct tidemark_context *context)
{
    return tide_process_clock_ms(process_of(context));
}

/* Counts the timers that a timer of the key sets, one after the other, without time going on. */
static bool is_endless(struct tide_worker_process *process, struct tide_process_record *record,
                       enum tidemark_time time, int64_t time_ms)
{
    const bool is_over =
        time == TIDEMARK_EVENT_TIME && process->context.watermark_ms == TIDEMARK_WATERMARK_END;
    if (process->call.due || (!is_over && time_ms > process->call.time_ms)) return false;
    if (record->advance != process->advance) record->chain = 0;
    record->advance = process->advance;
    if (++record->chain <= TIDEMARK_TIMER_CHAIN_MAX) return false;
    if (is_over)
        fail(process,
             "the input has ended, and its timers set new ones for ever: it must stop when "
             "watermark_ms is TIDEMARK_WATERMARK_END");
    else fail(process, "its timers set new ones for times that have passed, for ever");
    return true;
}

/* A row that fires something itself has seen this watermark: steps before it are no longer any of
 * its timers' business. */
static void note_reached(struct tide_worker_process *process)
{
    const struct tide_firing *firing = &process->worker->firing;
    int64_t *reached_ms = &process->reached_ms[TIDEMARK_EVENT_TIME];
    if (firing->phase == TIDE_PHASE_ROW && firing->watermark_ms > *reached_ms)
        *reached_ms = firing->watermark_ms;
}

/* A timer's own timers come behind it: so a worker's lines are in order. */
static int64_t due_of(const struct tide_process_call *call, enum tidemark_time time,
                      int64_t time_ms)
{
    bool is_behind = !call->due && call->time == time && call->due_ms > time_ms;
    return is_behind ? call->due_ms : time_ms;
}

static int register_timer(struct tidemark_context *context, enum tidemark_time time,
                          int64_t time_ms)
{
    struct tide_worker_process *process = process_of(context);
    if (!process->plugin->function->on_timer)
        return fail(process, "it registers a timer and has no on_timer");
    if ((unsigned)time >= TIDE_PROCESS_CLOCK_COUNT)
        return fail(process, "it registers a timer of clock %d", (int)time);
    struct tide_process_record *record = make_record(process);
    if (!record) return -1;
    note_reached(process);
    int64_t due_ms = due_of(&process->call, time, time_ms);
    switch (tide_key_timers_add(&process->timers[time], &record->head, time_ms, due_ms)) {
    case TIDE_TIMER_IS_THERE:
        return 0;
    case TIDE_TIMER_NO_MEMORY:
        return fail(process, "out of memory for the keys' timers");
    case TIDE_TIMER_ADDED:
        break;
    }
    record->timer_count++;
    return is_endless(process, record, time, time_ms) ? -1 : 0;
}

static int delete_timer(struct tidemark_context *context, enum tidemark_time time, int64_t time_ms)
{
    struct tide_worker_process *process = process_of(context);
    if ((unsigned)time >= TIDE_PROCESS_CLOCK_COUNT)
        return fail(process, "it deletes a timer of clock %d", (int)time);
    struct tide_process_record *record = find_record(process);
    if (record) tide_key_timers_remove(&process->timers[time], &record->head, time_ms);
    return 0;
}

/* --- lines --- */

static int check_text(struct tide_worker_process *process, const char *text, size_t bytes)
{
    if (bytes > TIDEMARK_TEXT_BYTES_MAX)
        return fail(process, "it emits a text of %zu bytes, more than the %d allowed", bytes,
                    TIDEMARK_TEXT_BYTES_MAX);
    if (memchr(text, '\n', bytes) || memchr(text, '\r', bytes) || memchr(text, '\0', bytes))
        return fail(process, "it emits a text with a line end or NUL in it");
    if (process->lines.text_bytes > TIDEMARK_LINES_BYTES_MAX)
        return fail(process, "it emits more than %d bytes in one callback",
                    TIDEMARK_LINES_BYTES_MAX);
    return 0;
}

/* Room for one more line of at most `bytes`; NULL without memory. */
static char *make_room(struct tide_process_lines *lines, size_t bytes)
{
    if (lines->count == lines->capacity) {
        unsigned capacity = lines->capacity ? lines->capacity * 2 : LINES_FIRST;
        struct tide_process_line *items = tide_realloc(lines->items, capacity * sizeof *items);
        if (!items) return NULL;
        lines->items = items;
        lines->capacity = capacity;
    }
    if (lines->text_capacity - lines->text_bytes < bytes) {
        size_t capacity = lines->text_capacity ? lines->text_capacity : ROOM_FIRST;
        while (capacity - lines->text_bytes < bytes) capacity *= 2;
        char *text = tide_realloc(lines->text, capacity);
        if (!text) return NULL;
        lines->text = text;
        lines->text_capacity = capacity;
    }
    return lines->text + lines->text_bytes;
}

static int add_line(struct tide_worker_process *process, unsigned channel, size_t bytes)
{
    struct tide_process_lines *lines = &process->lines;
    struct tide_process_call *call = &process->call;
    if (lines->count == 0) {
        call->order = tide_process_order(process);
        call->key = tide_process_key(process);
    }
    lines->items[lines->count++] = (struct tide_process_line){channel, bytes};
    lines->text_bytes += bytes;
    return 0;
}

/* What a line shows; made when the first one is emitted. */
static const struct tide_emission *emission_of(struct tide_worker_process *process)
{
    struct tide_process_call *call = &process->call;
    const struct tidemark_context *context = &process->context;
    if (call->has_emission) return &call->emission;
    call->has_emission = true;
    call->emission = (struct tide_emission){
        .channel = TIDE_CHANNEL_ALERTS,
        .window_end_ms = call->time_ms,
        .watermark_ms = context->watermark_ms,
        .key = context->key,
        .key_bytes = (uint32_t)context->key_bytes,
    };
    if (!call->due) return &call->emission;
    tide_worker_find_values(process->worker, call->due);
    call->emission.window_start_ms = call->due->start_ms;
    call->emission.window_end_ms = call->due->end_ms;
    call->emission.entry = call->due->entry;
    call->emission.values = process->worker->values;
    return &call->emission;
}

/* What it emits is in the trace whether somebody wants it or not, as alerts are. */
static int trace(struct tide_worker_process *process)
{
    const struct tide_worker *worker = process->worker;
    const struct tide_emission *emission = emission_of(process);
    if (!worker->plan->outputs[TIDE_OUTPUT_TRACE]) return 0;
    char *room =
        make_room(&process->lines, tide_trace_bytes_max(worker->plan, emission->key_bytes));
    if (!room) return fail(process, "out of memory for the trace");
    return add_line(process, TIDE_CHANNEL_TRACE, tide_worker_trace_line(worker, emission, room));
}

static int emit(struct tidemark_context *context, const char *text, size_t bytes)
{
    struct tide_worker_process *process = process_of(context);
    const struct tide_plan *plan = process->worker->plan;
    if (check_text(process, text, bytes)) return -1;
    process->call.is_touched = true;
    process->lines.alert_count++;
    if (trace(process)) return -1;
    if (!plan->outputs[TIDE_OUTPUT_ALERTS]) return 0;
    const struct tide_emission *emission = emission_of(process);
    char *room =
        make_room(&process->lines, plan->format->line_bytes_max(plan, emission->key_bytes, bytes));
    if (!room) return fail(process, "out of memory for the lines it emits");
    return add_line(process, TIDE_CHANNEL_ALERTS,
                    plan->format->line(&process->worker->formatter, emission, text, bytes, room));
}

static int emit_to(struct tidemark_context *context, unsigned side_output, const char *text,
                   size_t bytes)
{
    struct tide_worker_process *process = process_of(context);
    if (side_output >= process->plugin->side_output_count)
        return fail(process, "it emits to side output %u and has %u", side_output,
                    process->plugin->side_output_count);
    if (check_text(process, text, bytes)) return -1;
    unsigned channel = process->side_channels[side_output];
    process->call.is_touched = true;
    if (trace(process)) return -1;
    if (channel == TIDE_CHANNEL_ALERTS) return 0;
    char *room = make_room(&process->lines, bytes + 1);
    if (!room) return fail(process, "out of memory for the lines it emits");
    memcpy(room, text, bytes);
    room[bytes] = '\n';
    return add_line(process, channel, bytes + 1);
}

static int count(struct tidemark_context *context, unsigned counter, uint64_t more)
{
    struct tide_worker_process *process = process_of(context);
    if (counter >= process->plugin->counter_count)
        return fail(process, "it counts with counter %u and has %u", counter,
                    process->plugin->counter_count);
    process->counters[counter] += more;
    return 0;
}

const struct tidemark_calls tide_process_calls = {
    .state = state,
    .clear_state = clear_state,
    .processing_time = processing_time,
    .register_timer = register_timer,
    .delete_timer = delete_timer,
    .emit = emit,
    .emit_to = emit_to,
    .count = count,
};
