/*
 * elementary: logarithm and exponential with the same bits on every machine.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none; arguments outside the stated range are a bug.
 * Limits:   accurate to a few units in the last place, not to the half.
 *
 * A C library's log and exp may differ in the last bit from one version or machine to the next, and
 * one bit can make another key or cent. These use + - * / on doubles alone, which IEEE 754 rounds
 * in one way only, in an order that is written down; the build forbids fused multiply-add here, and
 * the source refuses to compile with wider intermediate results.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_ELEMENTARY_H
#define TIDE_INSTRUMENTS_GENERATE_ELEMENTARY_H

/* ln x, for normal x above zero. */
double tide_log(double x);

/* e^x; beyond -700 .. 700 as at those ends. */
double tide_exp(double x);

/* ln(1 + t) / t for t > -1, 1 at 0: accurate where t is small. */
double tide_log1p_ratio(double t);

/* (e^t - 1) / t, 1 at 0: accurate where t is small. */
double tide_expm1_ratio(double t);

#endif
