#include "engine/instruments/explain/words.h"

#include "engine/state/history.h"
#include "engine/state/inactivity.h"
#include "engine/text/exact.h"

#include <stdio.h>

const char *tide_words_bytes(char text[TIDE_WORDS_BYTES], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;
    double value = (double)bytes;
    for (; value >= 1024 && unit < 4; unit++) value /= 1024;
    if (unit == 0) snprintf(text, TIDE_WORDS_BYTES, "%llu bytes", (unsigned long long)bytes);
    else snprintf(text, TIDE_WORDS_BYTES, value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

const char *tide_words_span(char text[TIDE_WORDS_BYTES], int64_t span_ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    unsigned i = 0;
    while (span_ms == 0 ? units[i].ms > 1000 : span_ms % units[i].ms != 0) i++;
    snprintf(text, TIDE_WORDS_BYTES, "%lld %s", (long long)(span_ms / units[i].ms), units[i].name);
    return text;
}

static unsigned scale_of(const struct tide_aggregate *aggregate, const struct tide_plan *plan)
{
    if (aggregate->unit == TIDE_UNIT_AMOUNT) return plan->decimal.scale;
    return aggregate->unit == TIDE_UNIT_COUNT ? 0 : TIDE_AGGREGATE_MEAN_DECIMALS;
}

void tide_words_test(char *text, size_t bytes, const struct tide_rule *rule,
                     const struct tide_plan *plan)
{
    if (rule->bounds_aggregate < 0) {
        snprintf(text, bytes, "evaluated for each result: exact fractions, three-valued logic");
        return;
    }
    const struct tide_aggregate *aggregate = plan->registry->aggregates[rule->bounds_aggregate];
    unsigned scale = scale_of(aggregate, plan);
    char lowest[TIDE_DECIMAL_TEXT_BYTES + 1], highest[TIDE_DECIMAL_TEXT_BYTES + 1];
    lowest[tide_decimal_print(lowest, rule->lowest, scale)] = '\0';
    highest[tide_decimal_print(highest, rule->highest, scale)] = '\0';
    bool has_lowest = rule->lowest != TIDE_INT128_MIN,
         has_highest = rule->highest != TIDE_INT128_MAX;
    if (rule->lowest > rule->highest) snprintf(text, bytes, "never true");
    else if (has_lowest && has_highest)
        snprintf(text, bytes, "a range: %s from %s to %s", aggregate->name, lowest, highest);
    else if (has_lowest) snprintf(text, bytes, "a range: %s from %s up", aggregate->name, lowest);
    else if (has_highest) snprintf(text, bytes, "a range: %s up to %s", aggregate->name, highest);
    else snprintf(text, bytes, "true of any %s", aggregate->name);
}

static const char *words_end(const struct tide_plan *plan)
{
    if (plan->drop_at_end) return "The end of the input fires nothing: open windows are dropped.";
    if (tide_plan_has_arrivals(plan)) return "The end of the input fires all that are open.";
    return "The end of the input moves it to 2^63 - 1, which fires all the rest.";
}

/* A watermark that no window waits for. */
static void words_printed(char *text, size_t bytes, const struct tide_plan *plan)
{
    char bound[TIDE_WORDS_BYTES];
    if (plan->unbounded)
        snprintf(text, bytes, "There is no watermark (--out-of-orderness unbounded).");
    else
        snprintf(text, bytes,
                 "The watermark, greatest event time so far - %s - 1 ms, is only printed.",
                 tide_words_span(bound, plan->bound_ms));
}

static void words_of_rows(char *text, size_t bytes, const struct tide_plan *plan)
{
    char watermark[128];
    words_printed(watermark, sizeof watermark, plan);
    snprintf(
        text, bytes,
        "Windows do not wait for it: they fire inside their last row, which is where the result "
        "stands; no row is late, and the clock makes no difference. %s The end of the input "
        "fires nothing: unfinished windows give nothing.",
        watermark);
}

static void words_processing(char *text, size_t bytes, const struct tide_plan *plan)
{
    char rate[64] = "the wall clock when it is taken", watermark[128];
    bool is_virtual = plan->clock == TIDE_CLOCK_VIRTUAL;
    if (is_virtual)
        snprintf(rate, sizeof rate, "as if %u came a second, from the first one's event time",
                 plan->clock_rate);
    words_printed(watermark, sizeof watermark, plan);
    snprintf(text, bytes,
             "Windows do not wait for it: they run on processing time. A row is in the windows of "
             "the time at which it comes: %s. A window fires before the first row that comes at or "
             "after its end%s; no row is late. %s %s",
             rate, is_virtual ? "" : ", and also while nothing comes", watermark, words_end(plan));
}

/* When a row is late, and what fires when. */
static void words_late(char *text, size_t bytes, const struct tide_plan *plan)
{
    char span[TIDE_WORDS_BYTES], gap[TIDE_WORDS_BYTES], whose[128], again[192];
    const bool is_session = plan->window->kind == TIDE_WINDOW_SESSION;
    const char *joins = is_session
                            ? " and the row touches no session that is kept, which the worker "
                              "of its key finds out"
                            : "";
    snprintf(whose, sizeof whose, "%s",
             plan->window->kind == TIDE_WINDOW_SLIDING ? "its last window's end"
                                                       : "its window's end");
    if (is_session)
        snprintf(whose, sizeof whose, "its time + %s", tide_words_span(gap, plan->shape.size_ms));
    snprintf(again, sizeof again,
             "The %s fires at its end - 1 ms already; from then on each row %s "
             "fires %s again, with the whole new value.",
             is_session ? "session" : "window", is_session ? "that joins it" : "for it",
             is_session ? "it" : "its key's window");
    if (plan->lateness_ms == 0)
        snprintf(text, bytes,
                 "A row is late if the watermark before it has reached %s - 1 ms%s; %s.", whose,
                 joins,
                 is_session ? "a session fires when the watermark reaches its end - 1 ms"
                            : "that is also when the window fires");
    else
        snprintf(text, bytes,
                 "A row is late if the watermark before it has reached %s - 1 ms + %s%s. %s", whose,
                 tide_words_span(span, plan->lateness_ms), joins, again);
}

void tide_words_watermark(char *text, size_t bytes, const struct tide_plan *plan)
{
    char bound[TIDE_WORDS_BYTES], span[TIDE_WORDS_BYTES], ahead[128] = "", idle[128] = "";
    char late[512];
    if (plan->window->kind == TIDE_WINDOW_COUNT) {
        words_of_rows(text, bytes, plan);
        return;
    }
    if (tide_plan_has_arrivals(plan)) {
        words_processing(text, bytes, plan);
        return;
    }
    if (plan->unbounded) {
        snprintf(text, bytes,
                 "There is none before the end of the input (--out-of-orderness unbounded): no row "
                 "is late, every window stays open until then. %s",
                 words_end(plan));
        return;
    }
    if (plan->max_future_ms >= 0)
        snprintf(ahead, sizeof ahead,
                 " A row more than %s ahead is rejected as future and does not move it.",
                 tide_words_span(span, plan->max_future_ms));
    if (plan->idle_ms > 0)
        snprintf(idle, sizeof idle,
                 " While the whole input is silent, for %s and more, it goes on by the wall clock.",
                 tide_words_span(span, plan->idle_ms));
    words_late(late, sizeof late, plan);
    snprintf(
        text, bytes,
        "Greatest event time so far - %s - 1 ms, after each row, as Flink's "
        "BoundedOutOfOrdernessWatermarks for every record%s. The parser alone decides it, from "
        "all rows; a worker believes what its ring tells it, the sink takes the least of its "
        "workers.%s%s %s %s",
        tide_words_span(bound, plan->bound_ms),
        tide_plan_partitions(plan) > 0
            ? "; of each file by itself, and the least of those that have not ended counts"
            : "",
        ahead, idle, late, words_end(plan));
}

void tide_words_history(char *text, size_t bytes, const struct tide_plan *plan)
{
    char most[TIDE_WORDS_BYTES];
    const bool again = tide_plan_fires_again(plan);
    snprintf(text, bytes,
             "the sums of each key's last %u windows%s, for rules that %s; up to %s a key%s, plus "
             "the bytes of keys longer than %d; a key is never forgotten",
             plan->history_depth, again ? ", and of those that may fire again" : "",
             plan->rules->uses & TIDE_USES_HISTORY ? "look back" : "a reload may bring",
             tide_words_bytes(most, tide_history_record_bytes(plan->history_depth, again)),
             again ? " and 32 for each of the latter" : "", TIDE_KEY_INLINE_BYTES);
}

void tide_words_inactive(char *text, size_t bytes, const struct tide_plan *plan)
{
    char span[TIDE_WORDS_BYTES];
    snprintf(
        text, bytes,
        "a timer a key, %s behind its last activity: %zu bytes a key and a place in two tables "
        "(8 to 16 and %zu to %zu), plus the bytes of keys longer than %d; a key whose timer "
        "has fired is forgotten, its room is used again",
        tide_words_span(span, plan->inactive_ms), sizeof(struct tide_inactive_key),
        sizeof(struct tide_timer), 2 * sizeof(struct tide_timer), TIDE_KEY_INLINE_BYTES);
}

void tide_words_order(char *text, size_t bytes, const struct tide_plan *plan)
{
    static const char key[] =
        "the row that caused it, phase, the window's end, the key's first row "
        "in the window";
    if (plan->order == TIDE_ORDER_KEY)
        snprintf(text, bytes,
                 "key: each key's lines in the order of parallelism 1, which is by %s. Keys "
                 "interleave as their workers come: nothing is merged, and lines may stand "
                 "differently from run to run. %s",
                 key,
                 tide_plan_workers_find_late(plan)
                     ? "Rejects stand in input order, late rows in that of their worker."
                     : "Late rows and rejects stand in input order.");
    else if (plan->order == TIDE_ORDER_FLINK)
        snprintf(text, bytes,
                 "flink: that of a Flink job at parallelism 1. Workers tell the sink of every row; "
                 "the sink merges all they send by %s, sets the timers Flink would set, some 200 "
                 "bytes an open window and key, and lets results out as these leave the heap. Late "
                 "rows and rejects stand in input order.",
                 key);
    else if (plan->parallelism == 1)
        snprintf(text, bytes,
                 "global: by %s. One worker emits in this order by itself, so nothing is merged; "
                 "more workers would give the same bytes. Late rows and rejects stand in input "
                 "order.",
                 key);
    else
        snprintf(text, bytes,
                 "global: the bytes of parallelism 1. Each line carries its order key (%s). Every "
                 "worker emits in this order; the sink merges them up to the frontier, the row "
                 "through which all workers are complete. Late rows and rejects stand in input "
                 "order.",
                 key);
}
