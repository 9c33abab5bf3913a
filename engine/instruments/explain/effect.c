#include "engine/instruments/explain/effect.h"

#include "engine/base/memory.h"
#include "engine/instruments/explain/state.h"
#include "engine/instruments/explain/words.h"
#include "engine/plan/format.h"
#include "engine/plan/run_options.h"

#include <stdio.h>
#include <string.h>

/* What can be said without looking at the plan. Every option of the run is here or in the switch
 * below. */
static const char *const plain_effects[TIDE_RUN_OPTION_COUNT] = {
    [TIDE_RUN_TIME] = "event time comes from this column",
    [TIDE_RUN_VALUE] = "amounts come from this column",
    [TIDE_RUN_NO_HEADER] = "the first record is data, columns go by number",
    [TIDE_RUN_DELIMITER] = "fields end at this byte",
    [TIDE_RUN_TIME_FORMAT] = "times are read in this form only; others make a row malformed",
    [TIDE_RUN_TIMEZONE] = "the zone of times that carry none and of printed times; windows align "
                          "to UTC all the same",
    [TIDE_RUN_DECIMALS] = "amounts are whole multiples of 10 to the minus this; a row with more "
                          "decimals is malformed",
    [TIDE_RUN_DECIMAL_COMMA] = "the roles of comma and point in amounts are swapped",
    [TIDE_RUN_NA] = "these texts, instead of pandas' 19, make a row missing",
    [TIDE_RUN_TRIM] = "keys that differ only in blanks around them are one",
    [TIDE_RUN_MAX_ROW_BYTES] = "a longer record is malformed; one that straddles two blocks is put "
                               "together in as much memory",
    [TIDE_RUN_MAX_REJECTS] = "past this the run ends with exit status 3 and leaves only --rejects",
    [TIDE_RUN_FOLLOW] = "the end of the last file, a regular one, is a pause: the run ends by a "
                        "signal; outputs are written in place, behind what they hold",
    [TIDE_RUN_IDLE_TIMEOUT] = "after so long a silence of the whole input the watermark goes on by "
                              "the wall clock: results depend on when rows come",
    [TIDE_RUN_MAX_FUTURE] = "a row further ahead is rejected and moves no watermark",
    [TIDE_RUN_HISTORY] = "how many earlier windows history.* of rules looks back at",
    [TIDE_RUN_INACTIVE] = "a timer a key, which every row of the key moves; all moves of the "
                          "watermark go to the workers",
    [TIDE_RUN_AT_END] = "the windows open at the end of the input",
    [TIDE_RUN_FORMAT] = "the form of alerts and results",
    [TIDE_RUN_FLINK_PARALLELISM] = "each element names the subtask to which Flink routes its key",
    [TIDE_RUN_ESCAPE_FORMULAS] =
        "an apostrophe before fields of text in CSV that a spreadsheet would "
        "take for a formula",
    [TIDE_RUN_TIME_OUTPUT] = "the form of times in alerts and results",
    [TIDE_RUN_PROGRESS] = "the line on standard error; when it is shown, stages make pictures of "
                          "themselves for it",
    [TIDE_RUN_PROCESS] = "is loaded; each worker calls an instance of its own for every result",
    [TIDE_RUN_PROCESS_ARG] = "is handed to the process function when it begins",
    [TIDE_RUN_CHECKPOINT] = "one more thread; what every stage keeps is copied at a barrier, and "
                            "written and brought to "
                            "disk while they go on; outputs lie there until the run has ended well",
    [TIDE_RUN_RESUME] = "goes on from the newest checkpoint, after the input up to there was read "
                        "again and compared",
    [TIDE_RUN_QUIET] = "no summary",
    [TIDE_RUN_VERBOSE] = "where each stage's time went, on standard error at the end",
    [TIDE_RUN_SIMD] = "which scanner reads; speed only",
};

static unsigned long long ull(uint64_t value)
{
    return value;
}

static void say_output(const struct tide_explanation *explanation, unsigned id, const char *place,
                       char *out, size_t bytes)
{
    if (strcmp(place, "-") == 0) snprintf(out, bytes, "goes to standard output");
    else if (explanation->plan->is_following && id != TIDE_RUN_STATS)
        snprintf(out, bytes, "is written in place, behind what it holds");
    else snprintf(out, bytes, "is written; a regular file appears when the run has succeeded");
}

static void say_clock(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    if (explanation->plan->clock == TIDE_CLOCK_VIRTUAL)
        snprintf(out, bytes,
                 "windows run on the order of rows, as if %u came a second: nothing is late, and "
                 "the watermark is only printed",
                 explanation->plan->clock_rate);
    else
        snprintf(out, bytes,
                 "windows run on the wall clock: nothing is late, the watermark is only printed, "
                 "and no two runs are the same");
}

static void say_lateness(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    if (explanation->plan->window->kind == TIDE_WINDOW_COUNT) {
        snprintf(out, bytes, "nothing: no row is late for windows of so many rows");
        return;
    }
    if (explanation->plan->window->kind == TIDE_WINDOW_SESSION && explanation->windows_max > 0) {
        snprintf(out, bytes,
                 "a row that joins a session that has fired fires it again; up to %llu "
                 "sessions of a key are open or kept at once",
                 ull(explanation->windows_max));
        return;
    }
    if (explanation->windows_max == 0)
        snprintf(out, bytes, "nothing: no window fires before the end, so no row comes after");
    else
        snprintf(
            out, bytes,
            "a row for a window that has fired fires it again for its key; up to %llu windows of "
            "a worker are open or kept at once",
            ull(explanation->windows_max));
}

static void say_alert(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    unsigned count = explanation->rule_count;
    if (count == 0)
        snprintf(out, bytes, "no rule: nothing goes to --alerts%s",
                 explanation->plan->format->alerts_always ? " but what the format always prints"
                                                          : "");
    else
        snprintf(out, bytes, "one of %u rule%s in place of the default", count,
                 count == 1 ? "" : "s");
}

static void say_batch_rows(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    char size[TIDE_WORDS_BYTES];
    const struct tide_explain_memory *batches = &explanation->memory[TIDE_FOOTPRINT_BATCHES];
    snprintf(out, bytes,
             "%llu batches of %s; an epoch is closed after %llu rows or %u steps; speed only",
             ull(batches->count), tide_words_bytes(size, batches->each_bytes),
             ull(explanation->epochs.row_capacity), explanation->epochs.step_capacity);
}

static void say_parallelism(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    const struct tide_plan *plan = explanation->plan;
    snprintf(out, bytes, "%u worker%s, %u thread%s, %u rings; %s", plan->parallelism,
             plan->parallelism == 1 ? "" : "s", explanation->thread_count,
             explanation->thread_count == 1 ? "" : "s", 2 * explanation->link_count,
             plan->order == TIDE_ORDER_KEY ? "each key's lines stay the same"
                                           : "the outputs' bytes stay the same");
}

static void say_aggregates(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    snprintf(out, bytes, "columns of the results; %u bytes a key and %s",
             tide_explain_entry_bytes(explanation),
             explanation->plan->window->kind == TIDE_WINDOW_SLIDING ? "slice of windows"
                                                                    : "window");
}

static const char *scheduler_effect(enum tide_scheduler scheduler)
{
    return scheduler == TIDE_SCHEDULER_ONE ? "all stages by turns on one thread" : "a thread each";
}

static void say_interval(const struct tide_plan *plan, char *out, size_t bytes)
{
    if (plan->checkpoint_rows > 0)
        snprintf(out, bytes, "at least %llu rows between two checkpoints",
                 (unsigned long long)plan->checkpoint_rows);
    else
        snprintf(out, bytes,
                 "at least %lld ms between two checkpoints, which is what a crash loses",
                 (long long)plan->checkpoint_ms);
}

static void say_memory(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    const struct tide_plan *plan = explanation->plan;
    char size[TIDE_WORDS_BYTES];
    uint64_t at_start = explanation->footprint.total_at_start + tide_footprint_apart(plan);
    tide_words_bytes(size, at_start);
    if (at_start > plan->memory_max)
        snprintf(out, bytes,
                 "less than the %s that are taken before the first row: the run is refused at once",
                 size);
    else
        snprintf(out, bytes,
                 "%s of it are taken before the first row; a run that would take more than all of "
                 "it is refused",
                 size);
}

static void say_config(const struct tide_explanation *explanation, char *out, size_t bytes)
{
    snprintf(out, bytes, "%s",
             explanation->plan->config_file
                 ? "SIGHUP reads its alert lines anew, so the state of every aggregate is kept"
                 : "the command line's rules hide its own, so SIGHUP has nothing to read");
}

static void say_inputs(const struct tide_plan *plan, char *out, size_t bytes)
{
    if (tide_plan_partitions(plan) == 0) snprintf(out, bytes, "one stream: there is only one file");
    else
        snprintf(out, bytes,
                 "%u files are read at the same time, each with a reader, a thread for its records "
                 "and a watermark of its own; the next row is that of the file furthest behind",
                 plan->file_count);
}

static void say_key(const struct tide_plan *plan, char *out, size_t bytes)
{
    if (plan->key_count == 1) snprintf(out, bytes, "rows are grouped and routed by this column");
    else
        snprintf(out, bytes, "%u columns make one key; its rows are read the careful, slower way",
                 plan->key_count);
}

static const char *order_effect(enum tide_order order)
{
    if (order == TIDE_ORDER_KEY) return "no merge: keys interleave as they come";
    if (order == TIDE_ORDER_GLOBAL) return "merged by order keys";
    return "merged, then put into the order of Flink's heap of timers; every row is looked at "
           "alone";
}

static void say_rest(const struct tide_explanation *explanation, unsigned id, const char *text,
                     char *out, size_t bytes)
{
    const struct tide_plan *plan = explanation->plan;
    switch ((enum tide_run_option)id) {
    case TIDE_RUN_KEY:
        say_key(plan, out, bytes);
        break;
    case TIDE_RUN_INPUTS:
        say_inputs(plan, out, bytes);
        break;
    case TIDE_RUN_OUT_OF_ORDERNESS:
    case TIDE_RUN_WINDOW:
        tide_explain_most(explanation, out, bytes);
        break;
    case TIDE_RUN_ALLOWED_LATENESS:
        say_lateness(explanation, out, bytes);
        break;
    case TIDE_RUN_CLOCK:
        say_clock(explanation, out, bytes);
        break;
    case TIDE_RUN_AGGREGATE:
        say_aggregates(explanation, out, bytes);
        break;
    case TIDE_RUN_ALERT:
        say_alert(explanation, out, bytes);
        break;
    case TIDE_RUN_ORDER:
        snprintf(out, bytes, "%s", order_effect(plan->order));
        break;
    case TIDE_RUN_PARALLELISM:
        say_parallelism(explanation, out, bytes);
        break;
    case TIDE_RUN_CHECKPOINT_EVERY:
        say_interval(plan, out, bytes);
        break;
    case TIDE_RUN_MEMORY:
        say_memory(explanation, out, bytes);
        break;
    case TIDE_RUN_CONFIG:
        say_config(explanation, out, bytes);
        break;
    case TIDE_RUN_BATCH_ROWS:
        say_batch_rows(explanation, out, bytes);
        break;
    case TIDE_RUN_RING_SLOTS:
        snprintf(out, bytes, "%u batches a worker, %u epochs; speed only", plan->ring_slots,
                 explanation->epochs.epoch_count);
        break;
    case TIDE_RUN_SCHEDULER:
        snprintf(out, bytes, "%s", scheduler_effect(plan->scheduler));
        break;
    case TIDE_RUN_SIDE_OUTPUT:
        say_output(explanation, id, strchr(text, '=') + 1, out, bytes);
        break;
    default: /* alerts, results, late, rejects, stats */
        say_output(explanation, id, text, out, bytes);
        break;
    }
}

static void describe(const struct tide_explanation *explanation, struct tide_explain_option *given)
{
    const struct tide_option *option = tide_option_at(explanation->options->set, given->id);
    given->fallback = option->argument ? option->fallback : "false";
    given->is_default = given->fallback && strcmp(given->fallback, given->text) == 0;
    if (given->is_default) snprintf(given->effect, sizeof given->effect, "the default: no change");
    else if (plain_effects[given->id])
        snprintf(given->effect, sizeof given->effect, "%s", plain_effects[given->id]);
    else say_rest(explanation, given->id, given->text, given->effect, sizeof given->effect);
}

bool tide_explain_options(struct tide_explanation *explanation)
{
    const struct tide_options *options = explanation->options;
    explanation->given = tide_alloc_zeroed(options->given_count, sizeof *explanation->given);
    if (!explanation->given) return false;
    for (unsigned id = 0; id < TIDE_RUN_OPTION_COUNT; id++) {
        for (unsigned i = 0; i < options->given_count; i++) {
            const struct tide_given *given = &options->given[i];
            bool counts = tide_option_at(options->set, id)->repeatable ||
                          given == tide_options_given(options, id);
            if (given->id != id || !counts) continue;
            struct tide_explain_option *described = &explanation->given[explanation->given_count++];
            *described =
                (struct tide_explain_option){.id = id, .text = given->text, .line = given->line};
            describe(explanation, described);
        }
    }
    return true;
}
