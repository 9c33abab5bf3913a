/*
 * tidemark profile: one pass over the input on a thread of its own, while this one waits for the
 * end and for signals; then the report.
 */
#include "engine/base/clock.h"
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/signals.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/instruments/profile/report.h"
#include "engine/plan/setting.h"
#include "engine/text/escape.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum profile_option {
    JSON = TIDE_RUN_OPTION_COUNT,
    TOP,
    QUIET,
    HELP,
    OPTIONS_END,
    OPTION_COUNT = OPTIONS_END - TIDE_RUN_OPTION_COUNT
};

static const char *const groups[] = {"Report"};

/* clang-format off */
static const struct tide_option options_table[OPTION_COUNT] = {
    [JSON - TIDE_RUN_OPTION_COUNT] = {.name = "json",
        .help = "the report as one JSON object"},
    [TOP - TIDE_RUN_OPTION_COUNT] = {.name = "top", .argument = "N", .fallback = "10",
        .help = "how many of the keys with most rows to show, 0 to 1000"},
    [QUIET - TIDE_RUN_OPTION_COUNT] = {.name = "quiet", .letter = 'q',
        .help = "no line about time and memory on standard error"},
    [HELP - TIDE_RUN_OPTION_COUNT] = {.name = "help", .letter = 'h', .argv_only = true,
        .help = "print this and exit"},
};
/* clang-format on */

/* What says nothing about how rows are read. */
/* clang-format off */
static const char *const not_for_reading[] = {
    "max-rejects",
    "aggregate",
    "alert",
    "at-end",
    "alerts",
    "results",
    "late",
    "rejects",
    "stats",
    "format",
    "time-output",
    "order",
    "parallelism",
    "progress",
    "verbose",
    "batch-rows",
    "ring-slots",
    "scheduler",
    "process",
    "process-arg",
    "history",
    "side-output", "inactive",
    "follow",
    "idle-timeout", "clock",
    "inputs",
    "memory",
    "checkpoint",
    "checkpoint-every",
    "resume",
    "escape-formulas",
    NULL,
};
/* clang-format on */

static const struct tide_option_set profile_options = {
    .command = "profile",
    .operands = "[FILE]...",
    .summary = "Looks at an input before it is run: what its rows would count as, keys and skew, "
               "disorder and late rows for each bound, gaps, forms of times and amounts; and "
               "suggests a command. "
               "Columns and forms that are not given are guessed where the defaults do not fit. "
               "FILE as for run. Memory grows with the distinct keys.",
    .groups = groups,
    .group_count = 1,
    .option_count = OPTION_COUNT,
    .options = options_table,
    .closing = "Examples:\n"
               "  tidemark profile transactions.csv\n"
               "  tidemark profile --key card --window tumbling:1h --json payments.csv.gz\n",
    .base = &tide_run_options,
    .without = not_for_reading,
};

struct command {
    struct tide_profile *profile;
    struct tide_options options;
    uint64_t top_keys;
    struct tide_error error; /* the reading thread's, until it is joined */
    bool has_read;
    int done_fd, signal_fd;
    int signal; /* that asked for the end; 0: none */
};

static void *read_input(void *context)
{
    struct command *command = context;
    command->has_read = tide_profile_read(command->profile, &command->error);
    tide_sys_notify(command->done_fd);
    return NULL;
}

static bool block_signals(struct command *command, struct tide_error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    if (!tide_signal_is_ignored(SIGINT)) sigaddset(&signals, SIGINT);
    if (!tide_signal_is_ignored(SIGTERM)) sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    command->signal_fd = tide_sys_signalfd(&signals);
    command->done_fd = tide_sys_eventfd();
    return (command->signal_fd >= 0 && command->done_fd >= 0) ||
           tide_error_system(error, errno, "cannot wait for signals");
}

static void wait_for_end(struct command *command)
{
    struct pollfd events[2] = {{.fd = command->done_fd, .events = POLLIN},
                               {.fd = command->signal_fd, .events = POLLIN}};
    for (;;) {
        struct signalfd_siginfo info;
        tide_sys_poll(events, 2, -1);
        if (events[0].revents) return;
        if (tide_sys_read(command->signal_fd, &info, sizeof info) != (ssize_t)sizeof info) continue;
        if (command->signal) _exit(128 + (int)info.ssi_signo); /* asked twice */
        command->signal = (int)info.ssi_signo;
        tide_profile_stop(command->profile);
    }
}

static bool read_on_thread(struct command *command, struct tide_error *error)
{
    pthread_t thread;
    if (!block_signals(command, error)) return false;
    const int failure = tide_sys_thread_start(&thread, read_input, command);
    if (failure) return tide_error_system(error, failure, "cannot start a thread");
    wait_for_end(command);
    pthread_join(thread, NULL);
    if (!command->has_read) *error = command->error;
    return command->has_read;
}

static bool write_report(const struct command *command, struct tide_error *error)
{
    struct tide_output_set outputs = {.terminal_escape = tide_escape_terminal};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = tide_sys_open_memstream(&text, &bytes);
    if (!out) return tide_error_system(error, errno, "cannot make the report");
    bool failed = false;
    if (tide_options_flag(&command->options, JSON))
        tide_profile_report_json(command->profile, (unsigned)command->top_keys, out);
    else failed = !tide_profile_report_text(command->profile, (unsigned)command->top_keys, out);
    failed = failed || ferror(out) != 0;
    if (tide_sys_fclose(out) != 0 || failed) {
        tide_free(text);
        return tide_error_memory(error, "the report");
    }
    struct tide_output *output = tide_output_open(&outputs, "-", error);
    bool written = output && tide_output_write(output, text, bytes, error) &&
                   tide_output_commit(&outputs, error);
    if (!written) tide_output_discard(&outputs, NULL);
    tide_free(text); /* the stream took it from the allocator that tide_free gives back to */
    return written;
}

static void say_cost(const struct command *command, int64_t took_ns)
{
    struct rusage usage;
    const double seconds = (double)took_ns / 1e9;
    const double rows = (double)command->profile->tally.rows;
    getrusage(RUSAGE_SELF, &usage);
    fprintf(stderr, "tidemark: read in %.3f s, %.1f M rows/s; at most %.1f MiB of memory\n",
            seconds, seconds > 0 ? rows / seconds / 1e6 : 0, (double)usage.ru_maxrss / 1024);
    if (command->signal)
        fprintf(stderr, "tidemark: stopped by signal %d: the report is about the rows before it\n",
                command->signal);
}

static int run_profile(struct command *command, const struct tide_registry *registry,
                       struct tide_error *error)
{
    const struct tide_settings settings = {.options = &command->options, .error = error};
    if (!tide_setting_uint(&settings, TOP, 0, TIDE_REPORT_TOP_KEYS_MAX, &command->top_keys))
        return tide_command_failed(error);
    command->profile = tide_alloc_aligned(TIDE_PARTY_BYTES, sizeof *command->profile);
    if (!command->profile) {
        tide_error_memory(error, "the profile");
        return tide_command_failed(error);
    }
    const int64_t begin_ns = tide_clock_ns();
    bool done = tide_profile_open(command->profile, &command->options, registry, error) &&
                read_on_thread(command, error);
    const int64_t took_ns = tide_clock_ns() - begin_ns;
    done = done && write_report(command, error);
    if (done && !tide_options_flag(&command->options, QUIET)) say_cost(command, took_ns);
    tide_profile_close(command->profile);
    tide_free(command->profile);
    if (!done) return tide_command_failed(error);
    return command->signal ? 128 + command->signal : TIDE_EXIT_OK;
}

int tide_command_profile(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct command command = {.done_fd = -1, .signal_fd = -1};
    int status;
    if (!tide_options_parse(&command.options, &profile_options, argc, argv, &error))
        status = tide_command_failed(&error);
    else if (tide_options_flag(&command.options, HELP))
        status = tide_help_command(&profile_options, registry);
    else status = run_profile(&command, registry, &error);
    if (command.done_fd >= 0) tide_sys_close(command.done_fd);
    if (command.signal_fd >= 0) tide_sys_close(command.signal_fd);
    tide_options_fini(&command.options);
    return status;
}
