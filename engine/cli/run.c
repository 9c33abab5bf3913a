/*
 * tidemark run: plan, outputs, pipeline; then the main thread waits for the end, for signals, and
 * for the time to draw the progress line again.
 */
#include "engine/base/clock.h"
#include "engine/base/memory.h"
#include "engine/base/memory_limit.h"
#include "engine/base/output.h"
#include "engine/base/signals.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/cli/progress.h"
#include "engine/cli/report.h"
#include "engine/cli/run_checkpoint.h"
#include "engine/plan/config.h"
#include "engine/plan/run_options.h"
#include "engine/plan/side_outputs.h"
#include "engine/stages/footprint.h"
#include "engine/stages/pipeline.h"
#include "engine/text/escape.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { MEMORY_INTERVAL_MS = 100 };

struct run {
    struct tide_plan plan;
    struct tide_output_set outputs;
    struct tide_output *by_kind[TIDE_OUTPUT_COUNT], *sides[TIDE_SIDE_OUTPUT_MAX];
    struct tide_pipeline *pipeline;
    struct tide_progress_bar progress;
    uint64_t reload_count;
    unsigned rule_count; /* of the latest reload */
    struct tide_run_checkpoint checkpoint;
    int signal_fd;
    int signal; /* that asked for the end; 0: none */
    int64_t begin_ns;
};

/* --- rules --- */

static bool reload_rules(struct run *run, struct tide_error *error)
{
    struct tide_config config = {0};
    const char *texts[TIDE_RULE_COUNT_MAX];
    if (run->reload_count == TIDE_RULE_CHANGES_MAX - 1)
        return tide_error_set(error, TIDE_EXIT_FAILED, "%d reloads are enough for one run",
                              TIDE_RULE_CHANGES_MAX - 1);
    struct tide_rule_set *rules = NULL;
    if (tide_config_read(&config, run->plan.config_file, &tide_run_options, error)) {
        unsigned count = tide_config_texts(&config, TIDE_RUN_ALERT, texts, TIDE_RULE_COUNT_MAX);
        if (count > TIDE_RULE_COUNT_MAX)
            tide_error_set(error, TIDE_EXIT_USAGE, "%s: more than %d alert lines",
                           run->plan.config_file, TIDE_RULE_COUNT_MAX);
        else if (count == 0 && run->plan.plugin) texts[count++] = "none"; /* as at the start */
        if (error->exit == TIDE_EXIT_OK)
            rules = tide_rules_build(texts, count, run->plan.registry->aggregates,
                                     run->plan.decimal.scale, error);
    }
    tide_config_fini(&config);
    if (!rules) return false;
    tide_side_outputs_route(&run->plan, rules);
    run->rule_count = rules->rule_count;
    if (tide_pipeline_reload(run->pipeline, rules, &run->reload_count, error)) return true;
    tide_rules_free(rules);
    return false;
}

/* A reload that fails changes nothing but is said aloud. */
static void reload(struct run *run)
{
    struct tide_error error = {0};
    tide_progress_clear(&run->progress);
    if (!reload_rules(run, &error))
        tide_command_say("the alert rules stay as they were: %s", error.text);
    else if (!run->plan.quiet)
        tide_command_say("%u alert rules read from %s", run->rule_count, run->plan.config_file);
}

/* --- signals --- */

static bool block_signals(struct run *run, struct tide_error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    if (!tide_signal_is_ignored(SIGINT)) sigaddset(&signals, SIGINT);
    if (!tide_signal_is_ignored(SIGTERM)) sigaddset(&signals, SIGTERM);
    if (run->plan.config_file) sigaddset(&signals, SIGHUP); /* means something else: reload */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    run->signal_fd = tide_sys_signalfd(&signals);
    return run->signal_fd >= 0 || tide_error_system(error, errno, "cannot wait for signals");
}

static void take_signal(struct run *run)
{
    struct signalfd_siginfo info;
    if (tide_sys_read(run->signal_fd, &info, sizeof info) != (ssize_t)sizeof info) return;
    if (info.ssi_signo == SIGHUP) {
        reload(run);
        return;
    }
    if (run->signal) { /* asked twice: an output may be stuck; nothing half-written is left behind
                        */
        tide_output_discard(&run->outputs, NULL);
        _exit(128 + (int)info.ssi_signo);
    }
    run->signal = (int)info.ssi_signo;
    tide_pipeline_stop(run->pipeline);
}

static void wait_for_end(struct run *run)
{
    struct pollfd events[2] = {{.fd = tide_pipeline_done_fd(run->pipeline), .events = POLLIN},
                               {.fd = run->signal_fd, .events = POLLIN}};
    struct tide_error error = {0};
    const int interval_ms = run->progress.is_shown     ? TIDE_PROGRESS_INTERVAL_MS
                            : run->plan.memory_max > 0 ? MEMORY_INTERVAL_MS
                                                       : -1;
    for (;;) {
        tide_sys_poll(events, 2, interval_ms);
        if (events[1].revents) take_signal(run);
        if (events[0].revents) break;
        if (run->plan.memory_max > 0 && error.exit == TIDE_EXIT_OK &&
            !tide_memory_limit_check(&error))
            tide_pipeline_fail(run->pipeline, &error);
        if (run->progress.is_shown) tide_progress_draw(&run->progress, run->pipeline);
    }
    tide_progress_clear(&run->progress);
}

/* --- the run --- */

/* Outputs of a followed file are streams too; the stats are written once, at the end. */
static bool open_outputs(struct run *run, struct tide_error *error)
{
    static const char *const parts[TIDE_OUTPUT_COUNT] = {
        [TIDE_OUTPUT_ALERTS] = "alerts.part", [TIDE_OUTPUT_RESULTS] = "results.part",
        [TIDE_OUTPUT_LATE] = "late.part",     [TIDE_OUTPUT_REJECTS] = "rejects.part",
        [TIDE_OUTPUT_STATS] = "stats.part",   [TIDE_OUTPUT_TRACE] = "trace.part",
    };
    char part[TIDE_PART_NAME_BYTES];
    run->outputs.terminal_escape = tide_escape_terminal;
    for (unsigned i = 0; i < TIDE_OUTPUT_COUNT; i++) {
        const char *name = run->plan.outputs[i];
        if (!name || tide_run_checkpoint_has_moved(&run->checkpoint, parts[i])) continue;
        run->by_kind[i] = i == TIDE_OUTPUT_STATS && run->plan.is_following
                              ? tide_output_open(&run->outputs, name, error)
                              : tide_run_checkpoint_output(&run->checkpoint, &run->outputs, name,
                                                           parts[i], i == TIDE_OUTPUT_STATS, error);
        if (!run->by_kind[i]) return false;
    }
    for (unsigned i = 0; i < run->plan.side_output_count; i++) {
        snprintf(part, sizeof part, "side-%u.part", i + 1);
        if (tide_run_checkpoint_has_moved(&run->checkpoint, part)) continue;
        run->sides[i] = tide_run_checkpoint_output(
            &run->checkpoint, &run->outputs, run->plan.side_outputs[i].file, part, false, error);
        if (!run->sides[i]) return false;
    }
    return true;
}

static bool set_up(struct run *run, struct tide_error *error)
{
    uint64_t bytes_total;
    if (!tide_reader_check_files(&run->plan, &bytes_total, error) ||
        !tide_footprint_fits(&run->plan, error) || !block_signals(run, error) ||
        !open_outputs(run, error))
        return false;
    struct tide_output *outputs[TIDE_CHANNEL_COUNT] = {
        [TIDE_CHANNEL_RESULTS] = run->by_kind[TIDE_OUTPUT_RESULTS],
        [TIDE_CHANNEL_ALERTS] = run->by_kind[TIDE_OUTPUT_ALERTS],
        [TIDE_CHANNEL_LATE] = run->by_kind[TIDE_OUTPUT_LATE],
        [TIDE_CHANNEL_REJECTS] = run->by_kind[TIDE_OUTPUT_REJECTS],
        [TIDE_CHANNEL_TRACE] = run->by_kind[TIDE_OUTPUT_TRACE],
    };
    memcpy(outputs + TIDE_CHANNEL_SIDE, run->sides, sizeof run->sides);
    tide_progress_init(&run->progress, &run->plan, bytes_total);
    run->pipeline = tide_pipeline_create(&run->plan, outputs, error);
    tide_footprint_limit(&run->plan);
    return run->pipeline &&
           tide_run_checkpoint_restore(&run->checkpoint, run->pipeline, &run->outputs, error);
}

static bool finish(struct run *run, const struct tide_totals *totals, struct tide_error *error)
{
    const struct tide_report report = {
        .plan = &run->plan,
        .pipeline = run->pipeline,
        .totals = totals,
        .wall_ns = tide_clock_ns() - run->begin_ns,
        .signal = run->signal,
    };
    struct tide_output *stats = run->by_kind[TIDE_OUTPUT_STATS];
    if (run->plan.checkpoint_folder && run->signal && !run->plan.is_following) {
        tide_output_discard(&run->outputs, NULL); /* they stay unfinished, to be resumed */
    } else {
        if (stats && !(tide_output_cut(stats, error) && tide_report_stats(&report, stats, error)))
            return false;
        if (!run->signal && !tide_run_checkpoint_finish(&run->checkpoint, &run->outputs, error))
            return false;
        if (!tide_output_commit(&run->outputs, error)) return false;
    }
    if (run->plan.verbose) tide_report_stages(&report);
    if (!run->plan.quiet) tide_report_summary(&report);
    if (!run->plan.quiet && run->plan.checkpoint_folder && run->signal)
        tide_run_checkpoint_say_unfinished(&run->checkpoint);
    return true;
}

/* Data that broke a policy leaves only the rejects, which show why. */
static void give_up(struct run *run, struct tide_error *error)
{
    struct tide_output *kept =
        error->exit == TIDE_EXIT_POLICY ? run->by_kind[TIDE_OUTPUT_REJECTS] : NULL;
    if (kept) kept->must_stay = kept->is_part; /* the run may be resumed under another policy */
    tide_output_discard(&run->outputs, kept);
    struct tide_error commit_error = {0};
    if (kept && !tide_output_commit(&run->outputs, &commit_error)) *error = commit_error;
}

/* A run that had ended well before: what a crash may have left of its outputs is moved to where it
 * belongs. */
static bool finish_again(struct run *run, struct tide_error *error)
{
    if (!open_outputs(run, error)) {
        tide_output_discard(&run->outputs, NULL);
        return false;
    }
    const unsigned moved = run->outputs.count;
    if (!tide_output_commit(&run->outputs, error)) return false;
    if (!run->plan.quiet)
        tide_command_say("'%s' is of a run that has finished: %u outputs moved to their places, "
                         "nothing else to do",
                         run->plan.checkpoint_folder, moved);
    return true;
}

static int run_plan(struct run *run, struct tide_error *error)
{
    struct tide_totals totals;
    if (!tide_run_checkpoint_open(&run->checkpoint, &run->plan, error))
        return tide_command_failed(error);
    if (tide_run_checkpoint_is_finished(&run->checkpoint))
        return finish_again(run, error) ? TIDE_EXIT_OK : tide_command_failed(error);
    bool done = set_up(run, error);
    if (done) {
        run->begin_ns = tide_clock_ns();
        tide_pipeline_start(run->pipeline);
        wait_for_end(run);
        done = tide_pipeline_join(run->pipeline, &totals, error);
        if (done && !totals.was_stopped) run->signal = 0; /* the input had ended before it came */
        done = done && finish(run, &totals, error);
    }
    /* Asked to end before it has begun, it has not failed. */
    const bool is_stopped = run->signal && (done || !tide_pipeline_is_verified(run->pipeline));
    if (!done) give_up(run, error);
    tide_pipeline_destroy(run->pipeline);
    const int status = done ? TIDE_EXIT_OK : tide_command_failed(error);
    return is_stopped ? 128 + run->signal : status;
}

int tide_command_run(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct tide_options options = {0};
    struct run run = {.signal_fd = -1, .checkpoint.folder.fd = -1};
    int status;
    if (!tide_options_parse(&options, &tide_run_options, argc, argv, &error))
        status = tide_command_failed(&error);
    else if (tide_options_flag(&options, TIDE_RUN_HELP))
        status = tide_help_command(&tide_run_options, registry);
    else if (!tide_plan_build(&run.plan, &options, registry, &error))
        status = tide_command_failed(&error);
    else status = run_plan(&run, &error);
    if (run.signal_fd >= 0) tide_sys_close(run.signal_fd);
    tide_run_checkpoint_close(&run.checkpoint);
    tide_plan_fini(&run.plan);
    tide_options_fini(&options);
    return status;
}
