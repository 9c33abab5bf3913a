#include "engine/instruments/bench/sweep.h"

#include "engine/base/memory.h"
#include "engine/base/system.h"
#include "engine/instruments/bench/cold.h"
#include "engine/instruments/bench/command.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct rounds {
    const struct tide_bench_job *job;
    struct tide_bench_sweep *sweep;
    struct stat *inputs; /* as they were at the beginning */
    struct tide_error *error;
};

/* --- inputs --- */

static bool look_at_inputs(struct rounds *rounds)
{
    const struct tide_plan *plan = rounds->job->plan;
    rounds->inputs = tide_alloc_zeroed(plan->file_count, sizeof *rounds->inputs);
    if (!rounds->inputs) return tide_error_memory(rounds->error, "inputs");
    for (unsigned i = 0; i < plan->file_count; i++)
        if (tide_sys_stat(plan->files[i], &rounds->inputs[i]) != 0)
            return tide_error_system(rounds->error, errno, "cannot read %s", plan->files[i]);
    return true;
}

static bool check_inputs(const struct rounds *rounds)
{
    const struct tide_plan *plan = rounds->job->plan;
    for (unsigned i = 0; i < plan->file_count; i++) {
        struct stat now;
        const struct stat *then = &rounds->inputs[i];
        if (tide_sys_stat(plan->files[i], &now) == 0 && now.st_dev == then->st_dev &&
            now.st_ino == then->st_ino && now.st_size == then->st_size &&
            now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
            now.st_mtim.tv_nsec == then->st_mtim.tv_nsec)
            continue;
        return tide_error_set(rounds->error, TIDE_EXIT_FAILED,
                              "%s changed while it was measured: there are no figures",
                              plan->files[i]);
    }
    return true;
}

/* --- one run --- */

/* For a sentence: "parallelism 4, batch-rows 64". */
static void name_case(char *text, size_t bytes, const struct tide_bench_case *item)
{
    int used = snprintf(text, bytes, "parallelism %u", item->parallelism);
    for (unsigned axis = 0; axis < TIDE_BENCH_AXIS_COUNT; axis++)
        if (item->values[axis] && used > 0 && (size_t)used < bytes)
            used += snprintf(text + used, bytes - (size_t)used, ", %s %s",
                             tide_bench_axis_name((enum tide_bench_axis)axis), item->values[axis]);
}

/* A run that failed gives its own status and text. */
static bool report_failure(const struct rounds *rounds, const struct tide_bench_case *item,
                           int status, const char *complaint)
{
    static const char prefix[] = "tidemark: ";
    char name[128];
    if (strncmp(complaint, prefix, sizeof prefix - 1) == 0) complaint += sizeof prefix - 1;
    if (status >= TIDE_EXIT_FAILED && status <= TIDE_EXIT_POLICY && *complaint) {
        bool is_full = strstr(complaint, strerror(ENOSPC)) != NULL;
        return tide_error_set(rounds->error, (enum tide_exit)status, "%s%s", complaint,
                              is_full ? "; set TMPDIR to a folder with room for what a run writes"
                                      : "");
    }
    name_case(name, sizeof name, item);
    return tide_error_set(rounds->error, TIDE_EXIT_FAILED, "the run at %s ended with status %d%s%s",
                          name, status, *complaint ? ": " : "", complaint);
}

static bool time_run(const struct rounds *rounds, const struct tide_bench_case *item,
                     struct tide_bench_timing *timing)
{
    char complaint[TIDE_ERROR_BYTES];
    char *command = tide_bench_command_run(rounds->job, item, rounds->error);
    if (!command) return false;
    bool ok = tide_hyperfine_time(rounds->job->guard, rounds->job->folder, command, timing,
                                  complaint, rounds->error);
    tide_free(command);
    return ok && (timing->status == 0 || report_failure(rounds, item, timing->status, complaint));
}

static bool report_difference(const struct rounds *rounds, const struct tide_bench_case *item,
                              const char *difference)
{
    char name[128], first[128];
    char *command = tide_bench_command_compare(rounds->job, item, rounds->error);
    if (!command) return false;
    name_case(name, sizeof name, item);
    name_case(first, sizeof first, &rounds->job->cases->items[0]);
    tide_error_set(rounds->error, TIDE_EXIT_DIFFERENCE,
                   "the %s at %s are not those of the first run, at %s: there are no figures; "
                   "to see the difference: %s",
                   difference, name, first, command);
    tide_free(command);
    return false;
}

static bool prove(const struct rounds *rounds, const struct tide_bench_case *item,
                  const char *counts)
{
    const char *difference;
    if (!tide_proof_add(&rounds->sweep->proof, rounds->job->folder, item->order, counts,
                        &difference, rounds->error))
        return false;
    return !difference || (check_inputs(rounds) && report_difference(rounds, item, difference));
}

/* A run of the case, measured and proved; what the last one left is gone by then. */
static bool measure(const struct rounds *rounds, const struct tide_bench_case *item,
                    struct tide_bench_run *run)
{
    const struct tide_bench_job *job = rounds->job;
    struct tide_bench_path stats = tide_bench_folder_file(job->folder, "stats");
    double left = 0;
    tide_bench_folder_empty(job->folder);
    if (job->is_cold &&
        !tide_bench_cold(job->plan->files, job->plan->file_count, &left, rounds->error))
        return false;
    if (left > rounds->sweep->cold_left_most) rounds->sweep->cold_left_most = left;
    return time_run(rounds, item, &run->timing) &&
           tide_bench_run_read(run, stats.text, rounds->error) && prove(rounds, item, run->counts);
}

/* --- rounds --- */

static void tell_round(const struct tide_bench_job *job, unsigned round)
{
    if (!job->progress) return;
    fprintf(job->progress, "tidemark: round %u of %u%s\n", round + 1,
            job->warmup_count + job->run_count, round < job->warmup_count ? ", to warm up" : "");
    fflush(job->progress);
}

static bool run_round(const struct rounds *rounds, unsigned round)
{
    const struct tide_bench_job *job = rounds->job;
    struct tide_bench_sweep *sweep = rounds->sweep;
    tell_round(job, round);
    for (unsigned i = 0; i < sweep->case_count; i++) {
        unsigned at = (i + round) % sweep->case_count;
        bool is_warmup = round < job->warmup_count;
        struct tide_bench_run discarded = {0};
        struct tide_bench_run *run =
            is_warmup ? &discarded : &sweep->cases[at].runs[round - job->warmup_count];
        bool ok = measure(rounds, &job->cases->items[at], run);
        tide_bench_run_fini(&discarded);
        if (!ok) return false;
    }
    return true;
}

static bool gather(struct tide_bench_sweep *sweep, const struct tide_bench_cases *cases,
                   struct tide_error *error)
{
    for (unsigned i = 0; i < sweep->case_count; i++) {
        struct tide_bench_measured *measured = &sweep->cases[i];
        unsigned stage_count = measured->runs[0].stage_count;
        for (unsigned j = 1; j < sweep->run_count; j++)
            if (measured->runs[j].stage_count != stage_count)
                return tide_error_set(error, TIDE_EXIT_FAILED,
                                      "runs at one parallelism tell of %u and of %u stages",
                                      stage_count, measured->runs[j].stage_count);
        measured->stages = tide_alloc_zeroed(stage_count, sizeof *measured->stages);
        if (!measured->stages) return tide_error_memory(error, "medians");
        if (!tide_bench_run_medians(measured->runs, sweep->run_count, cases->items[i].parallelism,
                                    measured->stages, &measured->figures, error))
            return false;
    }
    return true;
}

static bool make_room(struct tide_bench_sweep *sweep, const struct tide_bench_job *job,
                      struct tide_error *error)
{
    sweep->cases = tide_alloc_zeroed(job->cases->case_count, sizeof *sweep->cases);
    if (!sweep->cases) return tide_error_memory(error, "figures");
    sweep->case_count = job->cases->case_count;
    sweep->run_count = job->run_count;
    for (unsigned i = 0; i < sweep->case_count; i++) {
        sweep->cases[i].runs = tide_alloc_zeroed(job->run_count, sizeof *sweep->cases[i].runs);
        if (!sweep->cases[i].runs) return tide_error_memory(error, "figures");
    }
    return true;
}

bool tide_bench_sweep_run(struct tide_bench_sweep *sweep, const struct tide_bench_job *job,
                          struct tide_error *error)
{
    struct rounds rounds = {.job = job, .sweep = sweep, .error = error};
    *sweep = (struct tide_bench_sweep){0};
    tide_proof_init(&sweep->proof, job->plan, tide_bench_cases_any_key_order(job->cases));
    bool ok = make_room(sweep, job, error) && look_at_inputs(&rounds);
    for (unsigned round = 0; ok && round < job->warmup_count + job->run_count; round++)
        ok = run_round(&rounds, round);
    ok = ok && check_inputs(&rounds) && gather(sweep, job->cases, error);
    tide_free(rounds.inputs);
    return ok;
}

void tide_bench_sweep_fini(struct tide_bench_sweep *sweep)
{
    for (unsigned i = 0; sweep->cases && i < sweep->case_count; i++) {
        struct tide_bench_measured *measured = &sweep->cases[i];
        for (unsigned j = 0; measured->runs && j < sweep->run_count; j++)
            tide_bench_run_fini(&measured->runs[j]);
        tide_free(measured->runs);
        tide_free(measured->stages);
    }
    tide_free(sweep->cases);
    tide_proof_fini(&sweep->proof);
    *sweep = (struct tide_bench_sweep){0};
}
