/* tidemark gen: the options, and what they make of a plan for engine/instruments/generate. */
#include "engine/base/signals.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/instruments/generate/generate.h"
#include "engine/instruments/generate/shape_text.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum gen_option {
    ROWS,
    KEYS,
    SKEW,
    RATE,
    DISORDER,
    LATE,
    LATE_BEYOND,
    LATE_BY,
    MALFORMED,
    MISSING,
    AMOUNTS,
    ANOMALIES,
    TRUTH,
    QUOTED,
    CRLF,
    SEED,
    HELP,
    OPTION_COUNT
};

static const char *const groups[] = {"Options"};

/* clang-format off */
static const struct tide_option options_table[OPTION_COUNT] = {
    [ROWS] = {.name = "rows", .argument = "N", .fallback = "1000000",
        .help = "rows after the header"},
    [KEYS] = {.name = "keys", .argument = "N", .fallback = "1000",
        .help = "keys tx1 .. txN; 0: every row its own"},
    [SKEW] = {.name = "skew", .argument = "SHAPE", .fallback = "uniform",
        .help = "how the rows fall on the keys: uniform, all equally likely; zipf:S, key txK as "
                "often as K^-S (S up to 10); hot:P%, tx1 in so many of the rows, the other keys "
                "alike in the rest; unique, every row its own key"},
    [RATE] = {.name = "rate", .argument = "N", .fallback = "1000",
        .help = "rows a second of event time, which begins at 2024-05-11 10:00:00"},
    [DISORDER] = {.name = "disorder", .argument = "[SHAPE:]DUR", .fallback = "1s",
        .help = "a row's time lies up to this behind the one its place would give: uniform, all "
                "equally likely, or exponential, where each tenth of DUR is half as likely as the "
                "one before"},
    [LATE] = {.name = "late", .argument = "P%", .fallback = "0%",
        .help = "share of rows that lie further behind, beyond a bound"},
    [LATE_BEYOND] = {.name = "late-beyond", .argument = "DUR", .fallback = "auto",
        .help = "that bound, what a run has as --out-of-orderness; auto: --disorder and a second"},
    [LATE_BY] = {.name = "late-by", .argument = "DUR", .fallback = "1m",
        .help = "how far beyond it at most, all equally likely from 1ms on"},
    [MALFORMED] = {.name = "malformed", .argument = "P%[:KIND,...]", .fallback = "0%",
        .help = "share of rows that a run refuses, and how they are malformed, all kinds alike: "
                "malformed-time, malformed-amount, missing-key, missing-time, missing-value, "
                "too-few-fields, stray-quote (these unless kinds are named), too-many-decimals, "
                "amount-out-of-range, nul-byte, row-too-long (of 1 MiB), future (3650d ahead)"},
    [MISSING] = {.name = "missing", .argument = "P%[:FIELD,...]", .fallback = "0%",
        .help = "share of rows in which key, time or value is empty or a text such as NA; all "
                "three alike unless fields are named"},
    [AMOUNTS] = {.name = "amounts", .argument = "SHAPE", .fallback = "uniform:5000",
        .help = "uniform[:BELOW], cents from 0.00 to below 5000; lognormal[:MEDIAN/SIGMA], "
                "many small and few great ones around 1000/1"},
    [ANOMALIES] = {.name = "anomalies", .argument = "N[:FACTOR]|P%[:FACTOR]", .fallback = "0",
        .help = "rows, exactly so many, spread over all, whose amount is raised by FACTOR (2) "
                "times BELOW, or MEDIAN and three SIGMA up"},
    [TRUTH] = {.name = "truth", .argument = "FILE",
        .help = "CSV of the anomalies: line in the output, key, time, amount, amount without"},
    [QUOTED] = {.name = "quoted", .help = "every field in quotes"},
    [CRLF] = {.name = "crlf", .help = "lines end in CR LF"},
    [SEED] = {.name = "seed", .argument = "N", .fallback = "1",
        .help = "the same seed and options give the same bytes on every machine"},
    [HELP] = {.name = "help", .letter = 'h', .argv_only = true,
        .help = "print this and exit"},
};
/* clang-format on */

static const struct tide_option_set gen_options = {
    .command = "gen",
    .operands = "",
    .summary = "Writes seeded transactions to standard output: transaction_id,timestamp,amount.",
    .groups = groups,
    .group_count = 1,
    .option_count = OPTION_COUNT,
    .options = options_table,
    .closing = "DUR is a whole number and ms, s, m, min, h or d, as in 90s; or 0.\n"
               "\n"
               "Examples:\n"
               "  tidemark gen --rows 20000000 --keys 100000 > rows.csv\n"
               "  tidemark gen --late 1% --malformed 0.1% | tidemark run --late late.csv\n"
               "  tidemark gen --skew zipf:1.1 --amounts lognormal --anomalies 50 --truth "
               "truth.csv > rows.csv\n",
};

static bool read_lateness(struct tide_generate_plan *plan, const struct tide_settings *settings)
{
    struct tide_times *times = &plan->times;
    const char *late = tide_options_text(settings->options, LATE);
    if (!tide_disorder_read(times, settings, DISORDER) ||
        !tide_shape_share(settings, LATE, late, strlen(late), &plan->late_share) ||
        !tide_span_read(settings, LATE_BEYOND, "auto", times->disorder_ms + 1000,
                        &times->late_beyond_ms) ||
        !tide_span_read(settings, LATE_BY, NULL, 0, &times->late_by_ms))
        return false;
    if (times->late_beyond_ms < times->disorder_ms)
        return tide_setting_refuse(settings, LATE_BEYOND,
                                   "less than --disorder, whose rows would be late too");
    return times->late_by_ms > 0 || tide_setting_refuse(settings, LATE_BY, "must be 1ms or more");
}

static bool read_damage(struct tide_generate_plan *plan, const struct tide_settings *settings)
{
    if (!tide_malformed_read(&plan->malformed, settings, MALFORMED) ||
        !tide_missing_read(&plan->missing, settings, MISSING))
        return false;
    if (plan->malformed.share + plan->missing.share + plan->late_share <= TIDE_SHARE_WHOLE)
        return true;
    return tide_setting_refuse(settings, plan->missing.share ? MISSING : LATE,
                               "with the other shares, more than 100%%");
}

static bool read_form(struct tide_generate_plan *plan, const struct tide_settings *settings)
{
    plan->form.is_quoted = tide_options_flag(settings->options, QUOTED);
    plan->form.is_crlf = tide_options_flag(settings->options, CRLF);
    const char *truth = tide_options_text(settings->options, TRUTH);
    if (truth &&
        (strcmp(truth, "-") == 0 || tide_output_same_file(truth, "/dev/stdout", settings->error)))
        return tide_setting_refuse(settings, TRUTH,
                                   "standard output holds the rows; name another file");
    return true;
}

static bool read_plan(struct tide_generate_plan *plan, const struct tide_settings *settings)
{
    const uint64_t rows_max = UINT64_C(1000000000000), rate_max = 1000000000;
    uint64_t key_count;
    if (settings->options->file_count > 0)
        return tide_error_set(settings->error, TIDE_EXIT_USAGE,
                              "gen takes no file, and '%s' is none of its options",
                              settings->options->files[0]);
    if (!tide_setting_uint(settings, ROWS, 0, rows_max, &plan->row_count) ||
        !tide_setting_uint(settings, KEYS, 0, rows_max, &key_count) ||
        !tide_setting_uint(settings, SEED, 0, UINT64_MAX, &plan->seed) ||
        !tide_setting_uint(settings, RATE, 1, rate_max, &plan->times.rate) ||
        !tide_keys_read(&plan->keys, settings, SKEW, key_count) || !read_lateness(plan, settings) ||
        !read_damage(plan, settings) || !tide_amounts_read(&plan->amounts, settings, AMOUNTS) ||
        !tide_anomalies_read(&plan->anomalies, settings, ANOMALIES, plan->row_count,
                             &plan->amounts) ||
        !read_form(plan, settings))
        return false;
    return tide_generate_fits(plan) ||
           tide_setting_refuse(settings, RATE, "the last of so many rows is past the year 9999");
}

/* What a handler can reach: the unfinished truth, NULL when there is none. */
static const char *volatile unfinished;

/* Ends as if the signal had not been taken, but leaves no temporary file. */
static void remove_unfinished(int signal_number)
{
    if (unfinished) tide_sys_unlink(unfinished);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDING_SIGNAL_COUNT = sizeof ending_signals / sizeof *ending_signals };

static void take_signals(void)
{
    for (unsigned i = 0; i < ENDING_SIGNAL_COUNT; i++) {
        const struct sigaction action = {.sa_handler = remove_unfinished};
        if (!tide_signal_is_ignored(ending_signals[i])) sigaction(ending_signals[i], &action, NULL);
    }
}

static void hold_signals(int how)
{
    sigset_t signals;
    sigemptyset(&signals);
    for (unsigned i = 0; i < ENDING_SIGNAL_COUNT; i++) sigaddset(&signals, ending_signals[i]);
    sigprocmask(how, &signals, NULL);
}

static struct tide_output *open_truth(struct tide_output_set *set, const char *name,
                                      struct tide_error *error)
{
    struct tide_output *truth = tide_output_open(set, name, error);
    if (!truth) return NULL;
    unfinished = truth->temporary;
    take_signals();
    return truth;
}

/* A signal waits until the truth is whole, or gone. */
static bool finish(struct tide_output_set *set, bool ok, struct tide_error *error)
{
    hold_signals(SIG_BLOCK);
    ok = ok && tide_output_commit(set, error);
    if (!ok) tide_output_discard(set, NULL);
    unfinished = NULL;
    hold_signals(SIG_UNBLOCK);
    return ok;
}

/* The truth is opened first: what is wrong with its name is said before there are rows. */
static bool generate(const struct tide_generate_plan *plan, const char *truth_name,
                     struct tide_error *error)
{
    struct tide_output_set set = {0};
    struct tide_output *truth = NULL, *rows = NULL;
    if (truth_name) truth = open_truth(&set, truth_name, error);
    if (truth || !truth_name) rows = tide_output_open(&set, "-", error);
    return finish(&set, rows && tide_generate(plan, rows, truth, error), error);
}

int tide_command_gen(int argc, char **argv, const struct tide_registry *registry)
{
    (void)registry; /* nothing is read */
    struct tide_error error = {0};
    struct tide_options options;
    struct tide_generate_plan plan = {0};
    int status = TIDE_EXIT_OK;
    if (!tide_options_parse(&options, &gen_options, argc, argv, &error)) {
        status = tide_command_failed(&error);
    } else if (tide_options_flag(&options, HELP)) {
        status = tide_help_command(&gen_options, NULL);
    } else {
        struct tide_settings settings = {.options = &options, .error = &error};
        if (!read_plan(&plan, &settings) ||
            !generate(&plan, tide_options_text(&options, TRUTH), &error))
            status = tide_command_failed(&error);
    }
    tide_options_fini(&options);
    return status;
}
