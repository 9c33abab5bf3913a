/*
 * job: what the micro-benchmarks work on: the plan of a `tidemark run`, and rows of its kind.
 * Owns:     the options and the plan.
 * Threads:  any, once open.
 * Blocks:   never.
 * Errors:   options that are refused are an assertion.
 * Limits:   JOB_ARGUMENTS_MAX arguments.
 */
#ifndef TIDE_BENCH_JOB_H
#define TIDE_BENCH_JOB_H

#include "engine/plan/options.h"
#include "engine/plan/plan.h"

enum { JOB_ARGUMENTS_MAX = 15, JOB_KEY_COUNT = 100000 };

struct job {
    const char *argv[JOB_ARGUMENTS_MAX + 1];
    struct tide_options options;
    struct tide_plan plan;
};

/* arguments: as behind `tidemark run`, ending with NULL; borrowed. */
void job_open(struct job *job, const char *const arguments[]);
void job_close(struct job *job);

/* The next of a fixed series of numbers; *state is 0 at first. */
uint64_t job_draw(uint64_t *state);

/* How rows look. */
enum job_rows {
    JOB_ROWS_LAB,    /* tx12345,2024-05-11 10:00:00,1234.56 */
    JOB_ROWS_EPOCH,  /* with the time in ms since 1970 */
    JOB_ROWS_QUOTED, /* each field in quotes, a comma in the key */
};

/* Fills a buffer with whole rows; returns their bytes and sets *row_count. */
size_t job_write_rows(enum job_rows rows, char *out, size_t capacity, uint32_t *row_count);

#endif
