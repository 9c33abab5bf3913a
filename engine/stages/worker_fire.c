/*
 * Firing: every window the watermark has passed, by end; in each the keys in the order in which
 * they were first seen. That is the order of their first rows, so a worker's emissions come out
 * sorted by order key without sorting. A row that refires lets one key of one window out, before
 * any step of its own.
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

/* How one aggregate's value is had of an entry. */
struct wanted {
    unsigned index; /* in the registry */
    const struct tide_aggregate *aggregate;
    uint32_t state_offset;
};

/* What is the same for all entries of a firing. */
struct terms {
    const struct tide_rule_set *rules;
    const struct tide_format *format;
    bool wants_results, wants_alerts;
    bool
        is_quick; /* nothing comes of an entry unless its sum lies in the bounds of the only rule */
    size_t short_bytes; /* room for the lines of an entry with an inline key */
    unsigned first_count,
        all_count; /* wanted: what must be known before the rules are asked; all */
    struct wanted wanted[TIDE_AGGREGATE_COUNT_MAX];
};

/* Appends the aggregates of a set to what is wanted. What never changes of a value is set here. */
static void want(struct tide_worker *worker, struct terms *terms, uint32_t set)
{
    for (; set; set &= set - 1) {
        unsigned index = (unsigned)__builtin_ctz(set);
        const struct tide_aggregate *aggregate = worker->plan->registry->aggregates[index];
        terms->wanted[terms->all_count++] =
            (struct wanted){index, aggregate, worker->states.offsets[index]};
        worker->values[index].null = false;
        worker->values[index].scale =
            aggregate->field == TIDE_FIELD_SUM ? (uint8_t)worker->plan->decimal.scale : 0;
    }
}

static struct terms make_terms(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    const struct tide_plan *plan = worker->plan;
    struct terms terms = {
        .rules = rules,
        .format = plan->format,
        .wants_results = plan->outputs[TIDE_OUTPUT_RESULTS] != NULL,
        .wants_alerts = plan->outputs[TIDE_OUTPUT_ALERTS] != NULL,
        .short_bytes = plan->format->row_bytes_max(plan, rules, TIDE_KEY_INLINE_BYTES),
    };
    uint32_t first = rules->uses;
    if (terms.wants_results || plan->format->alerts_always) {
        first |= worker->states.listed;
    } else if (rules->rule_count == 1 && rules->rules[0].bounds_aggregate >= 0) {
        const struct tide_aggregate *aggregate =
            plan->registry->aggregates[rules->rules[0].bounds_aggregate];
        terms.is_quick = aggregate->field == TIDE_FIELD_SUM;
    }
    want(worker, &terms, first);
    terms.first_count = terms.all_count;
    want(worker, &terms, worker->states.listed & ~first);
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
        .key = {worker->firing.cause_row, pane->end_ms, entry->first_row,
                worker->firing.refired ? TIDE_PHASE_ROW : TIDE_PHASE_WINDOW},
        .channel = channel,
        .bytes = (uint32_t)bytes,
    };
}

/* Values wanted[begin, end) of an entry, without a call where the entry itself holds them. They are
 * written member by member: a struct copied as a whole right after its bytes were written makes the
 * processor wait for them. */
static inline void find_values(struct tide_worker *worker, const struct terms *terms,
                               const struct tide_pane *pane, const struct tide_entry *entry,
                               unsigned begin, unsigned end)
{
    for (unsigned i = begin; i < end; i++) {
        const struct wanted *wanted = &terms->wanted[i];
        struct tide_value *value = &worker->values[wanted->index];
        if (wanted->aggregate->field == TIDE_FIELD_SUM) {
            value->units = entry->sum;
        } else if (wanted->aggregate->field == TIDE_FIELD_COUNT) {
            value->units = entry->count;
        } else {
            const void *state = NULL;
            if (wanted->aggregate->state_bytes)
                state = tide_pane_states(pane, entry) + wanted->state_offset;
            *value = wanted->aggregate->value(entry, state, worker->plan->decimal.scale);
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

/* One key of a window; emission: what is the same for all of them. DONE: it is out. */
static inline enum tide_progress fire_entry(struct tide_worker *worker, const struct terms *terms,
                                            const struct tide_pane *pane,
                                            const struct tide_entry *entry,
                                            struct tide_emission *emission)
{
    const struct tide_format *format = terms->format;
    unsigned alert_count = 0;
    find_values(worker, terms, pane, entry, 0, terms->first_count);
    uint64_t holds = find_holding(worker, terms->rules, &alert_count);
    bool alerts_now = terms->wants_alerts && (holds || format->alerts_always);
    if (terms->wants_results || alerts_now) {
        size_t bytes = terms->short_bytes;
        if (TIDE_UNLIKELY(entry->key_bytes > TIDE_KEY_INLINE_BYTES))
            bytes = format->row_bytes_max(worker->plan, terms->rules, entry->key_bytes);
        enum tide_progress progress = reserve_both(worker, terms, alerts_now, bytes);
        if (TIDE_UNLIKELY(progress != TIDE_DONE)) return progress;
        emission->entry = entry;
        emission->key = tide_entry_key(entry);
        emission->key_bytes = (uint32_t)entry->key_bytes;
        if (alerts_now) {
            find_values(worker, terms, pane, entry, terms->first_count, terms->all_count);
            char *out = end_of(worker, TIDE_CHANNEL_ALERTS);
            append(worker, TIDE_CHANNEL_ALERTS,
                   format->alerts(&worker->formatter, emission, terms->rules, holds, out), pane,
                   entry);
        }
        if (terms->wants_results) {
            char *out = end_of(worker, TIDE_CHANNEL_RESULTS);
            append(worker, TIDE_CHANNEL_RESULTS, format->result(&worker->formatter, emission, out),
                   pane, entry);
        }
    }
    worker->counts.results++;
    worker->counts.alerts += alert_count;
    return TIDE_DONE;
}

static struct tide_emission begin_emission(const struct tide_worker *worker,
                                           const struct tide_pane *pane)
{
    return (struct tide_emission){
        .window_start_ms = pane->start_ms,
        .window_end_ms = pane->end_ms,
        .watermark_ms = worker->firing.watermark_ms,
        .values = worker->values,
    };
}

/* The entries of a window from where the firing stands. */
static enum tide_progress fire_pane(struct tide_worker *worker, const struct terms *terms,
                                    const struct tide_pane *pane)
{
    struct tide_firing *firing = &worker->firing;
    struct tide_emission emission = begin_emission(worker, pane);
    for (; firing->entry < pane->entry_count; firing->entry++) {
        if (terms->is_quick) {
            uint32_t next = skip_quiet(pane, firing->entry, &terms->rules->rules[0]);
            worker->counts.results += next - firing->entry;
            firing->entry = next;
            if (next == pane->entry_count) break;
        }
        __builtin_prefetch(&pane->entries[firing->entry + PREFETCH_ENTRIES]);
        enum tide_progress progress =
            fire_entry(worker, terms, pane, &pane->entries[firing->entry], &emission);
        if (progress != TIDE_DONE) return progress;
    }
    return TIDE_DONE;
}

static enum tide_progress fire_again(struct tide_worker *worker, const struct terms *terms)
{
    const struct tide_pane *pane = worker->firing.refired;
    struct tide_emission emission = begin_emission(worker, pane);
    return fire_entry(worker, terms, pane, &pane->entries[worker->firing.entry], &emission);
}

/* The window that has just fired is closed, or kept for the rows that may still come. */
static bool retire_first(struct tide_worker *worker)
{
    const struct tide_pane *pane = tide_window_store_first(&worker->store);
    if (!tide_plan_is_gone(worker->plan, pane->end_ms, worker->firing.watermark_ms))
        return tide_window_store_hold_first(&worker->store);
    worker->recent[0] = worker->recent[1] = NULL;
    tide_window_store_close_first(&worker->store);
    return true;
}

void tide_worker_close_gone(struct tide_worker *worker, int64_t watermark_ms)
{
    for (const struct tide_pane *pane;
         (pane = tide_window_store_first_held(&worker->store)) != NULL;) {
        if (!tide_plan_is_gone(worker->plan, pane->end_ms, watermark_ms)) break;
        worker->recent[0] = worker->recent[1] = NULL;
        tide_window_store_close_first_held(&worker->store);
    }
}

enum tide_progress tide_worker_fire(struct tide_worker *worker, const struct tide_rule_set *rules)
{
    struct tide_firing *firing = &worker->firing;
    const struct terms terms = make_terms(worker, rules);
    if (firing->refired) {
        enum tide_progress progress = fire_again(worker, &terms);
        firing->is_active = progress != TIDE_DONE;
        return progress;
    }
    for (struct tide_pane *pane; (pane = tide_window_store_first(&worker->store)) != NULL;) {
        if (pane->end_ms - 1 > firing->watermark_ms) break;
        enum tide_progress progress = fire_pane(worker, &terms, pane);
        if (progress != TIDE_DONE) return progress;
        if (!retire_first(worker)) return TIDE_STARVED;
        firing->entry = 0;
        worker->counts.windows++;
    }
    tide_worker_close_gone(worker, firing->watermark_ms);
    firing->is_active = false;
    return TIDE_DONE;
}
