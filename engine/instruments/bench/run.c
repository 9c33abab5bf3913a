#include "engine/instruments/bench/run.h"

#include "engine/base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* --- reading --- */

struct reading {
    const char *path;
    const char *wrong; /* the first member that is not there or cannot be; NULL: none */
};

static void blame(struct reading *reading, const char *name)
{
    if (!reading->wrong) reading->wrong = name;
}

/* A number from 0 to 2^53, the last that doubles count to. */
static double read_number(struct reading *reading, const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    double value = json_is_number(member) ? json_number_value(member) : -1;
    if (value >= 0 && value <= 0x1p53) return value;
    blame(reading, name);
    return 0;
}

/* As read_number, but what the system did not tell is null, and `unknown` here. */
static double read_known(struct reading *reading, const json_t *object, const char *name,
                         double unknown)
{
    return json_is_null(json_object_get(object, name)) ? unknown
                                                       : read_number(reading, object, name);
}

static unsigned read_count(struct reading *reading, const json_t *object, const char *name)
{
    double value = read_number(reading, object, name);
    if (value <= (double)INT32_MAX) return (unsigned)value;
    blame(reading, name);
    return 0;
}

static void read_stage(struct reading *reading, const json_t *object,
                       struct tide_stage_figures *stage)
{
    const char *name = json_string_value(json_object_get(object, "stage"));
    if (!name || !tide_stage_kind_of(name, &stage->kind)) {
        blame(reading, "stage");
        return;
    }
    stage->rows = (uint64_t)read_number(reading, object, "rows");
    stage->batches = (uint64_t)read_number(reading, object, "batches");
    stage->wall_s = read_number(reading, object, "wall_s");
    stage->cpu_s = read_number(reading, object, "cpu_s");
    stage->busy_s = read_number(reading, object, "busy_s");
    stage->input_s = read_number(reading, object, "waiting_for_input_s");
    stage->room_s = read_number(reading, object, "waiting_for_room_s");
    stage->core_s = read_known(reading, object, "waiting_for_core_s", -1);
    const json_t *ring = json_object_get(object, "ring");
    if (!ring) return; /* none leads into the reader */
    stage->ring_mean = read_number(reading, ring, "mean");
    stage->ring_most = read_count(reading, ring, "most");
    stage->ring_slots = read_count(reading, ring, "slots");
}

/* A reader, a parser, workers, a sink. */
static bool stages_are_in_order(const struct tide_bench_run *run)
{
    unsigned count = run->stage_count;
    if (count < 4 || run->stages[0].kind != TIDE_STAGE_READER ||
        run->stages[1].kind != TIDE_STAGE_PARSER || run->stages[count - 1].kind != TIDE_STAGE_SINK)
        return false;
    for (unsigned i = 2; i < count - 1; i++)
        if (run->stages[i].kind != TIDE_STAGE_WORKER) return false;
    return true;
}

/* The neediest first. */
static int compare_workers(const void *a, const void *b)
{
    double first_s = tide_stage_time(a).needed_s, second_s = tide_stage_time(b).needed_s;
    return (first_s < second_s) - (first_s > second_s);
}

/* Which worker gets which keys is drawn anew in each run. Only by rank are the workers of several
 * runs the same: the one with the hot key is always the first. */
static void rank_workers(struct tide_bench_run *run)
{
    struct tide_stage_figures *workers = &run->stages[2];
    unsigned count = run->stage_count - 3;
    qsort(workers, count, sizeof *workers, compare_workers);
    for (unsigned i = 0; i < count; i++) workers[i].index = i;
}

static bool read_stages(struct reading *reading, const json_t *list, struct tide_bench_run *run,
                        struct tide_error *error)
{
    size_t count = json_array_size(list);
    if (count == 0 || count > TIDE_BENCH_STAGES_MAX) {
        blame(reading, "stages");
        return true;
    }
    run->stages = tide_alloc_zeroed(count, sizeof *run->stages);
    if (!run->stages) return tide_error_memory(error, "the stats of a run");
    run->stage_count = (unsigned)count;
    for (size_t i = 0; i < count; i++)
        read_stage(reading, json_array_get(list, i), &run->stages[i]);
    if (!stages_are_in_order(run)) blame(reading, "stages");
    else rank_workers(run);
    return true;
}

static bool read_members(struct reading *reading, const json_t *stats, struct tide_bench_run *run,
                         struct tide_error *error)
{
    const json_t *counts = json_object_get(stats, "counts");
    const json_t *timing = json_object_get(stats, "timing");
    const json_t *threads = json_object_get(stats, "threads");
    run->rows = (uint64_t)read_number(reading, counts, "rows");
    run->results = (uint64_t)read_number(reading, counts, "results");
    run->input_bytes = (uint64_t)read_number(reading, timing, "input_bytes");
    run->peak_kib = read_number(reading, timing, "peak_memory_kib");
    run->cores = read_count(reading, threads, "cores");
    run->batch_rows = read_count(reading, threads, "batch_rows");
    run->ring_slots = read_count(reading, threads, "ring_slots");
    run->skew = read_known(reading, threads, "skew", 1);
    if (!read_stages(reading, json_object_get(threads, "stages"), run, error)) return false;
    if (reading->wrong)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s: '%s' is missing or not what it should be; was it written by "
                              "another version?",
                              reading->path, reading->wrong);
    run->counts = json_dumps(counts, JSON_COMPACT | JSON_SORT_KEYS);
    return run->counts || tide_error_memory(error, "the counts of a run");
}

bool tide_bench_run_read(struct tide_bench_run *run, const char *stats_path,
                         struct tide_error *error)
{
    struct reading reading = {.path = stats_path};
    json_error_t reason;
    json_t *stats = json_load_file(stats_path, JSON_REJECT_DUPLICATES, &reason);
    if (!stats)
        return tide_error_set(error, TIDE_EXIT_FAILED, "%s holds no stats: %s", stats_path,
                              reason.text);
    bool ok = read_members(&reading, stats, run, error);
    json_decref(stats);
    return ok;
}

void tide_bench_run_fini(struct tide_bench_run *run)
{
    tide_free(run->stages);
    tide_free(run->counts);
    *run = (struct tide_bench_run){0};
}

/* --- medians --- */

/* The runs as a table: a row is a run, field 0 of each the first of `fields`. */
struct table {
    const struct tide_bench_run *runs;
    unsigned count;
    double *values; /* room for one a run */
};

static double median(const struct table *table)
{
    struct tide_summary summary;
    tide_summarise(table->values, table->count, &summary);
    return summary.median;
}

/* The median of one field of stage `index`, which is at `offset` in it. */
static double stage_median(const struct table *table, unsigned index, size_t offset)
{
    for (unsigned i = 0; i < table->count; i++)
        memcpy(&table->values[i], (const char *)&table->runs[i].stages[index] + offset,
               sizeof table->values[i]);
    return median(table);
}

static void stage_medians(const struct table *table, unsigned index,
                          struct tide_stage_figures *stage)
{
    static const size_t offsets[] = {
        offsetof(struct tide_stage_figures, wall_s),    offsetof(struct tide_stage_figures, cpu_s),
        offsetof(struct tide_stage_figures, input_s),   offsetof(struct tide_stage_figures, room_s),
        offsetof(struct tide_stage_figures, core_s),    offsetof(struct tide_stage_figures, busy_s),
        offsetof(struct tide_stage_figures, ring_mean),
    };
    *stage = table->runs[0].stages[index]; /* kind, index, slots */
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        double value = stage_median(table, index, offsets[i]);
        memcpy((char *)stage + offsets[i], &value, sizeof value);
    }
    for (unsigned i = 0; i < table->count; i++)
        table->values[i] = (double)table->runs[i].stages[index].rows;
    stage->rows = (uint64_t)median(table);
    for (unsigned i = 0; i < table->count; i++)
        table->values[i] = (double)table->runs[i].stages[index].batches;
    stage->batches = (uint64_t)median(table);
    for (unsigned i = 0; i < table->count; i++)
        table->values[i] = table->runs[i].stages[index].ring_most;
    stage->ring_most = (unsigned)median(table);
}

static void process_medians(const struct table *table, struct tide_level_figures *figures)
{
    for (unsigned i = 0; i < table->count; i++) table->values[i] = table->runs[i].timing.user_s;
    figures->user_s = median(table);
    for (unsigned i = 0; i < table->count; i++) table->values[i] = table->runs[i].timing.system_s;
    figures->system_s = median(table);
    for (unsigned i = 0; i < table->count; i++) table->values[i] = table->runs[i].peak_kib;
    figures->peak_kib = median(table);
    for (unsigned i = 0; i < table->count; i++) table->values[i] = table->runs[i].skew;
    figures->skew = median(table);
    for (unsigned i = 0; i < table->count; i++) table->values[i] = table->runs[i].timing.wall_s;
    tide_summarise(table->values, table->count, &figures->wall_s);
}

bool tide_bench_run_medians(const struct tide_bench_run runs[], unsigned count,
                            unsigned parallelism, struct tide_stage_figures stages[],
                            struct tide_level_figures *figures, struct tide_error *error)
{
    TIDE_ASSERT(count > 0);
    double *values = tide_alloc_zeroed(count, sizeof *values);
    if (!values) return tide_error_memory(error, "medians");
    const struct table table = {.runs = runs, .count = count, .values = values};
    *figures = (struct tide_level_figures){
        .parallelism = parallelism,
        .cores = runs[0].cores,
        .threads = runs[0].stage_count,
        .rows = runs[0].rows,
        .results = runs[0].results,
        .input_bytes = runs[0].input_bytes,
        .stages = stages,
        .stage_count = runs[0].stage_count,
    };
    process_medians(&table, figures);
    for (unsigned i = 0; i < figures->stage_count; i++) stage_medians(&table, i, &stages[i]);
    tide_free(values);
    return true;
}
