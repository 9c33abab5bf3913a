/*
 * report: what a run says of itself when it is over: the summary, a line a stage, and the stats
 *           file.
 * Owns:     nothing.
 * Threads:  main's.
 * Blocks:   in writing.
 * Errors:   the stats could not be written.
 * Limits:   none.
 */
#ifndef TIDE_CLI_REPORT_H
#define TIDE_CLI_REPORT_H

#include "engine/base/output.h"
#include "engine/stages/pipeline.h"

/* The texts of the rules of one version, for the stats. */
struct tide_report {
    const struct tide_plan *plan;
    const struct tide_pipeline *pipeline; /* joined */
    const struct tide_totals *totals;
    int64_t wall_ns;
    int signal; /* that ended the run; 0: none */
};

/* Every class with its count, and what became of open windows; on standard error. */
void tide_report_summary(const struct tide_report *report);

/* A line a stage, on standard error. */
void tide_report_stages(const struct tide_report *report);

/* The stats as one JSON object. */
TIDE_MUST_USE bool tide_report_stats(const struct tide_report *report, struct tide_output *output,
                                     struct tide_error *error);

#endif
