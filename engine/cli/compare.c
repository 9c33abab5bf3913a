/*
 * tidemark compare: the options, which sides they mean, and the exit status. The work is done in
 * engine/instruments/compare.
 */
#include "engine/base/signals.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/instruments/compare/job.h"
#include "engine/instruments/compare/run_side.h"
#include "engine/plan/plan_clock.h"
#include "engine/plan/run_options.h"
#include "engine/plan/setting.h"
#include "engine/text/escape.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ids follow those of run's options. */
enum compare_option {
    LEVELS = TIDE_RUN_OPTION_COUNT,
    ORDER,
    OUTPUT,
    FLINK,
    FLOAT32,
    INPUT,
    JSON,
    QUIET,
    HELP,
    OPTION_END
};
#define OWN(id) ((id)-TIDE_RUN_OPTION_COUNT)
enum { OPTION_COUNT = OPTION_END - TIDE_RUN_OPTION_COUNT };

static const char *const groups[] = {"Options"};
static const char *const without[] = {
    "follow", "idle-timeout", /* a run must end, the same */
    "checkpoint", "checkpoint-every", "resume", NULL};

/* clang-format off */
static const struct tide_option options_table[OPTION_COUNT] = {
    [OWN(LEVELS)] = {.name = "parallelism", .letter = 'p', .argument = "N[,N...]",
        .fallback = "2,7", .help = "levels to compare with parallelism 1"},
    [OWN(ORDER)] = {.name = "order", .argument = "global|key|both|flink", .fallback = "both",
        .help = "orders to run each level in; both is global and key. With global and flink every "
                "byte must be the same, with key the content and each key's order. Of two files "
                "both asks for the content only"},
    [OWN(OUTPUT)] = {.name = "output", .argument = "results|alerts", .fallback = "results",
        .help = "which output of the runs to compare"},
    [OWN(FLINK)] = {.name = "flink", .argument = "LOG",
        .help = "compare what a Flink job printed with the results of FILE"},
    [OWN(FLOAT32)] = {.name = "float32",
        .help = "what Flink printed equals a sum if both are the same as 32-bit floats"},
    [OWN(INPUT)] = {.name = "input", .argument = "FILE",
        .help = "what two files of results were made from, to show the rows behind a difference; "
                "the options of the run say how to read it"},
    [OWN(JSON)] = {.name = "json",
        .help = "print JSON"},
    [OWN(QUIET)] = {.name = "quiet", .letter = 'q',
        .help = "print nothing but errors: the exit status tells"},
    [OWN(HELP)] = {.name = "help", .letter = 'h', .argv_only = true,
        .help = "print this and exit"},
};
/* clang-format on */

static const struct tide_option_set compare_options = {
    .command = "compare",
    .operands = "FILE...",
    .summary = "Runs FILE at parallelism 1 and at other levels and tells how order and content of "
               "the results differ. Two files that hold results (or what a Flink job printed) are "
               "compared with each other instead. Exit status 4 if something differs that must be "
               "the same.",
    .groups = groups,
    .group_count = 1,
    .option_count = OPTION_COUNT,
    .options = options_table,
    .base = &tide_run_options,
    .without = without,
    .closing = "Examples:\n"
               "  tidemark compare rows.csv -p 2,8 --window tumbling:1h\n"
               "  tidemark compare yesterday.csv today.csv\n"
               "  tidemark compare --flink taskmanager.out rows.csv\n",
};

/* The run that is under way: what is left to a signal's handler. */
static volatile sig_atomic_t child;

/* Nothing was written that is not whole, and the run writes to a pipe only. */
static void end_by_signal(int number)
{
    if (child > 0) {
        kill((pid_t)child, SIGKILL);
        waitpid((pid_t)child, NULL, 0);
    }
    _exit(128 + number);
}

/* Whoever ignores SIGCHLD is not told how a run has ended. */
static void catch_signals(void)
{
    const struct sigaction noticed = {.sa_handler = SIG_DFL};
    struct sigaction action = {.sa_handler = end_by_signal};
    sigfillset(&action.sa_mask);
    if (!tide_signal_is_ignored(SIGINT)) sigaction(SIGINT, &action, NULL);
    if (!tide_signal_is_ignored(SIGTERM)) sigaction(SIGTERM, &action, NULL);
    sigaction(SIGCHLD, &noticed, NULL);
}

static bool read_levels(struct tide_compare_job *job, const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, LEVELS);
    for (const char *at = text;;) {
        size_t digits = strspn(at, "0123456789");
        unsigned long level = digits > 0 && digits < 9 ? strtoul(at, NULL, 10) : 0;
        if (level < 1 || level > TIDE_PARALLELISM_MAX || (at[digits] && at[digits] != ','))
            return tide_setting_refuse(
                settings, LEVELS,
                "'%s' is no list of levels; write numbers from 1 to %d, as in 2,7", text,
                TIDE_PARALLELISM_MAX);
        if (job->level_count == TIDE_COMPARE_LEVELS_MAX)
            return tide_setting_refuse(settings, LEVELS, "more than %d levels",
                                       TIDE_COMPARE_LEVELS_MAX);
        job->levels[job->level_count++] = (unsigned)level;
        if (!at[digits]) return true;
        at += digits + 1;
    }
}

static bool refuse_given(const struct tide_settings *settings, unsigned id, const char *reason)
{
    return !tide_options_given(settings->options, id) ||
           tide_setting_refuse(settings, id, "%s", reason);
}

/* What would have no effect is not accepted. A config file is that of a run, so its outputs and
 * manners may stand there. */
static bool check_given(const struct tide_compare_job *job, const struct tide_settings *settings)
{
    bool is_recomputed = job->mode != TIDE_COMPARE_FILES || job->input;
    for (unsigned i = 0; i < settings->options->given_count; i++) {
        const struct tide_given *given = &settings->options->given[i];
        if (given->id >= TIDE_RUN_OPTION_COUNT || given->line > 0) continue;
        if (tide_run_side_drops(given->id))
            return tide_setting_refuse(settings, given->id,
                                       "compare reads one output of the runs (--output) and writes "
                                       "none of them");
        if (!is_recomputed && given->id != TIDE_RUN_CONFIG && given->id != TIDE_RUN_TIMEZONE)
            return tide_setting_refuse(settings, given->id,
                                       "results are not computed anew; it needs --input");
    }
    return true;
}

static bool check_options(const struct tide_compare_job *job, const struct tide_settings *settings)
{
    bool is_files = job->mode == TIDE_COMPARE_FILES;
    if (!is_files && !refuse_given(settings, INPUT, "the operands are the input already"))
        return false;
    if (job->mode != TIDE_COMPARE_RUNS &&
        (!refuse_given(settings, LEVELS, "only runs have a parallelism to choose") ||
         !refuse_given(settings, OUTPUT, "only runs have an output to choose")))
        return false;
    if (!job->is_flink &&
        !refuse_given(settings, FLOAT32, "there is no print log of Flink to compare"))
        return false;
    return check_given(job, settings);
}

static bool read_options(struct tide_compare_job *job, struct tide_error *error)
{
    static const char *const orders[] = {"global", "key", "both", "flink", NULL};
    static const char *const outputs[] = {"results", "alerts", NULL};
    static const char *const arguments[] = {"--results=-", "--alerts=-"};
    struct tide_settings settings = {.options = job->options, .error = error};
    unsigned order, output;
    if (!read_levels(job, &settings) || !tide_setting_word(&settings, ORDER, orders, &order) ||
        !tide_setting_word(&settings, OUTPUT, outputs, &output))
        return false;
    job->order = (enum tide_compare_order)order;
    job->output_argument = arguments[output];
    job->log = tide_options_text(job->options, FLINK);
    job->input = tide_options_text(job->options, INPUT);
    job->float32 = tide_options_flag(job->options, FLOAT32);
    job->json = tide_options_flag(job->options, JSON);
    job->quiet = tide_options_flag(job->options, QUIET);
    /* A seed, so that crafted keys cannot collide; without chance another number does. */
    if (tide_sys_random(&job->manner.seed, sizeof job->manner.seed) < 0)
        job->manner.seed = (uint64_t)getpid();
    job->manner.child = &child;
    return tide_compare_job_init(job, error) && check_options(job, &settings) &&
           tide_plan_check_repeatable(&settings);
}

static bool run_job(struct tide_compare_job *job, struct tide_error *error)
{
    struct tide_output_set outputs = {.terminal_escape = tide_escape_terminal};
    struct tide_output *out = tide_output_open(&outputs, "-", error);
    bool ok = out && tide_compare_job_run(job, out, error) && tide_output_commit(&outputs, error);
    if (!ok) tide_output_discard(&outputs, NULL);
    return ok;
}

int tide_command_compare(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct tide_options options = {0};
    struct tide_plan plan = {0};
    struct tide_compare_job job = {.options = &options, .plan = &plan};
    int status = TIDE_EXIT_OK;
    if (!tide_options_parse(&options, &compare_options, argc, argv, &error)) {
        status = tide_command_failed(&error);
    } else if (tide_options_flag(&options, HELP)) {
        status = tide_help_command(&compare_options, registry);
    } else {
        catch_signals();
        if (!tide_plan_build(&plan, &options, registry, &error) || !read_options(&job, &error) ||
            !run_job(&job, &error))
            status = tide_command_failed(&error);
        else if (!job.is_kept) status = TIDE_EXIT_DIFFERENCE;
    }
    tide_compare_job_fini(&job);
    tide_plan_fini(&plan);
    tide_options_fini(&options);
    return status;
}
