/*
 * statistics: the middle and the spread of repeated measurements, robust against outliers.
 * Owns:     nothing.
 * Threads:  any; pure functions.
 * Blocks:   never.
 * Errors:   none; no value at all gives a summary of zeroes.
 * Limits:   finite values; count < 2^32.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_STATISTICS_H
#define TIDE_INSTRUMENTS_BENCH_STATISTICS_H

#include <stdint.h>

struct tide_summary {
    unsigned count;
    unsigned outliers; /* further from the quartiles than 1.5 times their distance (Tukey) */
    double least, quartile_low, median, quartile_high, most;
    double deviation; /* the median distance from the median */
};

/* Sorts the values. */
void tide_summarise(double values[], unsigned count, struct tide_summary *summary);

/* How far runs are apart: 1.4826 deviations as a share of the median, which is the relative
 * standard deviation where errors are normal. 0 when the median is. */
double tide_summary_noise(const struct tide_summary *summary);

#endif
