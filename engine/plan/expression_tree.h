/*
 * expression_tree: the inside of an expression, for the files expression_*.c only.
 * Owns:     its steps.
 * Threads:  read-only after parse.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   at most one step a byte of text, TIDE_EXPRESSION_DEPTH_MAX values on the stack.
 */
#ifndef TIDE_PLAN_EXPRESSION_TREE_H
#define TIDE_PLAN_EXPRESSION_TREE_H

#include "engine/plan/expression.h"

enum { TIDE_LITERAL_DIGITS_MAX = 27 };

/* Exactly +-(whole + part / 10^part_digits), the part's last digit not being 0. */
struct tide_literal {
    tide_uint128 whole, part; /* each < 10^TIDE_LITERAL_DIGITS_MAX */
    unsigned part_digits;
    bool negative;
};

enum tide_step_kind {
    TIDE_STEP_VALUE, /* pushes a number */
    TIDE_STEP_LITERAL,
    TIDE_STEP_NEGATE, /* numbers to a number */
    TIDE_STEP_ADD,
    TIDE_STEP_SUBTRACT,
    TIDE_STEP_MULTIPLY,
    TIDE_STEP_DIVIDE,
    TIDE_STEP_EQUAL, /* numbers to a condition */
    TIDE_STEP_UNEQUAL,
    TIDE_STEP_LESS,
    TIDE_STEP_LESS_EQUAL,
    TIDE_STEP_GREATER,
    TIDE_STEP_GREATER_EQUAL,
    TIDE_STEP_BETWEEN, /* three operands: x, low, high */
    TIDE_STEP_IS_NULL, /* number or condition to a condition */
    TIDE_STEP_NOT,     /* conditions to a condition */
    TIDE_STEP_AND,
    TIDE_STEP_OR,
};

struct tide_step {
    enum tide_step_kind kind;
    enum tide_aggregate_unit unit; /* of a value */
    unsigned value;                /* its index */
    struct tide_literal literal;
};

/* The tree in postfix order: each step takes its operands from the top of a stack and leaves its
 * value there, so that a chain of a thousand AND needs no deeper stack than one. */
struct tide_expression {
    uint32_t uses; /* as tide_expression_uses */
    unsigned step_count;
    struct tide_step steps[];
};

#endif
