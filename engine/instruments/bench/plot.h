/*
 * plot: throughput over parallelism as an SVG picture, drawn by gnuplot.
 * Owns:     nothing; its files are in the work folder.
 * Threads:  one.
 * Blocks:   until gnuplot has ended.
 * Errors:   exit 1: gnuplot is missing (naming its package) or complains.
 * Limits:   written for gnuplot 5.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_PLOT_H
#define TIDE_INSTRUMENTS_BENCH_PLOT_H

#include "engine/base/output.h"
#include "engine/instruments/bench/report.h"

extern const char tide_plot_program[], tide_plot_package[];

/* What gnuplot is to draw. One series: throughput with the least and the most as error bars, linear
 * speed-up, the model and, if it fits, the Universal Scalability Law. Several: a line each; over
 * what is varied if there is one level only. */
void tide_bench_plot_script(const struct tide_bench_report *report, FILE *out);

TIDE_MUST_USE bool tide_bench_plot(const struct tide_bench_report *report,
                                   struct tide_output *output, struct tide_error *error);

#endif
