/*
 * aggregates: the aggregate operators this build offers.
 * Owns:     nothing; all tables are const.
 * Threads:  read-only.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   amounts of at most 27 digits at the scale.
 */
#ifndef TIDE_OPERATORS_AGGREGATES_H
#define TIDE_OPERATORS_AGGREGATES_H

#include "engine/state/aggregate.h"

extern const struct tide_aggregate tide_aggregate_sum;
extern const struct tide_aggregate tide_aggregate_count;
extern const struct tide_aggregate tide_aggregate_min;
extern const struct tide_aggregate tide_aggregate_max;
extern const struct tide_aggregate tide_aggregate_mean;
extern const struct tide_aggregate tide_aggregate_stddev; /* NULL below two rows */
extern const struct tide_aggregate tide_aggregate_first;  /* of the first row to arrive */
extern const struct tide_aggregate tide_aggregate_last;   /* of the last row to arrive */

#endif
