#include "engine/instruments/compare/job.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/instruments/compare/run_side.h"

#include <string.h>

/* --- which sides --- */

static bool check_operands(const struct tide_options *options, struct tide_error *error)
{
    if (options->file_count == 0)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "compare needs an input file, or two files of results");
    for (unsigned i = 0; i < options->file_count; i++)
        if (strcmp(options->files[i], "-") == 0)
            return tide_error_set(error, TIDE_EXIT_USAGE,
                                  "compare reads its input several times, which standard input "
                                  "does not allow; name a file");
    return true;
}

/* Two files of results, or one and a log? In a format without a header no results are no bytes. */
static bool choose_mode(struct tide_compare_job *job, const enum tide_shape_kind kinds[2],
                        struct tide_error *error)
{
    const struct tide_options *options = job->options;
    job->mode = job->log ? TIDE_COMPARE_LOG_AND_RUN : TIDE_COMPARE_RUNS;
    job->is_flink = job->log != NULL;
    if (job->log || options->file_count != 2) return true;
    bool is_first = kinds[0] != TIDE_SHAPE_OTHER, is_second = kinds[1] != TIDE_SHAPE_OTHER;
    if (is_first && is_second) {
        job->mode = TIDE_COMPARE_FILES;
        job->is_flink = kinds[0] == TIDE_SHAPE_FLINK || kinds[1] == TIDE_SHAPE_FLINK;
        return true;
    }
    if (is_first == is_second || kinds[is_second] == TIDE_SHAPE_EMPTY) return true;
    return tide_error_set(error, TIDE_EXIT_USAGE,
                          "%s holds results and %s does not: give two results, or input only",
                          options->files[is_second], options->files[is_first]);
}

static bool find_mode(struct tide_compare_job *job, struct tide_error *error)
{
    enum tide_shape_kind kinds[2] = {TIDE_SHAPE_OTHER, TIDE_SHAPE_OTHER}, kind;
    for (unsigned i = 0; i < job->options->file_count; i++) {
        if (!tide_side_recognise(job->options->files[i], job->manner.sources, &kind, error))
            return false;
        if (i < 2) kinds[i] = kind;
    }
    return choose_mode(job, kinds, error);
}

bool tide_compare_job_init(struct tide_compare_job *job, struct tide_error *error)
{
    job->is_kept = true;
    job->times = (struct tide_time_format){.form = TIDE_TIME_AUTO, .zone = &job->plan->zone};
    job->manner.times = &job->times;
    job->manner.sources = job->plan->registry->sources;
    if (!check_operands(job->options, error) || !find_mode(job, error)) return false;
    job->manner.identity = !job->is_flink ? TIDE_IDENTITY_TEXT
                           : job->float32 ? TIDE_IDENTITY_FLOAT32
                                          : TIDE_IDENTITY_VALUE;
    return true;
}

void tide_compare_job_fini(struct tide_compare_job *job)
{
    if (job->report) tide_sys_fclose(job->report);
    tide_free(job->text);
    tide_comparer_fini(&job->comparer);
    *job = (struct tide_compare_job){0};
}

/* --- the report --- */

static ssize_t append(void *cookie, const char *bytes, size_t count)
{
    struct tide_compare_job *job = cookie;
    if (job->text_bytes + count > job->text_capacity) {
        size_t capacity = 2 * (job->text_bytes + count);
        char *larger = tide_realloc(job->text, capacity);
        if (!larger) return 0;
        job->text = larger;
        job->text_capacity = capacity;
    }
    memcpy(job->text + job->text_bytes, bytes, count);
    job->text_bytes += count;
    return (ssize_t)count;
}

static bool open_report(struct tide_compare_job *job, struct tide_error *error)
{
    const cookie_io_functions_t functions = {.write = append};
    job->report = fopencookie(job, "w", functions);
    return job->report || tide_error_memory(error, "the report");
}

static bool write_report(struct tide_compare_job *job, struct tide_error *error)
{
    if (fflush(job->report) != 0 || ferror(job->report))
        return tide_error_memory(error, "the report");
    bool ok = tide_output_write(job->out, job->text, job->text_bytes, error);
    job->text_bytes = 0;
    return ok;
}

/* A block of text stands on its own and is written when it is there; JSON is one document. */
static bool report(struct tide_compare_job *job, const struct tide_comparison *comparison,
                   struct tide_error *error)
{
    unsigned index = job->compared_count++;
    job->is_kept = job->is_kept && comparison->is_kept;
    if (job->quiet) return true;
    if (job->json) {
        if (index == 0) tide_compare_json_begin(job->report, &job->comparer);
        tide_compare_json(job->report, &job->comparer, comparison, index);
        return true;
    }
    if (index == 0) tide_compare_text_begin(job->report, &job->comparer);
    tide_compare_text(job->report, &job->comparer, comparison);
    return write_report(job, error);
}

/* --- comparing --- */

static bool compare_side(struct tide_compare_job *job, const struct tide_side *side,
                         enum tide_promise promise, struct tide_error *error)
{
    struct tide_comparison comparison;
    bool ok = tide_comparer_compare(&job->comparer, &comparison, side, promise, error) &&
              report(job, &comparison, error);
    tide_comparison_fini(&comparison);
    return ok;
}

/* Nobody says in which order a file was written, unless asked for. */
static enum tide_promise promise_of_files(const struct tide_compare_job *job)
{
    static const enum tide_promise promises[] = {
        [TIDE_COMPARE_GLOBAL] = TIDE_PROMISE_BYTES,
        [TIDE_COMPARE_KEY] = TIDE_PROMISE_KEY_ORDER,
        [TIDE_COMPARE_BOTH] = TIDE_PROMISE_CONTENT,
        [TIDE_COMPARE_FLINK] = TIDE_PROMISE_BYTES,
    };
    return promises[job->order];
}

/* The order of the run that the others are compared with. */
static const char *order_of_reference(const struct tide_compare_job *job)
{
    return job->order == TIDE_COMPARE_FLINK ? "flink" : "global";
}

static bool compare_files(struct tide_compare_job *job, struct tide_error *error)
{
    const char *const *files = job->options->files;
    const struct tide_side first = {.label = files[0], .path = files[0]};
    const struct tide_side second = {.label = files[1], .path = files[1]};
    job->plan->files = &job->input;
    job->plan->file_count = 1;
    return tide_comparer_init(&job->comparer, &job->manner, &first, job->input ? job->plan : NULL,
                              error) &&
           compare_side(job, &second, promise_of_files(job), error);
}

static bool compare_log(struct tide_compare_job *job, struct tide_error *error)
{
    const struct tide_side log = {.label = job->log, .path = job->log};
    const struct tide_run_kind kind = {1, order_of_reference(job), "--results=-", "--format=flink"};
    struct tide_run_side run;
    bool ok = tide_run_side_init(&run, job->options, &kind, error) &&
              tide_comparer_init(&job->comparer, &job->manner, &run.side, job->plan, error) &&
              compare_side(job, &log, promise_of_files(job), error);
    tide_run_side_fini(&run);
    return ok;
}

static bool compare_level(struct tide_compare_job *job, unsigned level, const char *order,
                          enum tide_promise promise, struct tide_error *error)
{
    const struct tide_run_kind kind = {level, order, job->output_argument, NULL};
    struct tide_run_side run;
    bool ok = tide_run_side_init(&run, job->options, &kind, error) &&
              compare_side(job, &run.side, promise, error);
    tide_run_side_fini(&run);
    return ok;
}

static bool compare_levels(struct tide_compare_job *job, struct tide_error *error)
{
    for (unsigned i = 0; i < job->level_count; i++) {
        unsigned level = job->levels[i];
        const bool keys_only = job->order == TIDE_COMPARE_KEY;
        const bool keys_too = keys_only || job->order == TIDE_COMPARE_BOTH;
        if (!keys_only &&
            !compare_level(job, level, order_of_reference(job), TIDE_PROMISE_BYTES, error))
            return false;
        if (keys_too && !compare_level(job, level, "key", TIDE_PROMISE_KEY_ORDER, error))
            return false;
    }
    return true;
}

static bool compare_runs(struct tide_compare_job *job, struct tide_error *error)
{
    const struct tide_run_kind kind = {1, order_of_reference(job), job->output_argument, NULL};
    struct tide_run_side run;
    bool ok = tide_run_side_init(&run, job->options, &kind, error) &&
              tide_comparer_init(&job->comparer, &job->manner, &run.side, job->plan, error) &&
              compare_levels(job, error);
    tide_run_side_fini(&run);
    return ok;
}

bool tide_compare_job_run(struct tide_compare_job *job, struct tide_output *out,
                          struct tide_error *error)
{
    static bool (*const modes[])(struct tide_compare_job *, struct tide_error *) = {
        [TIDE_COMPARE_RUNS] = compare_runs,
        [TIDE_COMPARE_FILES] = compare_files,
        [TIDE_COMPARE_LOG_AND_RUN] = compare_log,
    };
    job->out = out;
    if (!open_report(job, error) || !modes[job->mode](job, error)) return false;
    if (job->json && !job->quiet) tide_compare_json_end(job->report, job->is_kept);
    return write_report(job, error);
}
