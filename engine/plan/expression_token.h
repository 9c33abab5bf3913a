/*
 * expression_token: the words of an expression.
 * Owns:     nothing; a token points into the text.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   a byte that begins no token is one of kind TIDE_TOKEN_STRANGE.
 * Limits:   none.
 */
#ifndef TIDE_PLAN_EXPRESSION_TOKEN_H
#define TIDE_PLAN_EXPRESSION_TOKEN_H

#include "engine/plan/expression_tree.h"

#include <stddef.h>

enum tide_token_kind {
    TIDE_TOKEN_END,
    TIDE_TOKEN_STRANGE,
    TIDE_TOKEN_NUMBER,
    TIDE_TOKEN_NAME,
    TIDE_TOKEN_AND,
    TIDE_TOKEN_OR,
    TIDE_TOKEN_NOT,
    TIDE_TOKEN_BETWEEN,
    TIDE_TOKEN_IS,
    TIDE_TOKEN_NULL,
    TIDE_TOKEN_OPEN,
    TIDE_TOKEN_CLOSE,
    TIDE_TOKEN_PLUS,
    TIDE_TOKEN_MINUS,
    TIDE_TOKEN_TIMES,
    TIDE_TOKEN_DIVIDE,
    TIDE_TOKEN_EQUAL,
    TIDE_TOKEN_UNEQUAL,
    TIDE_TOKEN_LESS,
    TIDE_TOKEN_LESS_EQUAL,
    TIDE_TOKEN_GREATER,
    TIDE_TOKEN_GREATER_EQUAL,
};

struct tide_token {
    enum tide_token_kind kind;
    const char *text;
    size_t bytes; /* 0 at the end, 1 for a strange one */
};

/* The first token of the text, after blanks. */
struct tide_token tide_token_first(const char *text);

/* Bytes of the identifier at text: a letter, _ or non-ASCII character, then also digits, 0 if there
 * is none. */
size_t tide_token_identifier(const char *text);

/* The value of a number token; false if it has more than TIDE_LITERAL_DIGITS_MAX digits on a side
 * of the point. */
TIDE_MUST_USE bool tide_token_literal(const struct tide_token *token, struct tide_literal *literal);

/* Where the names are searched: the position of the aggregate, any case, or -1. */
int tide_token_aggregate(const char *name, size_t bytes,
                         const struct tide_aggregate *const aggregates[]);

/* The same of what the key's earlier windows say: an index from TIDE_VALUE_HISTORY_MEAN on, or -1.
 */
int tide_token_history(const char *name, size_t bytes);

/* The name of a value by its index. */
const char *tide_token_value_name(unsigned index, const struct tide_aggregate *const aggregates[]);

#endif
