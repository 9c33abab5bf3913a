/* Whole pipelines on files in memory: an input drawn by chance, a run, and its outputs to compare.
 */
#ifndef TIDE_TESTS_PIPELINE_RUN_H
#define TIDE_TESTS_PIPELINE_RUN_H

#include "tests/unit/planned.h"

#include "engine/stages/pipeline.h"
#include "tests/unit/chance.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* How late a row may be. Without it each result's watermark is that of the row that made it fire.
 */
#ifndef RUN_WINDOW
#define RUN_WINDOW "tumbling:2s"
#endif
#ifndef RUN_HAS_LATE
#define RUN_HAS_LATE true
#endif
#ifndef RUN_LATENESS
#define RUN_LATENESS "0"
#endif

/* Read side by side, the input is each of three files. */
#ifdef RUN_PARTITIONS
#define RUN_FILES       3
#define RUN_WORDS(path) "--inputs", "partitions", path, path, path
#else
#define RUN_FILES       1
#define RUN_WORDS(path) path
#endif

enum {
    RUN_OUTPUT_COUNT = TIDE_CHANNEL_REJECTS + 1,
    RUN_ROWS_MAX = 20000,
    RUN_ROW_BYTES_MAX = 160,
    RUN_PATH_BYTES = 64,
    RUN_BOUND_MS = 1000,
    RUN_PATIENCE_MS = 120000, /* longer means that it hangs */
};

/* Text that grows; ends in NUL. */
struct text {
    char *at;
    size_t bytes;
};

/* A file in memory, and the name by which it can be opened. */
struct memory_file {
    int fd;
    char path[RUN_PATH_BYTES];
};

static inline void open_memory_file(struct memory_file *file)
{
    file->fd = memfd_create("run", 0);
    assert_true(file->fd >= 0);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static inline struct text read_memory_file(const struct memory_file *file)
{
    off_t bytes = lseek(file->fd, 0, SEEK_END);
    assert_true(bytes >= 0);
    struct text text = {test_malloc((size_t)bytes + 1), (size_t)bytes};
    assert_int_equal(pread(file->fd, text.at, text.bytes, 0), bytes);
    text.at[text.bytes] = '\0';
    return text;
}

/* --- the input
 * ------------------------------------------------------------------------------------ */

struct input {
    struct memory_file file;
    unsigned row_count;
    int64_t watermarks_ms[RUN_ROWS_MAX]; /* after each row */
};

/* Appends a row; returns false if it is one that moves no watermark. */
static inline bool draw_row(struct chance *chance, char *row, int64_t time_ms)
{
    static const char *const bad[] = {"k1,,5\n",        "k2,1000\n",   "k3,soon,5\n",
                                      "k4,1000,much\n", "NA,1000,1\n", "k5,1000,1e30\n"};
    if (chance_is(chance, 40)) {
        sprintf(row, "%s", bad[chance_below(chance, 6)]);
        return false;
    }
    const char *key = chance_is(chance, 10) ? "a-key-of-more-than-sixteen-bytes-" : "k";
    const char *amount =
        chance_is(chance, 30) ? "123456789012345678" : ""; /* wide with what follows */
    sprintf(row, "%s%u,%lld,%s%u.%02u%s", key, chance_below(chance, 30), (long long)time_ms, amount,
            chance_below(chance, 1000), chance_below(chance, 100),
            chance_is(chance, 9) ? "\r\n" : "\n");
    return true;
}

/* Times creep forward with some disorder; now and then a row is too late, or far ahead. */
static inline void draw_input(struct chance *chance, struct input *input, unsigned row_count)
{
    static char text[(RUN_ROWS_MAX + 1) * RUN_ROW_BYTES_MAX];
    int64_t now_ms = 1715421600000, greatest_ms = INT64_MIN, watermark_ms = INT64_MIN;
    size_t bytes = (size_t)sprintf(text, "transaction_id,timestamp,amount\n");
    input->row_count = row_count;
    for (unsigned i = 0; i < row_count; i++) {
        now_ms += chance_below(chance, chance_is(chance, 200) ? 20000 : 60);
        int64_t time_ms = now_ms - chance_below(chance, chance_is(chance, 20) ? 8000 : 900);
        if (draw_row(chance, text + bytes, time_ms) && time_ms > greatest_ms) {
            greatest_ms = time_ms;
            watermark_ms = time_ms - RUN_BOUND_MS - 1;
        }
        bytes += strlen(text + bytes);
        input->watermarks_ms[i] = watermark_ms;
    }
    open_memory_file(&input->file);
    assert_int_equal(write(input->file.fd, text, bytes), bytes);
}

/* --- one run
 * -------------------------------------------------------------------------------------- */

struct machine {
    const char *parallelism, *batch_rows, *ring_slots, *scheduler, *order;
};

static const struct machine plain_machine = {"1", "512", "8", "threads", "global"};

struct run {
    struct planned planned;
    struct memory_file files[RUN_OUTPUT_COUNT];
    struct tide_output_set set;
    struct tide_pipeline *pipeline;
    struct tide_totals totals;
    struct tide_error error;
    struct text outputs[RUN_OUTPUT_COUNT];
};

/* alert: the rule, or NULL for the default; alerts_path: NULL for a file in memory */
static inline void run_begin(struct run *run, const char *input_path, const struct machine *machine,
                             const char *alert, const char *alerts_path)
{
    struct tide_output *outputs[TIDE_CHANNEL_COUNT] = {NULL};
    *run = (struct run){.pipeline = NULL};
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++) open_memory_file(&run->files[i]);
    const char *const paths[] = {run->files[TIDE_CHANNEL_RESULTS].path,
                                 alerts_path ? alerts_path : run->files[TIDE_CHANNEL_ALERTS].path,
                                 run->files[TIDE_CHANNEL_LATE].path,
                                 run->files[TIDE_CHANNEL_REJECTS].path};
    PLAN(&run->planned, "-p", machine->parallelism, "--batch-rows", machine->batch_rows,
         "--ring-slots", machine->ring_slots, "--scheduler", machine->scheduler, "--order",
         machine->order, "--window", RUN_WINDOW, "--time-format", "epoch-ms", "--time-output",
         "epoch-ms", "--allowed-lateness", RUN_LATENESS, "--aggregate", "sum,count", "--alert",
         alert ? alert : "sum > 800", "--results", paths[0], "--alerts", paths[1], "--late",
         paths[2], "--rejects", paths[3], RUN_WORDS(input_path));
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++) {
        outputs[i] = tide_output_open(&run->set, paths[i], &run->error);
        assert_non_null(outputs[i]);
    }
    run->pipeline = tide_pipeline_create(&run->planned.plan, outputs, &run->error);
    assert_non_null(run->pipeline);
}

static inline bool run_is_done(const struct run *run, int timeout_ms)
{
    struct pollfd done = {.fd = tide_pipeline_done_fd(run->pipeline), .events = POLLIN};
    return poll(&done, 1, timeout_ms) == 1;
}

/* Waits for the end and gathers the outputs. False: the run failed. */
static inline bool run_finish(struct run *run)
{
    struct tide_error error = {0};
    if (!run_is_done(run, RUN_PATIENCE_MS)) fail_msg("the pipeline hangs");
    bool went_well = tide_pipeline_join(run->pipeline, &run->totals, &run->error);
    assert_true(tide_output_commit(&run->set, &error));
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++)
        run->outputs[i] = read_memory_file(&run->files[i]);
    return went_well;
}

static inline void run_end(struct run *run)
{
    tide_pipeline_destroy(run->pipeline);
    for (unsigned i = 0; i < RUN_OUTPUT_COUNT; i++) {
        close(run->files[i].fd);
        test_free(run->outputs[i].at);
    }
    plan_end(&run->planned);
}

static inline void run_whole(struct run *run, const struct input *input,
                             const struct machine *machine)
{
    run_begin(run, input->file.path, machine, NULL, NULL);
    tide_pipeline_start(run->pipeline);
    if (!run_finish(run)) fail_msg("%s", run->error.text);
}

static inline const char *channel_name(unsigned channel)
{
    static const char *const names[] = {"results", "alerts", "late", "rejects"};
    return names[channel];
}

/* Machine settings as words, for messages. */
static inline const char *describe(const struct machine *machine)
{
    static char words[200];
    snprintf(words, sizeof words, "-p %s --batch-rows %s --ring-slots %s --scheduler %s --order %s",
             machine->parallelism, machine->batch_rows, machine->ring_slots, machine->scheduler,
             machine->order);
    return words;
}

static inline void assert_same_totals(const struct tide_totals *a, const struct tide_totals *b)
{
    assert_memory_equal(&a->rows, &b->rows, sizeof a->rows);
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->results, b->results);
    assert_int_equal(a->alerts, b->alerts);
}

#endif
