/*
 * Emission: a result is judged by the rules and printed, into the batch on its way to the sink.
 * Results come here in the order of parallelism 1, so a worker's emissions are sorted by order key
 * without sorting.
 */
#include "engine/stages/trace.h"
#include "engine/stages/worker.h"

void tide_worker_send(struct tide_worker *worker, enum tide_urgency urgency)
{
    struct tide_emission_batch *emission = worker->emission;
    emission->complete_row = worker->complete_row;
    emission->watermark_ms = worker->watermark.least_ms;
    emission->is_last = worker->has_ended;
    worker->emission = NULL;
    tide_link_send(worker->out, emission, urgency);
}

static bool open_emission(struct tide_worker *worker)
{
    if (worker->emission) return true;
    worker->emission = tide_link_take(worker->out);
    if (worker->emission) tide_emission_batch_reset(worker->emission);
    return worker->emission != NULL;
}

/* Appends the aggregates of a set to what is wanted. What never changes of a value is set here. */
static void want(struct tide_worker *worker, struct tide_terms *terms, uint32_t set)
{
    for (; set; set &= set - 1) {
        unsigned index = (unsigned)__builtin_ctz(set);
        const struct tide_aggregate *aggregate = worker->plan->registry->aggregates[index];
        terms->wanted[terms->all_count++] =
            (struct tide_wanted){index, aggregate, worker->states.offsets[index]};
        worker->values[index].null = false;
        worker->values[index].scale =
            aggregate->field == TIDE_FIELD_SUM ? (uint8_t)worker->plan->decimal.scale : 0;
    }
}

/* What the lines of a result take at most in one channel. */
static size_t lines_bytes_max(const struct tide_worker *worker, const struct tide_rule_set *rules,
                              size_t key_bytes)
{
    size_t bytes = worker->plan->format->row_bytes_max(worker->plan, rules, key_bytes);
    if (!worker->plan->outputs[TIDE_OUTPUT_TRACE]) return bytes;
    size_t traced = (rules->rule_count + 1) * tide_trace_bytes_max(worker->plan, key_bytes);
    return bytes > traced ? bytes : traced;
}

void tide_worker_set_terms(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_plan *plan = worker->plan;
    struct tide_terms *terms = &worker->terms;
    *terms = (struct tide_terms){
        .rules = rules,
        .format = plan->format,
        .wants_alerts = plan->outputs[TIDE_OUTPUT_ALERTS] != NULL,
        .keeps_history = tide_plan_keeps_history(plan),
        .short_bytes = lines_bytes_max(worker, rules, TIDE_KEY_INLINE_BYTES),
    };
    if (plan->outputs[TIDE_OUTPUT_RESULTS]) terms->always |= 1u << TIDE_CHANNEL_RESULTS;
    if (plan->outputs[TIDE_OUTPUT_TRACE]) terms->always |= 1u << TIDE_CHANNEL_TRACE;
    if (terms->wants_alerts && plan->format->alerts_always)
        terms->always |= 1u << TIDE_CHANNEL_ALERTS;
    terms->is_silent = !terms->always && !terms->keeps_history && rules->rule_count == 0;
    terms->skips_quiet = !terms->always && !terms->keeps_history && !worker->process;
    uint32_t first = rules->uses & ~TIDE_USES_HISTORY;
    if (terms->always) {
        first |= worker->states.listed;
    } else if (terms->skips_quiet && rules->rule_count == 1 &&
               rules->rules[0].bounds_aggregate >= 0) {
        const struct tide_aggregate *aggregate =
            plan->registry->aggregates[rules->rules[0].bounds_aggregate];
        terms->is_quick = aggregate->field == TIDE_FIELD_SUM;
    }
    want(worker, terms, first);
    terms->first_count = terms->all_count;
    want(worker, terms, worker->states.listed & ~first);
}

/* Room in a channel for one line, in this emission or a new one. DONE: there is; BLOCKED; STARVED:
 * no memory. */
static enum tide_progress reserve(struct tide_worker *worker, enum tide_channel channel,
                                  size_t bytes)
{
    for (;;) {
        if (!open_emission(worker)) return TIDE_BLOCKED;
        enum tide_room room = tide_emission_reserve(worker->emission, channel, bytes);
        if (room == TIDE_ROOM) return TIDE_DONE;
        if (room == TIDE_ROOM_NO_MEMORY) return TIDE_STARVED;
        tide_worker_send(worker, TIDE_WHEN_HALF);
    }
}

static inline bool has_room(const struct tide_worker *worker, uint32_t channels, size_t bytes)
{
    bool room = worker->emission != NULL;
    for (; room && channels; channels &= channels - 1)
        room = tide_emission_has_room(worker->emission, (unsigned)__builtin_ctz(channels), bytes);
    return room;
}

/* Room in a set of channels at once, so that nothing is written twice when a firing is interrupted.
 */
static inline enum tide_progress reserve_all(struct tide_worker *worker, uint32_t channels,
                                             size_t bytes)
{
    while (TIDE_UNLIKELY(channels && !has_room(worker, channels, bytes))) {
        for (uint32_t left = channels; left; left &= left - 1) {
            enum tide_progress progress =
                reserve(worker, (enum tide_channel)__builtin_ctz(left), bytes);
            if (progress != TIDE_DONE) return progress;
        }
    }
    return TIDE_DONE;
}

enum tide_progress tide_worker_reserve(struct tide_worker *worker, uint32_t channels, size_t bytes)
{
    return reserve_all(worker, channels, bytes);
}

static inline void append(struct tide_worker *worker, enum tide_channel channel, size_t bytes,
                          const struct tide_order_key *key)
{
    struct tide_emission_batch *emission = worker->emission;
    emission->channels[channel].bytes += bytes;
    if (!worker->keeps_records || bytes == 0) return;
    emission->records[emission->record_count++] =
        (struct tide_record){.key = *key, .channel = channel, .bytes = (uint32_t)bytes};
}

void tide_worker_append(struct tide_worker *worker, enum tide_channel channel, size_t bytes,
                        const struct tide_order_key *key)
{
    append(worker, channel, bytes, key);
}

/* Values wanted[begin, end) of an entry, without a call where the entry itself holds them. They are
 * written member by member: a struct copied as a whole right after its bytes were written makes the
 * processor wait for them. */
static inline void find_values(struct tide_worker *worker, const struct tide_terms *terms,
                               const struct tide_due *due, unsigned begin, unsigned end)
{
    for (unsigned i = begin; i < end; i++) {
        const struct tide_wanted *wanted = &terms->wanted[i];
        struct tide_value *value = &worker->values[wanted->index];
        if (wanted->aggregate->field == TIDE_FIELD_SUM) {
            value->units = due->entry->sum;
        } else if (wanted->aggregate->field == TIDE_FIELD_COUNT) {
            value->units = due->entry->count;
        } else {
            const void *state = NULL;
            if (wanted->aggregate->state_bytes)
                state = (const char *)due->states + wanted->state_offset;
            *value = wanted->aggregate->value(due->entry, state, worker->plan->decimal.scale);
        }
    }
}

static inline bool rule_holds(const struct tide_worker *worker, const struct tide_rule *rule)
{
    if (rule->bounds_aggregate < 0) return tide_rule_holds(rule, worker->values, worker->scratch);
    const struct tide_value *value = &worker->values[rule->bounds_aggregate];
    return !value->null && value->units >= rule->lowest && value->units <= rule->highest;
}

static inline uint64_t find_holding(const struct tide_worker *worker,
                                    const struct tide_rule_set *rules, unsigned *count)
{
    uint64_t holds = 0;
    for (unsigned i = 0; i < rules->rule_count; i++) {
        if (!rule_holds(worker, &rules->rules[i])) continue;
        holds |= 1ull << i;
        ++*count;
    }
    return holds;
}

enum tide_progress tide_worker_emit_line(struct tide_worker *worker,
                                         const struct tide_emission *emission, const char *text,
                                         uint64_t first_row)
{
    const struct tide_plan *plan = worker->plan;
    const enum tide_channel channel = emission->channel;
    const size_t text_bytes = strlen(text);
    const bool is_wanted = channel != TIDE_CHANNEL_ALERTS || plan->outputs[TIDE_OUTPUT_ALERTS];
    const struct tide_order_key key = {worker->firing.cause_row, emission->window_end_ms, first_row,
                                       worker->firing.phase};
    size_t bytes = plan->format->line_bytes_max(plan, emission->key_bytes, text_bytes);
    uint32_t channels = is_wanted ? 1u << channel : 0;
    if (plan->outputs[TIDE_OUTPUT_TRACE]) {
        size_t traced = tide_trace_bytes_max(plan, emission->key_bytes);
        channels |= 1u << TIDE_CHANNEL_TRACE;
        bytes = bytes > traced ? bytes : traced;
    }
    enum tide_progress progress = reserve_all(worker, channels, bytes);
    if (progress != TIDE_DONE) return progress;
    if (is_wanted)
        append(worker, channel,
               plan->format->line(&worker->formatter, emission, text, text_bytes,
                                  tide_worker_line(worker, channel)),
               &key);
    if (channels >> TIDE_CHANNEL_TRACE & 1)
        append(
            worker, TIDE_CHANNEL_TRACE,
            tide_worker_trace_line(worker, emission, tide_worker_line(worker, TIDE_CHANNEL_TRACE)),
            &key);
    worker->counts.alerts++;
    return TIDE_DONE;
}

/* The channels that get lines of a result for which these rules hold. */
static inline uint32_t find_channels(const struct tide_worker *worker, uint64_t holds)
{
    const struct tide_terms *terms = &worker->terms;
    uint32_t channels = terms->always;
    if (!holds) return channels;
    if (terms->wants_alerts && holds & terms->rules->on_alerts)
        channels |= 1u << TIDE_CHANNEL_ALERTS;
    for (unsigned i = 0; i < worker->plan->side_output_count; i++)
        if (holds & terms->rules->on_side[i]) channels |= 1u << (TIDE_CHANNEL_SIDE + i);
    return channels;
}

/* The lines of one channel, for which there is room. */
static inline void put_lines(struct tide_worker *worker, const struct tide_emission *emission,
                             uint64_t holds, const struct tide_due *due)
{
    const struct tide_terms *terms = &worker->terms;
    char *out = tide_worker_line(worker, emission->channel);
    size_t bytes;
    if (emission->channel == TIDE_CHANNEL_RESULTS) {
        bytes = terms->format->result(&worker->formatter, emission, out);
    } else if (TIDE_UNLIKELY(emission->channel == TIDE_CHANNEL_TRACE)) {
        bytes = tide_worker_trace_result(worker, due, (unsigned)__builtin_popcountll(holds), out);
    } else {
        holds &= emission->channel == TIDE_CHANNEL_ALERTS
                     ? terms->rules->on_alerts
                     : terms->rules->on_side[emission->channel - TIDE_CHANNEL_SIDE];
        bytes = terms->format->alerts(&worker->formatter, emission, terms->rules, holds, out);
    }
    append(worker, emission->channel, bytes,
           &(struct tide_order_key){worker->firing.cause_row, due->end_ms, due->entry->first_row,
                                    worker->firing.phase});
}

enum tide_progress tide_worker_put(struct tide_worker *worker, enum tide_channel channel,
                                   const char *line, size_t bytes,
                                   const struct tide_order_key *order, const struct tide_key *key)
{
    struct tide_order_key own = *order;
    const bool has_key = worker->keeps_records && tide_phase_has_key(order->phase);
    const size_t key_room = has_key ? tide_emission_key_bytes(key->bytes) : 0;
    const uint32_t channels = 1u << channel | (has_key ? 1u << TIDE_CHANNEL_KEYS : 0);
    enum tide_progress progress =
        reserve_all(worker, channels, bytes > key_room ? bytes : key_room);
    if (progress != TIDE_DONE) return progress;
    struct tide_emission_batch *emission = worker->emission;
    if (has_key)
        own.first_row =
            (uint64_t)(uintptr_t)tide_emission_keep_key(emission, tide_key_bytes(key), key->bytes);
    struct tide_channel_text *text = &emission->channels[channel];
    memcpy(text->text + text->bytes, line, bytes);
    text->bytes += bytes;
    if (worker->keeps_records)
        emission->records[emission->record_count++] =
            (struct tide_record){.key = own, .channel = channel, .bytes = (uint32_t)bytes};
    return TIDE_DONE;
}

bool tide_worker_skip(struct tide_worker *worker, const struct tide_due *due)
{
    const struct tide_terms *terms = &worker->terms;
    unsigned alert_count = 0;
    find_values(worker, terms, due, 0, terms->first_count);
    if (find_holding(worker, terms->rules, &alert_count)) return false;
    worker->counts.results++;
    return true;
}

void tide_worker_find_values(struct tide_worker *worker, const struct tide_due *due)
{
    find_values(worker, &worker->terms, due, 0, worker->terms.all_count);
}

/* The lines of a result for which these rules hold. */
static inline enum tide_progress print(struct tide_worker *worker, const struct tide_due *due,
                                       uint32_t channels, uint64_t holds)
{
    const struct tide_terms *terms = &worker->terms;
    const struct tide_entry *entry = due->entry;
    size_t bytes = terms->short_bytes;
    if (TIDE_UNLIKELY(entry->key_bytes > TIDE_KEY_INLINE_BYTES))
        bytes = lines_bytes_max(worker, terms->rules, entry->key_bytes);
    enum tide_progress progress = reserve_all(worker, channels, bytes);
    if (TIDE_UNLIKELY(progress != TIDE_DONE)) return progress;
    find_values(worker, terms, due, terms->first_count, terms->all_count);
    struct tide_emission emission = {
        .window_start_ms = due->start_ms,
        .window_end_ms = due->end_ms,
        .watermark_ms = worker->firing.watermark_ms,
        .entry = entry,
        .key = tide_entry_key(entry),
        .key_bytes = entry->key_bytes,
        .values = worker->values,
    };
    for (uint32_t left = channels; left; left &= left - 1) {
        emission.channel = (enum tide_channel)__builtin_ctz(left);
        put_lines(worker, &emission, holds, due);
    }
    return TIDE_DONE;
}

/* What rules and outputs make of a result. */
static inline enum tide_progress judge(struct tide_worker *worker, const struct tide_due *due)
{
    const struct tide_terms *terms = &worker->terms;
    unsigned alert_count = 0;
    if (terms->keeps_history && !tide_worker_look_back(worker, due)) return TIDE_STARVED;
    find_values(worker, terms, due, 0, terms->first_count);
    const uint64_t holds = find_holding(worker, terms->rules, &alert_count);
    const uint32_t channels = find_channels(worker, holds);
    if (channels) {
        enum tide_progress progress = print(worker, due, channels, holds);
        if (TIDE_UNLIKELY(progress != TIDE_DONE)) return progress;
    }
    if (terms->keeps_history && !tide_worker_remember(worker, due)) return TIDE_STARVED;
    worker->counts.alerts += alert_count;
    return TIDE_DONE;
}

enum tide_progress tide_worker_emit(struct tide_worker *worker, const struct tide_due *due)
{
    enum tide_progress progress = TIDE_DONE;
    if (worker->process) progress = tide_worker_process_result(worker, due);
    if (progress == TIDE_DONE && !worker->terms.is_silent) progress = judge(worker, due);
    if (TIDE_UNLIKELY(progress != TIDE_DONE)) return progress;
    worker->is_shown = false;
    worker->counts.results++;
    return TIDE_DONE;
}

enum tide_progress tide_worker_emit_late(struct tide_worker *worker, const struct tide_note *note)
{
    const struct tide_order_key key = {worker->firing.cause_row, 0, worker->firing.cause_row,
                                       TIDE_PHASE_ROW};
    size_t bytes = note->late_bytes;
    uint32_t channels = bytes > 0 ? 1u << TIDE_CHANNEL_LATE : 0;
    if (worker->plan->outputs[TIDE_OUTPUT_TRACE]) {
        size_t traced = tide_worker_trace_late_bytes(worker, note);
        channels |= 1u << TIDE_CHANNEL_TRACE;
        bytes = bytes > traced ? bytes : traced;
    }
    enum tide_progress progress = reserve_all(worker, channels, bytes);
    if (progress != TIDE_DONE) return progress;
    if (note->late_bytes > 0) {
        memcpy(tide_worker_line(worker, TIDE_CHANNEL_LATE), worker->batch->side + note->late_offset,
               note->late_bytes);
        append(worker, TIDE_CHANNEL_LATE, note->late_bytes, &key);
    }
    if (channels >> TIDE_CHANNEL_TRACE & 1) {
        char *out = tide_worker_line(worker, TIDE_CHANNEL_TRACE);
        append(worker, TIDE_CHANNEL_TRACE, tide_worker_trace_late(worker, note, out), &key);
    }
    worker->counts.late += tide_plan_workers_find_late(worker->plan);
    return TIDE_DONE;
}
