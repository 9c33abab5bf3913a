#include "engine/instruments/profile/suggestion.h"

#include "engine/plan/duration.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HOUR_MS = 3600 * 1000, DIGITS_MAX = 27 };

/* What is needed to judge. */
struct judge {
    struct tide_suggestion *out;
    const struct tide_tally *tally;
    const struct tide_plan *plan;
    const struct tide_options *options;
    const struct tide_guesses *guesses;
};

static void TIDE_PRINTF(4, 5) suggest(struct tide_suggestion *out, enum tide_run_option id,
                                      const char *text, const char *reason, ...)
{
    if (out->count == TIDE_SUGGESTIONS_MAX) return;
    const struct tide_option *option = &tide_run_options.options[id];
    struct tide_suggested *suggested = &out->options[out->count++];
    suggested->name = option->name;
    suggested->text = option->argument ? text : NULL;
    va_list arguments;
    va_start(arguments, reason);
    vsnprintf(suggested->reason, sizeof suggested->reason, reason, arguments);
    va_end(arguments);
}

static void TIDE_PRINTF(2, 3) note(struct tide_suggestion *out, const char *text, ...)
{
    if (out->note_count == TIDE_NOTES_MAX) return;
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(out->notes[out->note_count++], TIDE_NOTE_BYTES, text, arguments);
    va_end(arguments);
}

static unsigned long long ull(uint64_t value)
{
    return value;
}

/* --- what was given or guessed --- */

static bool is_computed(unsigned id)
{
    return id == TIDE_RUN_OUT_OF_ORDERNESS || id == TIDE_RUN_MAX_FUTURE || id == TIDE_RUN_CONFIG ||
           id == TIDE_RUN_SIMD;
}

/* Only what differs from the default; of what was given twice the last. */
static void repeat_given(const struct judge *judge)
{
    for (unsigned i = 0; i < judge->options->given_count; i++) {
        const struct tide_given *given = &judge->options->given[i];
        if (given->id >= TIDE_RUN_OPTION_COUNT || is_computed(given->id)) continue;
        const struct tide_option *option = &tide_run_options.options[given->id];
        if (!option->repeatable && tide_options_given(judge->options, given->id) != given) continue;
        if (option->fallback && strcmp(option->fallback, given->text) == 0) continue;
        if (!option->argument && strcmp(given->text, "true") != 0) continue;
        const struct tide_guess *guess = tide_guesses_find(judge->guesses, given->id);
        suggest(judge->out, given->id, given->text, "%s", guess ? guess->reason : "as given");
    }
}

/* --- amounts --- */

static void choose_decimals(const struct judge *judge)
{
    const struct tide_amount_range *range = &judge->tally->amounts;
    judge->out->is_exact = true;
    if (range->rescaled == 0) return;
    judge->out->is_exact = range->digits + range->decimals <= DIGITS_MAX;
    if (!judge->out->is_exact) {
        note(judge->out,
             "no --decimals takes all amounts: some have %u decimals and some %u digits, together "
             "more than %d; what is said of the rows is true only with those that do fit",
             range->decimals, range->digits, DIGITS_MAX);
        return;
    }
    snprintf(judge->out->decimals, sizeof judge->out->decimals, "%u", range->decimals);
    suggest(judge->out, TIDE_RUN_DECIMALS, judge->out->decimals,
            "amounts have up to %u decimals and %u digits before them; the default refuses %llu "
            "rows",
            range->decimals, range->digits, ull(range->rescaled));
}

/* --- event time --- */

unsigned tide_suggestion_bound(const struct tide_lateness *lateness,
                               const struct tide_lateness_course *course)
{
    unsigned bound = 0;
    while (bound < lateness->bound_count && lateness->bounds_ms[bound] <= course->late_for_ms)
        bound++;
    return bound;
}

/* The bound that a course needs, or -1 where it would keep windows open for too much of the data:
 * an hour is never too much, a quarter of the whole span is. */
static int64_t bound_needed(const struct judge *judge, unsigned course)
{
    const struct tide_lateness *lateness = &judge->tally->lateness;
    const unsigned bound = tide_suggestion_bound(lateness, tide_lateness_course(lateness, course));
    if (bound == lateness->bound_count) return -1;
    const int64_t bound_ms = lateness->bounds_ms[bound];
    const uint64_t span_ms =
        (uint64_t)judge->tally->time_greatest_ms - (uint64_t)judge->tally->time_least_ms;
    return bound_ms <= HOUR_MS || (uint64_t)bound_ms <= span_ms / 4 ? bound_ms : -1;
}

/* A maximal future that few rows are ahead of, and without which the bound would be much longer. */
static unsigned choose_course(const struct judge *judge)
{
    const struct tide_lateness *lateness = &judge->tally->lateness;
    const int64_t own_ms = bound_needed(judge, lateness->own);
    if (judge->plan->max_future_ms >= 0 || judge->plan->unbounded) return lateness->own;
    for (unsigned course = lateness->shared; course < lateness->course_count; course++) {
        const uint64_t future = lateness->courses[course].future;
        const int64_t bound_ms = bound_needed(judge, course);
        if (bound_ms < 0) continue;
        if (own_ms < 0 ? future <= judge->tally->readable / 100
                       : future <= judge->tally->readable / 1000 && own_ms > 60 * 1000 &&
                             bound_ms <= own_ms / 10)
            return course;
    }
    return lateness->own;
}

static void suggest_max_future(const struct judge *judge)
{
    struct tide_suggestion *out = judge->out;
    const struct tide_lateness *lateness = &judge->tally->lateness;
    const struct tide_lateness_course *course = tide_lateness_course(lateness, out->course);
    const int64_t max_future_ms = tide_lateness_max_future_ms(lateness, out->course);
    if (max_future_ms == INT64_MAX) return;
    tide_duration_text(out->max_future, max_future_ms);
    if (judge->plan->max_future_ms >= 0)
        suggest(out, TIDE_RUN_MAX_FUTURE, out->max_future, "as given");
    else
        suggest(out, TIDE_RUN_MAX_FUTURE, out->max_future,
                "rejects %llu rows dated ahead, which would make those behind them late",
                ull(course->future));
}

static void suggest_bound(const struct judge *judge)
{
    struct tide_suggestion *out = judge->out;
    const struct tide_lateness *lateness = &judge->tally->lateness;
    const struct tide_lateness_course *course = tide_lateness_course(lateness, out->course);
    const struct tide_option *option = &tide_run_options.options[TIDE_RUN_OUT_OF_ORDERNESS];
    const bool own_will_do = judge->plan->unbounded || course->late_for_ms < judge->plan->bound_ms;
    const int64_t bound_ms = bound_needed(judge, out->course);
    if (own_will_do && judge->plan->unbounded) {
        memcpy(out->bound, "unbounded", sizeof "unbounded");
        suggest(out, TIDE_RUN_OUT_OF_ORDERNESS, out->bound, "as given");
    } else if (own_will_do) {
        tide_duration_text(out->bound, judge->plan->bound_ms);
        if (strcmp(out->bound, option->fallback) != 0)
            suggest(out, TIDE_RUN_OUT_OF_ORDERNESS, out->bound, "as given; no row is late for it");
    } else if (bound_ms < 0) {
        memcpy(out->bound, "unbounded", sizeof "unbounded");
        suggest(out, TIDE_RUN_OUT_OF_ORDERNESS, out->bound,
                "rows are in no order of time: a bound that loses none is a large part of it all");
    } else {
        tide_duration_text(out->bound, bound_ms);
        suggest(out, TIDE_RUN_OUT_OF_ORDERNESS, out->bound,
                "the shortest of those listed for which no row is late");
    }
}

/* --- what else is worth a look --- */

static void note_times(const struct judge *judge)
{
    const struct tide_tally *tally = judge->tally;
    if (tally->accepted > 1 && tally->resolution == 0 && judge->plan->shape.size_ms < 86400000 &&
        judge->plan->window->kind != TIDE_WINDOW_COUNT)
        note(judge->out, "all times are whole days: a window shorter than --window tumbling:1d "
                         "holds no more than a day's rows either");
    if (tally->accepted > 1 && tally->time_least_ms == tally->time_greatest_ms)
        note(judge->out, "all rows have the same time: is --time the right column?");
    if (tally->malformed > 0 && tally->malformed * 2 > tally->rows)
        note(judge->out, "most rows are malformed: the forms above show what was read, and "
                         "--time, --value, --time-format or --delimiter may be wrong");
}

static void note_keys(const struct judge *judge)
{
    const struct tide_entry *top[1];
    const struct tide_key_counts *keys = &judge->tally->keys;
    if (keys->row_count < 100 || tide_key_counts_top(keys, top, 1) == 0) return;
    if (top[0]->count * 2 > keys->row_count && tide_key_counts_keys(keys) > 1)
        note(judge->out, "one key has more than half of the rows: its worker is the busiest at any "
                         "--parallelism");
    if (tide_key_counts_keys(keys) == keys->row_count)
        note(judge->out, "every row has a key of its own: each window holds single rows; is --key "
                         "the right column?");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void note_blanks(const struct judge *judge)
{
    const struct tide_pane *pane = judge->tally->keys.pane;
    uint64_t keys = 0, rows = 0;
    for (uint32_t i = 0; i < pane->entry_count; i++) {
        const struct tide_entry *entry = &pane->entries[i];
        const char *text = tide_entry_key(entry);
        if (!is_blank(text[0]) && !is_blank(text[entry->key_bytes - 1])) continue;
        keys++;
        rows += entry->count;
    }
    if (keys > 0)
        note(judge->out,
             "%llu keys (%llu rows) have blanks around them; --trim takes them away and may make "
             "two keys one",
             ull(keys), ull(rows));
}

static void predict(const struct judge *judge)
{
    struct tide_suggestion *out = judge->out;
    const struct tide_tally *tally = judge->tally;
    const struct tide_lateness_course *course = tide_lateness_course(&tally->lateness, out->course);
    out->late = 0; /* that is how the bound was chosen */
    out->gap = course->in_gap;
    out->used = course->accepted - out->gap;
    out->future = course->future;
    out->missing = tally->missing;
    out->malformed = tally->malformed;
}

void tide_suggestion_make(struct tide_suggestion *suggestion, const struct tide_tally *tally,
                          const struct tide_plan *plan, const struct tide_options *options,
                          const struct tide_guesses *guesses)
{
    const struct judge judge = {suggestion, tally, plan, options, guesses};
    *suggestion = (struct tide_suggestion){0};
    repeat_given(&judge);
    choose_decimals(&judge);
    suggestion->course = choose_course(&judge);
    suggest_max_future(&judge);
    suggest_bound(&judge);
    predict(&judge);
    note_times(&judge);
    note_keys(&judge);
    note_blanks(&judge);
}
