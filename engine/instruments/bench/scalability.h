/*
 * scalability: fits the Universal Scalability Law to throughputs at several parallelisms.
 * Owns:     nothing.
 * Threads:  any; pure functions.
 * Blocks:   never.
 * Errors:   fit returns false and says why it refuses.
 * Limits:   at least TIDE_USL_LEVELS_MIN parallelisms.
 *
 * X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)): N. J. Gunther, "Guerrilla Capacity
 * Planning", Springer 2007. sigma is what is done one after the other (contention), kappa what each
 * pays for every other (coherency).
 */
#ifndef TIDE_INSTRUMENTS_BENCH_SCALABILITY_H
#define TIDE_INSTRUMENTS_BENCH_SCALABILITY_H

#include "engine/base/error.h"
#include "engine/instruments/bench/figures.h"

enum { TIDE_USL_LEVELS_MIN = 5, TIDE_USL_POINTS_MAX = 256 };

struct tide_usl_point {
    double parallelism;
    double throughput;
};

struct tide_usl {
    double lambda, sigma, kappa;
    double peak;       /* the N of the greatest throughput; 0: it never falls again */
    double r_squared;  /* of throughputs; 1 = no error */
    double error_most; /* greatest relative error of a point */
    unsigned point_count;
};

/* Least squares on relative errors with lambda > 0, sigma >= 0, kappa >= 0. */
TIDE_MUST_USE bool tide_usl_fit(const struct tide_usl_point points[], unsigned count,
                                struct tide_usl *usl, struct tide_error *error);

/* From the median times of the levels whose workers have a core each (N <= cores). */
TIDE_MUST_USE bool tide_usl_fit_levels(const struct tide_level_figures levels[],
                                       unsigned level_count, struct tide_usl *usl,
                                       struct tide_error *error);

double tide_usl_throughput(const struct tide_usl *usl, double parallelism);

#endif
