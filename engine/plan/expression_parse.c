/*
 * Recursive descent, one function a level of SQL's precedence, loosest first:
 *
 *   or        := and {OR and}
 *   and       := not {AND not}
 *   not       := NOT not | predicate
 *   predicate := sum [comparison sum | [NOT] BETWEEN sum AND sum | IS [NOT] NULL]
 *   sum       := product {(+|-) product}
 *   product   := unary {(*|/) unary}
 *   unary     := (-|+) unary | primary
 *   primary   := number | aggregate | history.NAME | ( or )
 *
 * Each tells what it has parsed, a number or a condition, so that types are checked on the way.
 */
#include "engine/base/memory.h"
#include "engine/plan/expression_token.h"
#include "engine/plan/nearest.h"

#include <stdio.h>
#include <string.h>

enum type { TYPE_NONE, TYPE_NUMBER, TYPE_CONDITION }; /* none: failed, the error is set */

struct parser {
    const char *text;
    struct tide_token token; /* the one to look at */
    const struct tide_aggregate *const *aggregates;
    struct tide_expression *expression;
    struct tide_error *error;
    unsigned depth;       /* of the recursion */
    unsigned stack_depth; /* of the evaluation, so far */
};

static enum type parse_or(struct parser *parser);

/* Columns count characters, not bytes. */
static unsigned column_of(const struct parser *parser, const struct tide_token *token)
{
    unsigned column = 1;
    for (const char *at = parser->text; at < token->text; at++) column += (*at & 0xC0) != 0x80;
    return column;
}

/* How much of a token a message shows: whole characters. */
static int shown_bytes(const struct tide_token *token)
{
    int bytes = token->bytes > 40 ? 40 : (int)token->bytes;
    if (token->bytes > 40)
        while (bytes > 0 && (token->text[bytes] & 0xC0) == 0x80) bytes--;
    return bytes;
}

static enum type fail_expected(struct parser *parser, const char *expected)
{
    const struct tide_token *token = &parser->token;
    unsigned column = column_of(parser, token);
    unsigned char byte = (unsigned char)token->text[0];
    if (token->kind == TIDE_TOKEN_END)
        tide_error_set(parser->error, TIDE_EXIT_USAGE, "column %u: expected %s, found the end",
                       column, expected);
    else if (token->kind == TIDE_TOKEN_STRANGE && (byte < ' ' || byte > '~'))
        tide_error_set(parser->error, TIDE_EXIT_USAGE, "column %u: expected %s, found byte 0x%02x",
                       column, expected, byte);
    else
        tide_error_set(parser->error, TIDE_EXIT_USAGE, "column %u: expected %s, found '%.*s'",
                       column, expected, shown_bytes(token), token->text);
    return TYPE_NONE;
}

static enum type fail_depth(struct parser *parser)
{
    tide_error_set(parser->error, TIDE_EXIT_USAGE,
                   "column %u: nested deeper than %d levels: split the rule",
                   column_of(parser, &parser->token), TIDE_EXPRESSION_DEPTH_MAX);
    return TYPE_NONE;
}

static enum type fail_name(struct parser *parser)
{
    const struct tide_token *token = &parser->token;
    struct tide_nearest nearest;
    char names[256], hint[128] = "";
    size_t used = 0;
    tide_nearest_init(&nearest, token->text, token->bytes);
    for (unsigned i = TIDE_VALUE_HISTORY_MEAN; i < TIDE_VALUE_COUNT; i++)
        tide_nearest_offer(&nearest, tide_token_value_name(i, parser->aggregates));
    for (size_t i = 0; parser->aggregates[i] && used < sizeof names; i++) {
        const char *name = parser->aggregates[i]->name;
        tide_nearest_offer(&nearest, name);
        used += (size_t)snprintf(names + used, sizeof names - used, i ? ", %s" : "%s", name);
    }
    if (nearest.name) snprintf(hint, sizeof hint, ", did you mean '%s'?", nearest.name);
    tide_error_set(parser->error, TIDE_EXIT_USAGE,
                   "column %u: expected an aggregate, found '%.*s'%s (the aggregates: %s; of "
                   "earlier windows: history.mean, history.stddev, history.count)",
                   column_of(parser, token), shown_bytes(token), token->text, hint, names);
    return TYPE_NONE;
}

/* Is what was parsed from `start` on of the type its place asks for? */
static bool require(struct parser *parser, enum type found, enum type wanted,
                    const struct tide_token *start)
{
    if (found == TYPE_NONE) return false;
    if (found == wanted) return true;
    return tide_error_set(parser->error, TIDE_EXIT_USAGE,
                          wanted == TYPE_NUMBER
                              ? "column %u: expected a number, found a condition"
                              : "column %u: expected a condition, found a number; compare it "
                                "with something, as in sum > 8000",
                          column_of(parser, start));
}

static void advance(struct parser *parser)
{
    parser->token = tide_token_first(parser->token.text + parser->token.bytes);
}

static bool accept(struct parser *parser, enum tide_token_kind kind)
{
    if (parser->token.kind != kind) return false;
    advance(parser);
    return true;
}

/* Appends a step without operands. */
static bool push(struct parser *parser, const struct tide_step *step)
{
    if (parser->stack_depth == TIDE_EXPRESSION_DEPTH_MAX) return fail_depth(parser);
    parser->stack_depth++;
    parser->expression->steps[parser->expression->step_count++] = *step;
    return true;
}

/* Appends a step that takes operand_count values from the stack and leaves one. */
static void apply(struct parser *parser, enum tide_step_kind kind, unsigned operand_count)
{
    parser->stack_depth -= operand_count - 1;
    parser->expression->steps[parser->expression->step_count++] = (struct tide_step){.kind = kind};
}

static enum type parse_name(struct parser *parser)
{
    const struct tide_token *token = &parser->token;
    int index = tide_token_aggregate(token->text, token->bytes, parser->aggregates);
    if (index < 0) index = tide_token_history(token->text, token->bytes);
    if (index < 0) return fail_name(parser);
    struct tide_step step = {.kind = TIDE_STEP_VALUE, .value = (unsigned)index};
    step.unit = index == TIDE_VALUE_HISTORY_COUNT  ? TIDE_UNIT_COUNT
                : index >= TIDE_VALUE_HISTORY_MEAN ? TIDE_UNIT_MEAN
                                                   : parser->aggregates[index]->unit;
    if (!push(parser, &step)) return TYPE_NONE;
    parser->expression->uses |= (uint32_t)1 << index;
    advance(parser);
    return TYPE_NUMBER;
}

static enum type parse_literal(struct parser *parser)
{
    struct tide_step step = {.kind = TIDE_STEP_LITERAL};
    if (!tide_token_literal(&parser->token, &step.literal)) {
        tide_error_set(
            parser->error, TIDE_EXIT_USAGE,
            "column %u: expected a number of at most %d digits on each side of the point",
            column_of(parser, &parser->token), TIDE_LITERAL_DIGITS_MAX);
        return TYPE_NONE;
    }
    if (!push(parser, &step)) return TYPE_NONE;
    advance(parser);
    return TYPE_NUMBER;
}

static enum type parse_primary(struct parser *parser)
{
    switch (parser->token.kind) {
    case TIDE_TOKEN_NUMBER:
        return parse_literal(parser);
    case TIDE_TOKEN_NAME:
        return parse_name(parser);
    case TIDE_TOKEN_OPEN:
        break;
    default:
        return fail_expected(parser, "a number, an aggregate or '('");
    }
    if (parser->depth == TIDE_EXPRESSION_DEPTH_MAX) return fail_depth(parser);
    parser->depth++;
    advance(parser);
    enum type type = parse_or(parser);
    if (type != TYPE_NONE && !accept(parser, TIDE_TOKEN_CLOSE))
        return fail_expected(parser, type == TYPE_NUMBER ? "an operator or ')'" : "AND, OR or ')'");
    parser->depth--;
    return type;
}

static enum type parse_unary(struct parser *parser)
{
    const struct tide_expression *expression = parser->expression;
    bool negative = parser->token.kind == TIDE_TOKEN_MINUS;
    if (!negative && parser->token.kind != TIDE_TOKEN_PLUS) return parse_primary(parser);
    if (parser->depth == TIDE_EXPRESSION_DEPTH_MAX) return fail_depth(parser);
    parser->depth++;
    advance(parser);
    const struct tide_token start = parser->token;
    unsigned first = expression->step_count;
    if (!require(parser, parse_unary(parser), TYPE_NUMBER, &start)) return TYPE_NONE;
    parser->depth--;
    if (!negative) return TYPE_NUMBER;

    struct tide_step *operand = &parser->expression->steps[first];
    if (expression->step_count == first + 1 && operand->kind == TIDE_STEP_LITERAL)
        operand->literal.negative = !operand->literal.negative;
    else apply(parser, TIDE_STEP_NEGATE, 1);
    return TYPE_NUMBER;
}

/* A level of left-associative operators: what may stand between operands of this type, parsed by
 * `operand`. */
struct level {
    enum type type;
    enum type (*operand)(struct parser *);
    struct {
        enum tide_token_kind token;
        enum tide_step_kind step;
    } operators[2];
};

static enum type parse_level(struct parser *parser, const struct level *level)
{
    const struct tide_token first = parser->token;
    enum type type = level->operand(parser);
    while (type != TYPE_NONE) {
        bool is_first = parser->token.kind == level->operators[0].token;
        if (!is_first && parser->token.kind != level->operators[1].token) break;
        if (!require(parser, type, level->type, &first)) return TYPE_NONE;
        advance(parser);
        const struct tide_token second = parser->token;
        if (!require(parser, level->operand(parser), level->type, &second)) return TYPE_NONE;
        apply(parser, level->operators[is_first ? 0 : 1].step, 2);
    }
    return type;
}

static enum type parse_product(struct parser *parser)
{
    static const struct level level = {
        TYPE_NUMBER,
        parse_unary,
        {{TIDE_TOKEN_TIMES, TIDE_STEP_MULTIPLY}, {TIDE_TOKEN_DIVIDE, TIDE_STEP_DIVIDE}},
    };
    return parse_level(parser, &level);
}

static enum type parse_sum(struct parser *parser)
{
    static const struct level level = {
        TYPE_NUMBER,
        parse_product,
        {{TIDE_TOKEN_PLUS, TIDE_STEP_ADD}, {TIDE_TOKEN_MINUS, TIDE_STEP_SUBTRACT}},
    };
    return parse_level(parser, &level);
}

/* One more number operand, which stands at the token. */
static bool parse_number(struct parser *parser)
{
    const struct tide_token start = parser->token;
    return require(parser, parse_sum(parser), TYPE_NUMBER, &start);
}

static enum type parse_between(struct parser *parser)
{
    if (!parse_number(parser)) return TYPE_NONE;
    if (!accept(parser, TIDE_TOKEN_AND)) return fail_expected(parser, "AND and the upper bound");
    if (!parse_number(parser)) return TYPE_NONE;
    apply(parser, TIDE_STEP_BETWEEN, 3);
    return TYPE_CONDITION;
}

static enum type parse_is_null(struct parser *parser)
{
    bool negated = accept(parser, TIDE_TOKEN_NOT);
    if (!accept(parser, TIDE_TOKEN_NULL))
        return fail_expected(parser, negated ? "NULL" : "NULL or NOT NULL");
    apply(parser, TIDE_STEP_IS_NULL, 1);
    if (negated) apply(parser, TIDE_STEP_NOT, 1);
    return TYPE_CONDITION;
}

static enum type parse_predicate(struct parser *parser)
{
    const struct tide_token start = parser->token;
    enum type type = parse_sum(parser);
    if (type == TYPE_NONE) return type;
    if (accept(parser, TIDE_TOKEN_IS)) return parse_is_null(parser);

    enum tide_token_kind token = parser->token.kind;
    bool is_comparison = token >= TIDE_TOKEN_EQUAL && token <= TIDE_TOKEN_GREATER_EQUAL;
    if (!is_comparison && token != TIDE_TOKEN_BETWEEN && token != TIDE_TOKEN_NOT) return type;
    if (!require(parser, type, TYPE_NUMBER, &start)) return TYPE_NONE;
    advance(parser);
    if (is_comparison) {
        if (!parse_number(parser)) return TYPE_NONE;
        apply(parser, TIDE_STEP_EQUAL + (token - TIDE_TOKEN_EQUAL), 2);
        return TYPE_CONDITION;
    }
    if (token == TIDE_TOKEN_NOT && !accept(parser, TIDE_TOKEN_BETWEEN))
        return fail_expected(parser, "BETWEEN");
    type = parse_between(parser);
    if (type != TYPE_NONE && token == TIDE_TOKEN_NOT) apply(parser, TIDE_STEP_NOT, 1);
    return type;
}

static enum type parse_not(struct parser *parser)
{
    if (parser->token.kind != TIDE_TOKEN_NOT) return parse_predicate(parser);
    if (parser->depth == TIDE_EXPRESSION_DEPTH_MAX) return fail_depth(parser);
    parser->depth++;
    advance(parser);
    const struct tide_token start = parser->token;
    if (!require(parser, parse_not(parser), TYPE_CONDITION, &start)) return TYPE_NONE;
    parser->depth--;
    apply(parser, TIDE_STEP_NOT, 1);
    return TYPE_CONDITION;
}

static enum type parse_and(struct parser *parser)
{
    static const struct level level = {
        TYPE_CONDITION,
        parse_not,
        {{TIDE_TOKEN_AND, TIDE_STEP_AND}, {TIDE_TOKEN_AND, TIDE_STEP_AND}},
    };
    return parse_level(parser, &level);
}

static enum type parse_or(struct parser *parser)
{
    static const struct level level = {
        TYPE_CONDITION,
        parse_and,
        {{TIDE_TOKEN_OR, TIDE_STEP_OR}, {TIDE_TOKEN_OR, TIDE_STEP_OR}},
    };
    return parse_level(parser, &level);
}

static bool parse_whole(struct parser *parser)
{
    const struct tide_token start = parser->token;
    enum type type = parse_or(parser);
    if (type == TYPE_NONE) return false;
    if (parser->token.kind != TIDE_TOKEN_END)
        return fail_expected(parser, type == TYPE_NUMBER ? "an operator or a comparison"
                                                         : "AND, OR or the end");
    return require(parser, type, TYPE_CONDITION, &start);
}

struct tide_expression *tide_expression_parse(const char *text,
                                              const struct tide_aggregate *const aggregates[],
                                              struct tide_error *error)
{
    size_t bytes = strlen(text);
    struct tide_expression *expression =
        tide_alloc(sizeof *expression + bytes * sizeof expression->steps[0]);
    if (!expression) {
        tide_error_memory(error, "an alert rule");
        return NULL;
    }
    expression->uses = 0;
    expression->step_count = 0;
    struct parser parser = {
        .text = text,
        .token = tide_token_first(text),
        .aggregates = aggregates,
        .expression = expression,
        .error = error,
    };
    if (!parse_whole(&parser)) {
        tide_expression_free(expression);
        return NULL;
    }
    TIDE_ASSERT(parser.stack_depth == 1 && expression->step_count <= bytes);
    return expression;
}

void tide_expression_free(struct tide_expression *expression)
{
    tide_free(expression);
}

uint32_t tide_expression_uses(const struct tide_expression *expression)
{
    return expression->uses;
}
