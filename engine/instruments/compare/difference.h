/*
 * difference: the first place where two sides differ, with both texts and the rows behind them.
 * Owns:     the texts.
 * Threads:  one.
 * Blocks:   while both sides are read once more, and the input.
 * Errors:   as side.h and origin.h.
 * Limits:   none of its own.
 */
#ifndef TIDE_INSTRUMENTS_COMPARE_DIFFERENCE_H
#define TIDE_INSTRUMENTS_COMPARE_DIFFERENCE_H

#include "engine/instruments/compare/comparison.h"
#include "engine/instruments/compare/matching.h"

/* Finds the first difference of a comparison whose figures are known. */
TIDE_MUST_USE bool tide_difference_find(struct tide_difference *difference,
                                        const struct tide_comparer *comparer,
                                        const struct tide_comparison *comparison,
                                        const struct tide_matching *matching,
                                        const struct tide_side *other, struct tide_error *error);
void tide_difference_fini(struct tide_difference *difference); /* a zeroed one is fine */

#endif
