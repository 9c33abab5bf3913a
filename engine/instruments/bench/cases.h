/*
 * cases: which runs a sweep is made of: every level at every combination of what is varied.
 * Owns:     the list, and the texts of --vary cut into values.
 * Threads:  one.
 * Blocks:   never.
 * Errors:   exit 2: a text that is no list of levels, or no option to vary, or no value of it.
 * Limits:   TIDE_BENCH_VALUES_MAX levels and values an option, TIDE_BENCH_CASES_MAX cases.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_CASES_H
#define TIDE_INSTRUMENTS_BENCH_CASES_H

#include "engine/plan/plan.h"

enum { TIDE_BENCH_VALUES_MAX = 32, TIDE_BENCH_CASES_MAX = 512 };

/* The options of a run that can be varied besides its parallelism. */
enum tide_bench_axis {
    TIDE_BENCH_BATCH_ROWS,
    TIDE_BENCH_RING_SLOTS,
    TIDE_BENCH_ORDER,
    TIDE_BENCH_AXIS_COUNT,
};

const char *tide_bench_axis_name(enum tide_bench_axis axis); /* the option's long name */

struct tide_bench_case {
    unsigned series; /* the cases that differ only in their level are one series */
    unsigned parallelism;
    const char *values[TIDE_BENCH_AXIS_COUNT]; /* NULL: not varied */
    enum tide_order order;
};

/* Starts as zeroes. */
struct tide_bench_cases {
    unsigned levels[TIDE_BENCH_VALUES_MAX]; /* ascending */
    unsigned level_count;
    const char *values[TIDE_BENCH_AXIS_COUNT][TIDE_BENCH_VALUES_MAX]; /* in the order given */
    unsigned value_counts[TIDE_BENCH_AXIS_COUNT];                     /* 0: not varied */
    enum tide_order orders[TIDE_BENCH_VALUES_MAX]; /* of the values of the axis of that name */
    char *texts[TIDE_BENCH_AXIS_COUNT];
    unsigned series_count, case_count;
    struct tide_bench_case *items; /* series by series */
};

/* text: numbers between commas, and the word auto for the parallelism a run would choose. NULL: 1,
 * 2, 4 and so on up to twice the cores. */
TIDE_MUST_USE bool tide_bench_cases_set_levels(struct tide_bench_cases *cases, const char *text,
                                               const struct tide_registry *registry, unsigned cores,
                                               struct tide_error *error);

/* text: OPTION=VALUE,VALUE..., each option once. */
TIDE_MUST_USE bool tide_bench_cases_vary(struct tide_bench_cases *cases, const char *text,
                                         const struct tide_registry *registry,
                                         struct tide_error *error);

/* Makes the list. order: what counts where it is not varied. */
TIDE_MUST_USE bool tide_bench_cases_list(struct tide_bench_cases *cases, enum tide_order order,
                                         struct tide_error *error);

/* Does any case leave the order of lines open? */
bool tide_bench_cases_any_key_order(const struct tide_bench_cases *cases);
void tide_bench_cases_fini(struct tide_bench_cases *cases); /* a zeroed one is fine */

#endif
