/* What does one line of output cost in each format? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include "engine/plan/format.h"
#include "engine/state/pane.h"

#include <stdio.h>
#include <string.h>

enum { EMISSION_COUNT = 4096, ROUNDS = 16, ROW_BYTES_MAX = 4096, SCALE = 6 };

struct scene {
    struct job job;
    struct tide_formatter formatter;
    struct tide_entry entries[EMISSION_COUNT];
    struct tide_value values[EMISSION_COUNT][TIDE_AGGREGATE_COUNT_MAX];
    struct tide_emission emissions[EMISSION_COUNT];
    uint64_t byte_count;
    char out[ROW_BYTES_MAX];
};

static void print_results(void *self)
{
    struct scene *scene = self;
    scene->byte_count = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EMISSION_COUNT; i++) {
            scene->byte_count +=
                scene->job.plan.format->result(&scene->formatter, &scene->emissions[i], scene->out);
            measure_keep((uint64_t)(uintptr_t)scene->out);
        }
    }
}

static void print_alerts(void *self)
{
    struct scene *scene = self;
    const struct tide_plan *plan = &scene->job.plan;
    scene->byte_count = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EMISSION_COUNT; i++) {
            scene->byte_count += plan->format->alerts(&scene->formatter, &scene->emissions[i],
                                                      plan->rules, 1, scene->out);
            measure_keep((uint64_t)(uintptr_t)scene->out);
        }
    }
}

/* The windows of a hundred thousand keys: each key seen once or twice, all within ten seconds. */
static void fill(struct scene *scene)
{
    const int64_t start_ms = 1715421600000; /* 2024-05-11 10:00:00 UTC */
    uint64_t state = 0;
    for (unsigned i = 0; i < EMISSION_COUNT; i++) {
        struct tide_entry *entry = &scene->entries[i];
        char key[TIDE_KEY_INLINE_BYTES + 1] = {0};
        int bytes = snprintf(key, sizeof key, "tx%u", (unsigned)(job_draw(&state) % JOB_KEY_COUNT));
        memset(entry, 0, sizeof *entry);
        memcpy(entry->key, key, (size_t)bytes);
        entry->key_bytes = (uint32_t)bytes;
        entry->sum = (tide_int128)(job_draw(&state) % 500000) * 10000;
        entry->count = 1 + job_draw(&state) % 2;
        entry->first_row = i;
        entry->first_time_ms = start_ms + (int64_t)(i * 10000 / EMISSION_COUNT);
        for (unsigned j = 0; j < TIDE_AGGREGATE_COUNT_MAX; j++)
            scene->values[i][j] = (struct tide_value){.units = entry->sum, .scale = SCALE};
        scene->values[i][1] =
            (struct tide_value){.units = entry->count}; /* of the registry: count */
        scene->emissions[i] = (struct tide_emission){
            .window_start_ms = start_ms,
            .window_end_ms = start_ms + 10000,
            .watermark_ms = start_ms + 9999,
            .entry = entry,
            .key = tide_entry_key(entry),
            .key_bytes = (uint32_t)entry->key_bytes,
            .values = scene->values[i],
        };
    }
}

static void measure_format(const struct measure *measure, struct scene *scene, const char *format,
                           const char *aggregates)
{
    const char *const arguments[] = {"--format", format, "--aggregate", aggregates, NULL};
    job_open(&scene->job, arguments);
    const struct tide_plan *plan = &scene->job.plan;
    TIDE_ASSERT(plan->format->row_bytes_max(plan, plan->rules, TIDE_KEY_INLINE_BYTES) <=
                ROW_BYTES_MAX);
    void (*const runs[])(void *) = {print_results, print_alerts};
    for (unsigned i = plan->format->alerts_always ? 1 : 0; i < 2; i++) { /* flink has no results */
        tide_formatter_init(&scene->formatter, plan);
        runs[i](scene);
        struct measure_case measured = {.name = i == 0 ? "result" : "alert",
                                        .unit = "line",
                                        .unit_count = (uint64_t)EMISSION_COUNT * ROUNDS,
                                        .byte_count = scene->byte_count,
                                        .run = runs[i],
                                        .self = scene};
        snprintf(measured.variant, sizeof measured.variant, "%s, %s", format, aggregates);
        measure_case(measure, &measured);
    }
    job_close(&scene->job);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    struct measure measure = measure_begin("format", argc, argv);
    fill(&scene);
    measure_format(&measure, &scene, "csv", "sum,count");
    measure_format(&measure, &scene, "csv", "sum,count,min,max,mean,first,last");
    measure_format(&measure, &scene, "jsonl", "sum,count");
    measure_format(&measure, &scene, "flink", "sum");
    return 0;
}
