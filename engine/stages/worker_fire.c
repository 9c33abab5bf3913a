/*
 * Firing: every window the watermark has passed, by end; in each the keys in the order in which they were first seen.
 * That is the order of their first rows, so a worker's emissions come out sorted by order key without sorting.
 */
#include "engine/stages/side_text.h"
#include "engine/stages/worker.h"

void tide_worker_send(struct tide_worker *worker)
{
    struct tide_emission_batch *emission = worker->emission;
    emission->complete_row = worker->complete_row;
    emission->watermark_ms = worker->watermark.least_ms;
    emission->is_last = worker->has_ended;
    worker->emission = NULL;
    tide_link_send(worker->out, emission, TIDE_NOW);
}

static bool open_emission(struct tide_worker *worker)
{
    if (worker->emission) return true;
    worker->emission = tide_link_take(worker->out);
    if (worker->emission) tide_emission_batch_reset(worker->emission);
    return worker->emission != NULL;
}

/* Room in a channel for one line, in this emission or a new one. DONE: *out is where; BLOCKED; STARVED: no memory. */
static enum tide_progress reserve(struct tide_worker *worker, enum tide_channel channel, size_t bytes, char **out)
{
    for (;;) {
        if (!open_emission(worker)) return TIDE_BLOCKED;
        enum tide_room room = tide_emission_reserve(worker->emission, channel, bytes);
        struct tide_channel_text *text = &worker->emission->channels[channel];
        *out = text->text + text->bytes;
        if (room == TIDE_ROOM) return TIDE_DONE;
        if (room == TIDE_ROOM_NO_MEMORY) return TIDE_STARVED;
        tide_worker_send(worker);
    }
}

static void append(struct tide_worker *worker, enum tide_channel channel, size_t bytes, const struct tide_pane *pane,
                   const struct tide_entry *entry)
{
    struct tide_emission_batch *emission = worker->emission;
    emission->channels[channel].bytes += bytes;
    if (!worker->keeps_records || bytes == 0) return;
    emission->records[emission->record_count++] = (struct tide_record){
        .key = {worker->firing.cause_row, pane->end_ms, entry->first_row, TIDE_PHASE_WINDOW},
        .channel = channel,
        .bytes = (uint32_t)bytes,
    };
}

/* A value, without a call where the entry holds it. */
static inline struct tide_value value_of(const struct tide_worker *worker, unsigned i, const struct tide_entry *entry,
                                         const char *states)
{
    const struct tide_aggregate *aggregate = worker->plan->registry->aggregates[i];
    if (aggregate->field == TIDE_FIELD_SUM)
        return (struct tide_value){.units = entry->sum, .scale = (uint8_t)worker->plan->decimal.scale};
    if (aggregate->field == TIDE_FIELD_COUNT) return (struct tide_value){.units = entry->count};
    const void *state = aggregate->state_bytes ? states + worker->state_offsets[i] : NULL;
    return aggregate->value(entry, state, worker->plan->decimal.scale);
}

/* The values that are listed or that some rule looks at. */
static void find_values(struct tide_worker *worker, const struct tide_pane *pane, const struct tide_entry *entry,
                        uint32_t wanted)
{
    const char *states = worker->state_stride ? tide_pane_states(pane, entry) : NULL;
    for (; wanted; wanted &= wanted - 1) {
        unsigned i = (unsigned)__builtin_ctz(wanted);
        worker->values[i] = value_of(worker, i, entry, states);
    }
}

static uint64_t find_holding(struct tide_worker *worker, const struct tide_rule_set *rules, unsigned *count)
{
    uint64_t holds = 0;
    for (unsigned i = 0; i < rules->rule_count; i++) {
        if (!tide_rule_holds(&rules->rules[i], worker->values, worker->scratch)) continue;
        holds |= 1ull << i;
        ++*count;
    }
    return holds;
}

/* Does nothing come of an entry unless its sum lies in the only rule's bounds? Then most entries are done with after one look. */
static bool is_quick(const struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_plan *plan = worker->plan;
    if (plan->outputs[TIDE_OUTPUT_RESULTS] || plan->format->alerts_always || rules->rule_count != 1) return false;
    int aggregate = rules->rules[0].bounds_aggregate;
    return aggregate >= 0 && plan->registry->aggregates[aggregate]->field == TIDE_FIELD_SUM;
}

/* The next entry, from `entry` on, whose sum lies in the bounds. */
static uint32_t skip_quiet(const struct tide_pane *pane, uint32_t entry, const struct tide_rule *rule)
{
    const tide_int128 lowest = rule->lowest, highest = rule->highest;
    while (entry < pane->entry_count && (pane->entries[entry].sum < lowest || pane->entries[entry].sum > highest)) entry++;
    return entry;
}

/* One key of a window. DONE: it is out. Room for both channels is made sure of first, so that nothing is written twice. */
static enum tide_progress fire_entry(struct tide_worker *worker, const struct tide_rule_set *rules,
                                     const struct tide_pane *pane, const struct tide_entry *entry)
{
    const struct tide_plan *plan = worker->plan;
    const struct tide_format *format = plan->format;
    bool wants_results = plan->outputs[TIDE_OUTPUT_RESULTS] != NULL;
    bool wants_alerts = plan->outputs[TIDE_OUTPUT_ALERTS] != NULL;
    find_values(worker, pane, entry, wants_results || format->alerts_always ? rules->uses | worker->listed : rules->uses);
    unsigned alert_count = 0;
    uint64_t holds = find_holding(worker, rules, &alert_count);
    bool alerts_now = wants_alerts && (holds || format->alerts_always);
    if (alerts_now) find_values(worker, pane, entry, worker->listed & ~rules->uses);
    if (wants_results || alerts_now) {
        struct tide_emission emission = {
            .window_start_ms = pane->start_ms, .window_end_ms = pane->end_ms, .watermark_ms = worker->firing.watermark_ms,
            .entry = entry, .key = tide_entry_key(entry), .key_bytes = (uint32_t)entry->key_bytes, .values = worker->values,
        };
        size_t bytes = format->row_bytes_max(plan, rules, entry->key_bytes);
        char *alerts = NULL, *result = NULL;
        enum tide_progress progress = TIDE_DONE;
        for (struct tide_emission_batch *before = NULL; progress == TIDE_DONE && (!before || before != worker->emission);) {
            before = worker->emission; /* a new one for the second channel means asking for the first again */
            if (alerts_now) progress = reserve(worker, TIDE_CHANNEL_ALERTS, bytes, &alerts);
            if (wants_results && progress == TIDE_DONE) progress = reserve(worker, TIDE_CHANNEL_RESULTS, bytes, &result);
        }
        if (progress != TIDE_DONE) return progress;
        if (alerts_now)
            append(worker, TIDE_CHANNEL_ALERTS, format->alerts(&worker->formatter, &emission, rules, holds, alerts), pane, entry);
        if (wants_results)
            append(worker, TIDE_CHANNEL_RESULTS, format->result(&worker->formatter, &emission, result), pane, entry);
    }
    worker->counts.results++;
    worker->counts.alerts += alert_count;
    return TIDE_DONE;
}

enum tide_progress tide_worker_fire(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    struct tide_firing *firing = &worker->firing;
    const bool quick = is_quick(worker, rules);
    for (struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->end_ms - 1 > firing->watermark_ms) break;
        for (; firing->entry < pane->entry_count; firing->entry++) {
            if (quick) {
                uint32_t next = skip_quiet(pane, firing->entry, &rules->rules[0]);
                worker->counts.results += next - firing->entry;
                firing->entry = next;
                if (next == pane->entry_count) break;
            }
            enum tide_progress progress = fire_entry(worker, rules, pane, &pane->entries[firing->entry]);
            if (progress != TIDE_DONE) return progress;
        }
        firing->entry = 0;
        worker->counts.windows++;
        worker->recent[0] = worker->recent[1] = NULL;
        tide_window_store_close_first(&worker->store);
    }
    firing->is_active = false;
    return TIDE_DONE;
}
