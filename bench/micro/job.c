#include "bench/micro/job.h"

#include "engine/plan/run_options.h"
#include "operators/registry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROWS_PER_SECOND = 1000, CENTS_COUNT = 500000, ROW_BYTES_MAX = 128 };
static const time_t first_s = 1715421600; /* 2024-05-11 10:00:00 UTC */

void job_open(struct job *job, const char *const arguments[])
{
    struct tide_error error = {0};
    int argc = 1;
    *job = (struct job){.argv = {"run"}};
    for (; arguments[argc - 1]; argc++) {
        TIDE_ASSERT(argc <= JOB_ARGUMENTS_MAX);
        job->argv[argc] = arguments[argc - 1];
    }
    /* As with main's, the texts are only read. */
    char **argv = (char **)(uintptr_t)job->argv;
    bool is_open = tide_options_parse(&job->options, &tide_run_options, argc, argv, &error) &&
                   tide_plan_build(&job->plan, &job->options, &tide_operators, &error);
    TIDE_ASSERT(is_open);
}

void job_close(struct job *job)
{
    tide_plan_fini(&job->plan);
    tide_options_fini(&job->options);
}

/* splitmix64 (S. Vigna, public domain reference) */
uint64_t job_draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int write_row(enum job_rows rows, char *out, uint32_t row, uint64_t *state)
{
    time_t time = first_s + row / ROWS_PER_SECOND - (time_t)(job_draw(state) % 2);
    unsigned key = (unsigned)(job_draw(state) % JOB_KEY_COUNT);
    unsigned cents = (unsigned)(job_draw(state) % CENTS_COUNT);
    struct tm tm;
    char text[32];
    gmtime_r(&time, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    switch (rows) {
    case JOB_ROWS_EPOCH:
        snprintf(text, sizeof text, "%lld", (long long)time * 1000);
        break;
    case JOB_ROWS_QUOTED:
        return snprintf(out, ROW_BYTES_MAX, "\"tx,%u\",\"%s\",\"%u.%02u\"\n", key, text,
                        cents / 100, cents % 100);
    case JOB_ROWS_LAB:
        break;
    }
    return snprintf(out, ROW_BYTES_MAX, "tx%u,%s,%u.%02u\n", key, text, cents / 100, cents % 100);
}

size_t job_write_rows(enum job_rows rows, char *out, size_t capacity, uint32_t *row_count)
{
    uint64_t state = 0;
    char row[ROW_BYTES_MAX];
    size_t bytes = 0;
    for (*row_count = 0;; ++*row_count) {
        size_t row_bytes = (size_t)write_row(rows, row, *row_count, &state);
        if (bytes + row_bytes > capacity) return bytes;
        memcpy(out + bytes, row, row_bytes);
        bytes += row_bytes;
    }
}
