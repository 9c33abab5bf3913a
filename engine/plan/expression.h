/*
 * expression: an alert condition, parsed once, evaluated exactly for each result.
 * Owns:     its tree; the aggregates' tables are borrowed for the parse only.
 * Threads:  read-only after parse; every thread that evaluates brings its own scratch.
 * Blocks:   never. Evaluation allocates only inside GMP, when 128-bit fractions do not suffice.
 * Errors:   parse: exit 2 with the fault's column (1-based, in characters) and what is expected.
 * Limits:   TIDE_EXPRESSION_DEPTH_MAX nested levels; literals of 27 digits each side of the point.
 */
#ifndef TIDE_PLAN_EXPRESSION_H
#define TIDE_PLAN_EXPRESSION_H

#include "engine/base/error.h"
#include "engine/state/aggregate.h"

enum { TIDE_EXPRESSION_DEPTH_MAX = 64 };

struct tide_expression;         /* immutable tree */
struct tide_expression_scratch; /* a thread's work space: GMP numbers that keep their memory */

enum tide_truth { TIDE_FALSE, TIDE_TRUE, TIDE_UNKNOWN };

/* What a condition may look at: the aggregates, each at its position, and behind them what the
 * key's earlier windows say. */
enum tide_value_index {
    TIDE_VALUE_HISTORY_MEAN = TIDE_AGGREGATE_COUNT_MAX,
    TIDE_VALUE_HISTORY_STDDEV,
    TIDE_VALUE_HISTORY_COUNT,
    TIDE_VALUE_COUNT,
};
#define TIDE_USES_HISTORY ((uint32_t)7 << TIDE_VALUE_HISTORY_MEAN)

/* Parses SQL-like text: + - * / and parentheses, = == <> != < <= > >=, [NOT] BETWEEN a AND b,
 * IS [NOT] NULL, AND OR NOT, decimal literals (also 1e3), the names of `aggregates`
 * (NULL-terminated; index = position) and history.mean, history.stddev, history.count; words ignore
 * case. The whole must be a condition. NULL on error. */
TIDE_MUST_USE struct tide_expression *
tide_expression_parse(const char *text, const struct tide_aggregate *const aggregates[],
                      struct tide_error *error);
void tide_expression_free(struct tide_expression *expression); /* NULL is fine */

/* The expression in the same language, with single blanks, upper-case words and no parentheses that
 * change nothing; parsed again it is the same, if it is not nested too deep then: what IS NOT NULL,
 * NOT BETWEEN and -- print as takes a level more. The caller frees it. NULL without memory. */
TIDE_MUST_USE char *tide_expression_print(const struct tide_expression *expression,
                                          const struct tide_aggregate *const aggregates[]);

/* Bit i: the expression looks at value i (enum tide_value_index). */
uint32_t tide_expression_uses(const struct tide_expression *expression);

size_t tide_expression_scratch_bytes(void); /* what new allocates; the rest is GMP's */
TIDE_MUST_USE struct tide_expression_scratch *
tide_expression_scratch_new(void); /* NULL: no memory */
void tide_expression_scratch_free(struct tide_expression_scratch *scratch);

/* SQL's three-valued logic over exact fractions. values[i] is value i (enum tide_value_index); only
 * those in uses() are read. */
enum tide_truth tide_expression_evaluate(const struct tide_expression *expression,
                                         const struct tide_value values[],
                                         struct tide_expression_scratch *scratch);

/* Is the whole expression `aggregate > literal`, the same mirrored, or `aggregate BETWEEN literal
 * AND literal`? scale is the plan's --decimals. Then *lowest and *highest are the inclusive bounds
 * in units for which it is true (the extreme 128-bit values where there is none; lowest > highest
 * when it is never true), and the answer is the aggregate's index; otherwise -1. A value that is
 * NULL is within no bounds. A literal that is not a multiple of 10^-(the aggregate's scale) is
 * rounded inwards; `=` of such a literal is never true. <> is no bound, and history has none: -1.
 */
int tide_expression_bounds(const struct tide_expression *expression, unsigned scale,
                           tide_int128 *lowest, tide_int128 *highest);

#endif
