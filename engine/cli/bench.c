#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/instruments/bench/command.h"
#include "engine/instruments/bench/plot.h"
#include "engine/plan/plan_clock.h"
#include "engine/plan/run_options.h"
#include "engine/plan/setting.h"
#include "engine/stages/reader.h"
#include "engine/text/escape.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum bench_option {
    LEVELS = TIDE_RUN_OPTION_COUNT,
    RUNS,
    WARMUP,
    COLD,
    VARY,
    JSON,
    CSV,
    MARKDOWN,
    PLOT,
    HELP,
    OPTION_END,
};
#define OWN(id) [(id)-TIDE_RUN_OPTION_COUNT]

enum group { SWEEP, REPORT };
static const char *const groups[] = {[SWEEP] = "Sweep", [REPORT] = "Report"};
/* clang-format off */
static const char *const without[] = {
    "side-output",
    "stats",
    "progress",
    "verbose",
    "follow",
    "idle-timeout",
    "inputs",
    "checkpoint",
    "checkpoint-every",
    "resume",
    NULL,
};
/* clang-format on */

/* clang-format off */
static const struct tide_option options_table[OPTION_END - TIDE_RUN_OPTION_COUNT] = {
    OWN(LEVELS) = {.name = "parallelism", .letter = 'p', .argument = "N[,N...]", .group = SWEEP,
        .help = "levels to measure; not given: 1, 2, 4 and so on up to twice the cores"},
    OWN(RUNS) = {.name = "runs", .argument = "R", .fallback = "5", .group = SWEEP,
        .help = "measured runs at each level, in turns"},
    OWN(WARMUP) = {.name = "warmup", .argument = "W", .fallback = "1", .group = SWEEP,
        .help = "runs at each level before, whose times do not count"},
    OWN(COLD) = {.name = "cold", .group = SWEEP,
        .help = "take the file out of the page cache before each run"},
    OWN(VARY) = {.name = "vary", .argument = "OPTION=VALUE[,VALUE...]", .repeatable = true,
        .group = SWEEP,
        .help = "measure every level with each of these values too; OPTION is batch-rows, "
                "ring-slots or order"},
    OWN(JSON) = {.name = "json", .argument = "FILE", .group = REPORT,
        .help = "all figures as JSON"},
    OWN(CSV) = {.name = "csv", .argument = "FILE", .group = REPORT,
        .help = "a line for each level"},
    OWN(MARKDOWN) = {.name = "markdown", .argument = "FILE", .group = REPORT,
        .help = "the report as Markdown"},
    OWN(PLOT) = {.name = "plot", .argument = "FILE.svg", .group = REPORT,
        .help = "throughput over N, drawn by gnuplot"},
    OWN(HELP) = {.name = "help", .letter = 'h', .argv_only = true, .group = REPORT,
        .help = "print this and exit"},
};
/* clang-format on */

static const struct tide_option_set bench_options = {
    .command = "bench",
    .operands = "FILE...",
    .summary =
        "Measures 'tidemark run' at several parallelisms with hyperfine, proves that all runs "
        "wrote the same, and says what binds at each and what more cores would give. No figure is "
        "reported of runs whose outputs differ.",
    .groups = groups,
    .group_count = sizeof groups / sizeof groups[0],
    .option_count = OPTION_END - TIDE_RUN_OPTION_COUNT,
    .options = options_table,
    .closing = "The runs write their alerts, and the results, late rows and rejects if --results, "
               "--late or\n--rejects is given, to a private folder in $TMPDIR or /tmp, not to the "
               "FILEs named.\n"
               "\n"
               "Examples:\n"
               "  tidemark bench rows.csv\n"
               "  tidemark bench rows.csv -p 1,2,4 --results r.csv --window tumbling:1h --plot "
               "speed.svg\n"
               "  tidemark bench rows.csv -p 2 --vary batch-rows=64,512,4096 --vary "
               "ring-slots=4,16\n",
    .base = &tide_run_options,
    .without = without,
};

enum { RUNS_MAX = 1000 };
enum { FILE_JSON, FILE_CSV, FILE_MARKDOWN, FILE_PLOT, FILE_TEXT, FILE_COUNT };

struct bench {
    struct tide_options options;
    struct tide_plan plan;
    char **run_arguments;
    char *command;
    struct tide_bench_cases cases;
    struct tide_machine machine;
    struct tide_bench_guard guard;
    struct tide_bench_folder folder;
    struct tide_bench_job job;
    struct tide_bench_sweep sweep;
    struct tide_bench_series *series;
    struct tide_output_set outputs;
    struct tide_output *files[FILE_COUNT]; /* NULL: not asked for */
    char hyperfine[TIDE_TOOL_VERSION_BYTES];
    uint64_t file_bytes;
};

/* --- settings --- */

static bool read_count(const struct tide_settings *settings, unsigned id, unsigned least,
                       unsigned *count)
{
    uint64_t value;
    if (!tide_setting_uint(settings, id, least, RUNS_MAX, &value)) return false;
    *count = (unsigned)value;
    return true;
}

static bool read_levels(struct bench *bench, const struct tide_settings *settings,
                        const struct tide_registry *registry)
{
    struct tide_error cause = {0};
    return tide_bench_cases_set_levels(&bench->cases, tide_options_text(&bench->options, LEVELS),
                                       registry, bench->machine.cores, &cause) ||
           tide_setting_pass_on(settings, LEVELS, &cause);
}

static bool read_vary(struct bench *bench, const struct tide_settings *settings,
                      const struct tide_registry *registry)
{
    const char *texts[TIDE_BENCH_AXIS_COUNT + 1];
    unsigned count = tide_options_texts(&bench->options, VARY, texts, TIDE_BENCH_AXIS_COUNT + 1);
    struct tide_error cause = {0};
    for (unsigned i = 0; i < count && i <= TIDE_BENCH_AXIS_COUNT; i++)
        if (!tide_bench_cases_vary(&bench->cases, texts[i], registry, &cause))
            return tide_setting_pass_on(settings, VARY, &cause);
    return tide_bench_cases_list(&bench->cases, bench->plan.order, &cause) ||
           tide_setting_pass_on(settings, count ? VARY : LEVELS, &cause);
}

/* Neither hyperfine's arguments nor JSON hold other bytes. */
static bool check_text(const char *text, struct tide_error *error)
{
    for (size_t left = strlen(text), bytes; left > 0; text += bytes, left -= bytes) {
        bytes = tide_utf8_sequence(text, left);
        if (bytes == 0)
            return tide_error_set(error, TIDE_EXIT_USAGE,
                                  "hyperfine takes UTF-8 only, and an argument is not at '%.40s': "
                                  "rename the file, or link to it by another name",
                                  text);
    }
    return true;
}

static bool check_texts(const struct bench *bench, struct tide_error *error)
{
    for (unsigned i = 0; bench->run_arguments[i]; i++)
        if (!check_text(bench->run_arguments[i], error)) return false;
    return check_text(bench->command, error);
}

static bool check_files(struct bench *bench, struct tide_error *error)
{
    for (unsigned i = 0; i < bench->plan.file_count; i++) {
        struct stat status;
        const char *file = bench->plan.files[i];
        bool is_standard = strcmp(file, "-") == 0;
        if (!is_standard && (tide_sys_stat(file, &status) != 0 || S_ISREG(status.st_mode) ||
                             S_ISDIR(status.st_mode)))
            continue; /* what is missing or a folder is for the next check to say */
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "%s can be read only once, and bench reads its input many times: "
                              "write it to a file first, and give that",
                              is_standard ? "standard input" : file);
    }
    return tide_reader_check_files(&bench->plan, &bench->file_bytes, error);
}

static bool read_settings(struct bench *bench, const struct tide_registry *registry,
                          struct tide_error *error)
{
    const struct tide_settings settings = {.options = &bench->options, .error = error};
    struct tide_bench_job *job = &bench->job;
    tide_machine_look(&bench->machine);
    if (!tide_plan_build(&bench->plan, &bench->options, registry, error) ||
        !tide_plan_check_repeatable(&settings) ||
        !read_count(&settings, RUNS, 1, &job->run_count) ||
        !read_count(&settings, WARMUP, 0, &job->warmup_count) ||
        !read_levels(bench, &settings, registry) || !read_vary(bench, &settings, registry) ||
        !check_files(bench, error))
        return false;
    bench->run_arguments = tide_options_forward(&bench->options);
    if (!bench->run_arguments) return tide_error_memory(error, "options");
    if (!check_texts(bench, error)) return false;
    job->plan = &bench->plan;
    job->run_arguments = (const char *const *)bench->run_arguments;
    job->cases = &bench->cases;
    job->guard = &bench->guard;
    job->folder = &bench->folder;
    job->is_cold = tide_options_flag(&bench->options, COLD);
    if (!bench->plan.quiet && isatty(STDERR_FILENO)) job->progress = stderr;
    return true;
}

/* --- outputs --- */

/* Opened before anything is measured, so that a folder that is not there costs no time. */
static bool open_files(struct bench *bench, struct tide_error *error)
{
    static const unsigned ids[] = {
        [FILE_JSON] = JSON, [FILE_CSV] = CSV, [FILE_MARKDOWN] = MARKDOWN, [FILE_PLOT] = PLOT};
    unsigned standard_count = 0;
    const char *names[FILE_COUNT] = {0};
    for (unsigned i = 0; i < FILE_TEXT; i++) {
        names[i] = tide_options_text(&bench->options, ids[i]);
        standard_count += names[i] && strcmp(names[i], "-") == 0;
    }
    if (standard_count > 1)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "only one of --json, --csv, --markdown and --plot can go to standard "
                              "output");
    if (standard_count == 0) names[FILE_TEXT] = "-";
    bench->outputs.terminal_escape = tide_escape_terminal;
    for (unsigned i = 0; i < FILE_COUNT; i++) {
        for (unsigned j = 0; names[i] && j < i; j++)
            if (names[j] && tide_output_same_file(names[i], names[j], error))
                return tide_error_set(error, TIDE_EXIT_USAGE, "two reports to %s", names[i]);
        for (unsigned j = 0; names[i] && j < bench->plan.file_count; j++)
            if (tide_output_same_file(names[i], bench->plan.files[j], error))
                return tide_error_set(error, TIDE_EXIT_USAGE, "%s is the input", names[i]);
        if (!names[i]) continue;
        bench->files[i] = tide_output_open(&bench->outputs, names[i], error);
        if (!bench->files[i]) return false;
    }
    return true;
}

static bool write_text(const struct tide_bench_report *report, unsigned file,
                       struct tide_output *output, struct tide_error *error)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = tide_sys_open_memstream(&text, &bytes);
    if (!out) return tide_error_memory(error, "the report");
    bool ok = file == FILE_JSON ? tide_bench_report_json(report, out, error)
              : file == FILE_CSV
                  ? tide_bench_report_csv(report, out, error)
                  : tide_bench_report_text(
                        report, out, file == FILE_MARKDOWN ? TIDE_TABLE_MARKDOWN : TIDE_TABLE_TEXT,
                        error);
    bool failed = ferror(out) != 0;
    failed |= tide_sys_fclose(out) != 0;
    if (ok && failed) ok = tide_error_memory(error, "the report");
    ok = ok && tide_output_write(output, text, bytes, error);
    tide_free(text);
    return ok;
}

static bool write_report(struct bench *bench, struct tide_error *error)
{
    const struct tide_bench_report report = {
        .job = &bench->job,
        .sweep = &bench->sweep,
        .series = bench->series,
        .machine = &bench->machine,
        .command = bench->command,
        .hyperfine = bench->hyperfine,
        .file_bytes = bench->file_bytes,
    };
    for (unsigned i = 0; i < FILE_COUNT; i++) {
        if (!bench->files[i]) continue;
        if (i == FILE_PLOT ? !tide_bench_plot(&report, bench->files[i], error)
                           : !write_text(&report, i, bench->files[i], error))
            return false;
    }
    return tide_bench_guard_check(&bench->guard, error) &&
           tide_output_commit(&bench->outputs, error);
}

/* --- the whole --- */

static bool find_tools(struct bench *bench, struct tide_error *error)
{
    char version[TIDE_TOOL_VERSION_BYTES];
    return tide_tool_version(&bench->guard, &bench->folder, "hyperfine", "hyperfine",
                             bench->hyperfine, error) &&
           (!bench->files[FILE_PLOT] ||
            tide_tool_version(&bench->guard, &bench->folder, tide_plot_program, tide_plot_package,
                              version, error));
}

static bool analyse(struct bench *bench, struct tide_error *error)
{
    bench->series = tide_alloc_zeroed(bench->cases.series_count, sizeof *bench->series);
    if (!bench->series) return tide_error_memory(error, "the report");
    for (unsigned i = 0; i < bench->cases.series_count; i++)
        if (!tide_bench_series_init(&bench->series[i], &bench->cases, &bench->sweep, i, error))
            return false;
    return true;
}

static bool measure(struct bench *bench, struct tide_error *error)
{
    return open_files(bench, error) && tide_bench_folder_init(&bench->folder, error) &&
           find_tools(bench, error) && tide_bench_sweep_run(&bench->sweep, &bench->job, error) &&
           analyse(bench, error) && write_report(bench, error);
}

static void fini(struct bench *bench)
{
    for (unsigned i = 0; bench->series && i < bench->cases.series_count; i++)
        tide_bench_series_fini(&bench->series[i]);
    tide_free(bench->series);
    tide_bench_sweep_fini(&bench->sweep);
    tide_bench_cases_fini(&bench->cases);
    tide_free(bench->run_arguments);
    tide_free(bench->command);
    tide_plan_fini(&bench->plan);
    tide_options_fini(&bench->options);
}

int tide_command_bench(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct bench bench = {0};
    int status = TIDE_EXIT_OK;
    if (!tide_options_parse(&bench.options, &bench_options, argc, argv, &error)) {
        status = tide_command_failed(&error);
    } else if (tide_options_flag(&bench.options, HELP)) {
        status = tide_help_command(&bench_options, registry);
    } else {
        bench.command = tide_bench_command_join((const char *const *)argv, &error);
        if (!bench.command || !read_settings(&bench, registry, &error)) {
            status = tide_command_failed(&error);
        } else {
            tide_bench_guard_begin(&bench.guard);
            bool ok = measure(&bench, &error);
            tide_output_discard(&bench.outputs, NULL);
            tide_bench_folder_fini(&bench.folder);
            tide_bench_guard_end(&bench.guard);
            if (!ok) status = tide_command_failed(&error);
        }
    }
    fini(&bench);
    return status;
}
