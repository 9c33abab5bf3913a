/* Runs in this process that take checkpoints and go on from them, in folders of their own. */
#ifndef TIDE_TESTS_FUZZ_RESUMABLE_H
#define TIDE_TESTS_FUZZ_RESUMABLE_H

#include "tests/unit/planned.h"

#include "engine/stages/pipeline.h"
#include "tests/fuzz/target.h"
#include "tests/unit/chance.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RESUMABLE_PATH_BYTES = 128,
    RESUMABLE_OPTIONS_MAX = 12,
    RESUMABLE_ROWS = 230,
    RESUMABLE_OUTPUT_BYTES_MAX = 1 << 18,
    RESUMABLE_OUTPUTS = 3, /* results, alerts, late */
    RESUMABLE_INPUTS = 3,  /* read where inputs are partitions; else only the first */
    RESUMABLE_SEED = 20240511,
};

/* What a run computes. New ones go to the end: inputs name them by number. */
static const char *const resumable_scenes[][RESUMABLE_OPTIONS_MAX] = {
    {"--window", "tumbling:2s", "--aggregate", "sum,count,min,max,mean,stddev,first,last",
     "--alert", "sum > history.mean", "--history", "3"},
    {"--window", "sliding:6s/2s", "--allowed-lateness", "3s", "--aggregate", "sum,stddev"},
    {"--window", "session:1s", "--allowed-lateness", "2s", "--aggregate", "sum,count,last"},
    {"--window", "count:5", "--aggregate", "sum,first"},
    {"--window", "tumbling:3s", "--order", "flink", "--format", "flink"},
    {"--window", "session:2s", "--inactive", "3s", "--history", "2", "--alert",
     "sum < history.mean"},
    {"--window", "sliding:5s/3s+1s", "--clock", "virtual:20", "--format", "jsonl"},
    {"--window", "tumbling:2s", "--process", PROCESS_FOLDER "/three_sigma.so"},
    {"--window", "tumbling:2s", "--process", PROCESS_FOLDER "/inactivity.so"},
    {"--window", "tumbling:2s", "--inputs", "partitions", "--allowed-lateness", "1s"},
    {"--window", "session:1s", "--inputs", "partitions", "--idle-timeout", "1h"},
};
enum { RESUMABLE_SCENES = sizeof resumable_scenes / sizeof resumable_scenes[0] };

static const char *const resumable_parts[RESUMABLE_OUTPUTS] = {"results.part", "alerts.part",
                                                               "late.part"};
static const unsigned resumable_channels[RESUMABLE_OUTPUTS] = {
    TIDE_CHANNEL_RESULTS, TIDE_CHANNEL_ALERTS, TIDE_CHANNEL_LATE};

/* All paths lie below one folder, which goes when the process ends. */
static struct {
    char path[RESUMABLE_PATH_BYTES / 2], inputs[RESUMABLE_INPUTS][RESUMABLE_PATH_BYTES];
    char taken[RESUMABLE_PATH_BYTES], resumed[RESUMABLE_PATH_BYTES];
    char targets[RESUMABLE_OUTPUTS][RESUMABLE_PATH_BYTES];
} resumable;

/* One run's plan, folder, outputs and pipeline. */
struct resumable_run {
    struct planned planned;
    struct tide_checkpoint_folder folder;
    struct tide_output_set set;
    struct tide_pipeline *pipeline;
};

/* What a run has done and written. */
struct resumable_outputs {
    struct tide_totals totals;
    struct {
        size_t bytes;
        char at[RESUMABLE_OUTPUT_BYTES_MAX];
    } files[RESUMABLE_OUTPUTS];
};

static inline void resumable_empty(const char *path)
{
    char file[2 * RESUMABLE_PATH_BYTES + 256];
    DIR *listing = opendir(path);
    const struct dirent *entry;
    while (listing && (entry = readdir(listing))) {
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        unlink(file);
    }
    if (listing) closedir(listing);
}

static void resumable_remove(void)
{
    resumable_empty(resumable.taken);
    resumable_empty(resumable.resumed);
    rmdir(resumable.taken);
    rmdir(resumable.resumed);
    resumable_empty(resumable.path);
    rmdir(resumable.path);
}

/* Times creep forward; some rows are late, some no rows, some keys long. */
static inline void resumable_write_input(const char *path, uint64_t seed)
{
    struct chance chance = {seed};
    long long now_ms = 1715421600000;
    FILE *file = fopen(path, "w");
    FUZZ_CHECK(file && fputs("transaction_id,timestamp,amount\n", file) >= 0);
    for (unsigned i = 0; i < RESUMABLE_ROWS; i++) {
        now_ms += chance_below(&chance, chance_is(&chance, 20) ? 9000 : 400);
        long long time_ms = now_ms - chance_below(&chance, chance_is(&chance, 10) ? 9000 : 900);
        if (chance_is(&chance, 25)) fputs("k1,soon,5\n", file);
        fprintf(file, "%s%u,%lld,%s%u.%02u\n",
                chance_is(&chance, 6) ? "a-key-of-more-than-sixteen-bytes-" : "k",
                chance_below(&chance, 9), time_ms,
                chance_is(&chance, 30) ? "123456789012345678" : "", chance_below(&chance, 5000),
                chance_below(&chance, 100));
    }
    FUZZ_CHECK(fclose(file) == 0);
}

static inline void resumable_open(void)
{
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(resumable.path, sizeof resumable.path, "%s/fuzz-XXXXXX", parent);
    FUZZ_CHECK(mkdtemp(resumable.path));
    snprintf(resumable.taken, sizeof resumable.taken, "%s/taken", resumable.path);
    snprintf(resumable.resumed, sizeof resumable.resumed, "%s/resumed", resumable.path);
    for (unsigned i = 0; i < RESUMABLE_OUTPUTS; i++)
        snprintf(resumable.targets[i], sizeof resumable.targets[i], "%s/output%u", resumable.path,
                 i);
    for (unsigned i = 0; i < RESUMABLE_INPUTS; i++) {
        snprintf(resumable.inputs[i], sizeof resumable.inputs[i], "%s/input%u.csv", resumable.path,
                 i);
        resumable_write_input(resumable.inputs[i], RESUMABLE_SEED + i);
    }
    FUZZ_CHECK(atexit(resumable_remove) == 0);
}

/* folder: for its checkpoints. */
static inline void resumable_plan(struct resumable_run *run, unsigned scene,
                                  const char *parallelism, const char *every, const char *folder)
{
    static const char *const pairs[][2] = {
        {"--time-format", "epoch-ms"},      {"--out-of-orderness", "1s"},
        {"--scheduler", "one:7"},           {"--results", resumable.targets[0]},
        {"--alerts", resumable.targets[1]}, {"--late", resumable.targets[2]}};
    const char *words[PLANNED_WORDS_MAX] = {
        "--quiet",          "-p", parallelism, "--checkpoint", folder, "--checkpoint-every", every,
        resumable.inputs[0]};
    unsigned count = 8;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        words[count++] = pairs[i][0];
        words[count++] = pairs[i][1];
    }
    const char *const *options = resumable_scenes[scene];
    for (unsigned i = 0; options[i]; i++) {
        words[count++] = options[i];
        for (unsigned j = 1; j < RESUMABLE_INPUTS && strcmp(options[i], "partitions") == 0; j++)
            words[count++] = resumable.inputs[j];
    }
    *run = (struct resumable_run){.folder.fd = -1};
    plan_begin(&run->planned, words);
}

/* Outputs that are empty, and the pipeline. */
static inline void resumable_create(struct resumable_run *run, struct tide_error *error)
{
    struct tide_output *outputs[TIDE_CHANNEL_COUNT] = {NULL};
    const struct tide_plan *plan = &run->planned.plan;
    resumable_empty(plan->checkpoint_folder);
    FUZZ_CHECK(tide_checkpoint_folder_open(&run->folder, plan->checkpoint_folder, false, error));
    for (unsigned i = 0; i < RESUMABLE_OUTPUTS; i++) {
        const struct tide_output_part part = {.folder = plan->checkpoint_folder,
                                              .name = resumable_parts[i]};
        struct tide_output **output = &outputs[resumable_channels[i]];
        *output = tide_output_open_part(&run->set, resumable.targets[i], &part, error);
        FUZZ_CHECK(*output);
    }
    run->pipeline = tide_pipeline_create(plan, outputs, error);
    FUZZ_CHECK(run->pipeline);
    tide_pipeline_checkpoint(run->pipeline, &run->folder, &run->set);
}

/* To its end; outputs (may be NULL): what has been written. */
static inline bool resumable_finish(struct resumable_run *run, struct resumable_outputs *outputs,
                                    struct tide_error *error)
{
    struct tide_totals totals;
    char path[2 * RESUMABLE_PATH_BYTES];
    tide_pipeline_start(run->pipeline);
    if (!tide_pipeline_join(run->pipeline, &totals, error)) return false;
    tide_output_discard(&run->set, NULL); /* parts stay */
    if (outputs) outputs->totals = totals;
    for (unsigned i = 0; outputs && i < RESUMABLE_OUTPUTS; i++) {
        snprintf(path, sizeof path, "%s/%s", run->planned.plan.checkpoint_folder,
                 resumable_parts[i]);
        FILE *file = fopen(path, "r");
        FUZZ_CHECK(file);
        outputs->files[i].bytes = fread(outputs->files[i].at, 1, RESUMABLE_OUTPUT_BYTES_MAX, file);
        FUZZ_CHECK(outputs->files[i].bytes < RESUMABLE_OUTPUT_BYTES_MAX);
        fclose(file);
    }
    return true;
}

/* The newest checkpoint that the run has taken, and how long each output was then; false: none. */
static inline bool resumable_newest(const struct resumable_run *run,
                                    struct tide_checkpoint_file *file,
                                    uint64_t bytes_before[RESUMABLE_OUTPUTS])
{
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_output_lengths lengths;
    if (run->folder.number == 0) return false;
    tide_checkpoint_name(run->folder.number, name);
    FUZZ_CHECK(tide_checkpoint_read(run->folder.fd, name, file, &error) == TIDE_CHECKPOINT_WHOLE);
    const struct tide_section *sink = tide_checkpoint_section(file, TIDE_SECTION_SINK);
    struct tide_snapshot_reader reader = {.at = sink->bytes, .end = sink->bytes + sink->count};
    FUZZ_CHECK(tide_output_lengths_load(&lengths, &reader));
    for (unsigned i = 0; i < RESUMABLE_OUTPUTS; i++)
        FUZZ_CHECK(tide_output_lengths_find(&lengths, resumable_parts[i], &bytes_before[i]));
    return true;
}

/* A run that went on where the checkpoint was taken: all outputs behind it are those of the whole
 * run, and so is what is counted in the end. */
static inline void resumable_check(const struct resumable_outputs *whole,
                                   const struct resumable_outputs *rest,
                                   const uint64_t bytes_before[RESUMABLE_OUTPUTS])
{
    const struct tide_totals *a = &whole->totals, *b = &rest->totals;
    FUZZ_CHECK(memcmp(&a->rows, &b->rows, sizeof a->rows) == 0);
    FUZZ_CHECK(a->used == b->used && a->results == b->results && a->alerts == b->alerts);
    FUZZ_CHECK(a->has_time == b->has_time && a->time_first_ms == b->time_first_ms);
    FUZZ_CHECK(a->time_max_ms == b->time_max_ms);
    FUZZ_CHECK(memcmp(a->process_counters, b->process_counters, sizeof a->process_counters) == 0);
    for (unsigned i = 0; i < RESUMABLE_OUTPUTS; i++) {
        size_t before = bytes_before[i], bytes = whole->files[i].bytes;
        FUZZ_CHECK(before <= bytes && rest->files[i].bytes == bytes - before);
        FUZZ_CHECK(memcmp(rest->files[i].at, whole->files[i].at + before, bytes - before) == 0);
    }
}

static inline void resumable_end(struct resumable_run *run)
{
    tide_pipeline_destroy(run->pipeline);
    tide_output_discard(&run->set, NULL);
    if (run->folder.fd >= 0) tide_checkpoint_folder_close(&run->folder);
    plan_end(&run->planned);
}

#endif
