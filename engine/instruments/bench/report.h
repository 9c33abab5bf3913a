/*
 * report: a finished sweep, written for people (text, Markdown) and for programs (JSON, CSV).
 * Owns:     nothing; borrows all of it.
 * Threads:  one.
 * Blocks:   in writing.
 * Errors:   exit 1 without memory; what the streams could not take shows when they are closed.
 * Limits:   none. The members of the JSON are documented in docs/instruments.md.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_REPORT_H
#define TIDE_INSTRUMENTS_BENCH_REPORT_H

#include "engine/instruments/bench/analysis.h"
#include "engine/instruments/bench/machine.h"
#include "engine/instruments/bench/table.h"

struct tide_bench_report {
    const struct tide_bench_job *job;
    const struct tide_bench_sweep *sweep;
    const struct tide_bench_series *series; /* job->cases->series_count of them */
    const struct tide_machine *machine;
    const char *command;   /* that asked for it */
    const char *hyperfine; /* its version */
    uint64_t file_bytes;   /* of all inputs, packed if they are */
};

TIDE_MUST_USE bool tide_bench_report_text(const struct tide_bench_report *report, FILE *out,
                                          enum tide_table_style style, struct tide_error *error);
TIDE_MUST_USE bool tide_bench_report_json(const struct tide_bench_report *report, FILE *out,
                                          struct tide_error *error);
TIDE_MUST_USE bool tide_bench_report_csv(const struct tide_bench_report *report, FILE *out,
                                         struct tide_error *error);

/* The name of an order as --order takes it. */
const char *tide_bench_order_name(enum tide_order order);

#endif
