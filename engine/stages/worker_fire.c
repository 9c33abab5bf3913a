/*
 * Firing: every window the watermark has passed, by end; in each the keys in the order in which
 * they were first seen. That is the order of their first rows, so a worker's emissions come out
 * sorted by order key without sorting.
 */
#include "engine/stages/worker.h"

enum { PREFETCH_ENTRIES = 8 };

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

/* What is the same for all entries of a firing. */
struct terms {
    const struct tide_rule_set *rules;
    bool wants_results, wants_alerts;
    bool
        is_quick; /* nothing comes of an entry unless its sum lies in the bounds of the only rule */
    uint32_t wanted_first; /* the aggregates that must be known before the rules are asked */
    size_t short_bytes;    /* room for the lines of an entry with an inline key */
};

static struct terms make_terms(const struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_plan *plan = worker->plan;
    struct terms terms = {
        .rules = rules,
        .wants_results = plan->outputs[TIDE_OUTPUT_RESULTS] != NULL,
        .wants_alerts = plan->outputs[TIDE_OUTPUT_ALERTS] != NULL,
        .wanted_first = rules->uses,
        .short_bytes = plan->format->row_bytes_max(plan, rules, TIDE_KEY_INLINE_BYTES),
    };
    if (terms.wants_results || plan->format->alerts_always) {
        terms.wanted_first |= worker->listed;
    } else if (rules->rule_count == 1 && rules->rules[0].bounds_aggregate >= 0) {
        const struct tide_aggregate *aggregate =
            plan->registry->aggregates[rules->rules[0].bounds_aggregate];
        terms.is_quick = aggregate->field == TIDE_FIELD_SUM;
    }
    return terms;
}

/* Room in a channel for one line, in this emission or a new one. DONE: there is; BLOCKED; STARVED:
 * no memory. */
static inline enum tide_progress reserve(struct tide_worker *worker, enum tide_channel channel,
                                         size_t bytes)
{
    if (TIDE_LIKELY(worker->emission && tide_emission_has_room(worker->emission, channel, bytes)))
        return TIDE_DONE;
    for (;;) {
        if (!open_emission(worker)) return TIDE_BLOCKED;
        enum tide_room room = tide_emission_reserve(worker->emission, channel, bytes);
        if (room == TIDE_ROOM) return TIDE_DONE;
        if (room == TIDE_ROOM_NO_MEMORY) return TIDE_STARVED;
        tide_worker_send(worker, TIDE_WHEN_HALF);
    }
}

/* Room in both channels at once, so that nothing is written twice when a firing is interrupted. */
static inline enum tide_progress reserve_both(struct tide_worker *worker, const struct terms *terms,
                                              bool alerts_now, size_t bytes)
{
    for (;;) {
        enum tide_progress progress = TIDE_DONE;
        if (alerts_now) progress = reserve(worker, TIDE_CHANNEL_ALERTS, bytes);
        const struct tide_emission_batch *first = worker->emission;
        if (progress == TIDE_DONE && terms->wants_results)
            progress = reserve(worker, TIDE_CHANNEL_RESULTS, bytes);
        if (progress != TIDE_DONE || !alerts_now || worker->emission == first) return progress;
    }
}

static char *end_of(const struct tide_worker *worker, enum tide_channel channel)
{
    const struct tide_channel_text *text = &worker->emission->channels[channel];
    return text->text + text->bytes;
}

static inline void append(struct tide_worker *worker, enum tide_channel channel, size_t bytes,
                          const struct tide_pane *pane, const struct tide_entry *entry)
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

/* A value, without a call where the entry holds it. Written member by member: a struct copied as a
 * whole right after its bytes were written makes the processor wait for them. */
static inline void take_value(const struct tide_worker *worker, unsigned i,
                              const struct tide_entry *entry, const char *states,
                              struct tide_value *value)
{
    const struct tide_aggregate *aggregate = worker->plan->registry->aggregates[i];
    value->null = false;
    if (aggregate->field == TIDE_FIELD_SUM) {
        value->units = entry->sum;
        value->scale = (uint8_t)worker->plan->decimal.scale;
    } else if (aggregate->field == TIDE_FIELD_COUNT) {
        value->units = entry->count;
        value->scale = 0;
    } else {
        const void *state = aggregate->state_bytes ? states + worker->state_offsets[i] : NULL;
        *value = aggregate->value(entry, state, worker->plan->decimal.scale);
    }
}

/* The values that are listed or that some rule looks at. */
static void find_values(struct tide_worker *worker, const struct tide_pane *pane,
                        const struct tide_entry *entry, uint32_t wanted)
{
    const char *states = worker->state_stride ? tide_pane_states(pane, entry) : NULL;
    for (; wanted; wanted &= wanted - 1) {
        unsigned i = (unsigned)__builtin_ctz(wanted);
        take_value(worker, i, entry, states, &worker->values[i]);
    }
}

static uint64_t find_holding(struct tide_worker *worker, const struct tide_rule_set *rules,
                             unsigned *count)
{
    uint64_t holds = 0;
    for (unsigned i = 0; i < rules->rule_count; i++) {
        if (!tide_rule_holds(&rules->rules[i], worker->values, worker->scratch)) continue;
        holds |= 1ull << i;
        ++*count;
    }
    return holds;
}

/* The next entry, from `entry` on, whose sum lies in the bounds. */
static uint32_t skip_quiet(const struct tide_pane *pane, uint32_t entry,
                           const struct tide_rule *rule)
{
    const tide_int128 lowest = rule->lowest, highest = rule->highest;
    while (entry < pane->entry_count &&
           (pane->entries[entry].sum < lowest || pane->entries[entry].sum > highest))
        entry++;
    return entry;
}

/* One key of a window. DONE: it is out. */
static enum tide_progress fire_entry(struct tide_worker *worker, const struct terms *terms,
                                     const struct tide_pane *pane, const struct tide_entry *entry)
{
    const struct tide_format *format = worker->plan->format;
    const struct tide_rule_set *rules = terms->rules;
    unsigned alert_count = 0;
    find_values(worker, pane, entry, terms->wanted_first);
    uint64_t holds = find_holding(worker, rules, &alert_count);
    bool alerts_now = terms->wants_alerts && (holds || format->alerts_always);
    if (terms->wants_results || alerts_now) {
        size_t bytes = terms->short_bytes;
        if (entry->key_bytes > TIDE_KEY_INLINE_BYTES)
            bytes = format->row_bytes_max(worker->plan, rules, entry->key_bytes);
        enum tide_progress progress = reserve_both(worker, terms, alerts_now, bytes);
        if (progress != TIDE_DONE) return progress;
        if (alerts_now) find_values(worker, pane, entry, worker->listed & ~terms->wanted_first);
        const struct tide_emission emission = {
            .window_start_ms = pane->start_ms,
            .window_end_ms = pane->end_ms,
            .watermark_ms = worker->firing.watermark_ms,
            .entry = entry,
            .key = tide_entry_key(entry),
            .key_bytes = (uint32_t)entry->key_bytes,
            .values = worker->values,
        };
        if (alerts_now) {
            char *out = end_of(worker, TIDE_CHANNEL_ALERTS);
            append(worker, TIDE_CHANNEL_ALERTS,
                   format->alerts(&worker->formatter, &emission, rules, holds, out), pane, entry);
        }
        if (terms->wants_results) {
            char *out = end_of(worker, TIDE_CHANNEL_RESULTS);
            append(worker, TIDE_CHANNEL_RESULTS, format->result(&worker->formatter, &emission, out),
                   pane, entry);
        }
    }
    worker->counts.results++;
    worker->counts.alerts += alert_count;
    return TIDE_DONE;
}

/* The entries of a window from where the firing stands. */
static enum tide_progress fire_pane(struct tide_worker *worker, const struct terms *terms,
                                    const struct tide_pane *pane)
{
    struct tide_firing *firing = &worker->firing;
    for (; firing->entry < pane->entry_count; firing->entry++) {
        if (terms->is_quick) {
            uint32_t next = skip_quiet(pane, firing->entry, &terms->rules->rules[0]);
            worker->counts.results += next - firing->entry;
            firing->entry = next;
            if (next == pane->entry_count) break;
        }
        __builtin_prefetch(&pane->entries[firing->entry + PREFETCH_ENTRIES]);
        enum tide_progress progress =
            fire_entry(worker, terms, pane, &pane->entries[firing->entry]);
        if (progress != TIDE_DONE) return progress;
    }
    return TIDE_DONE;
}

enum tide_progress tide_worker_fire(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    struct tide_firing *firing = &worker->firing;
    const struct terms terms = make_terms(worker, rules);
    for (struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->end_ms - 1 > firing->watermark_ms) break;
        enum tide_progress progress = fire_pane(worker, &terms, pane);
        if (progress != TIDE_DONE) return progress;
        firing->entry = 0;
        worker->counts.windows++;
        worker->recent[0] = worker->recent[1] = NULL;
        tide_window_store_close_first(&worker->store);
    }
    firing->is_active = false;
    return TIDE_DONE;
}
