/*
 * The steps once more, with texts on the stack instead of numbers. The texts lie one behind the
 * other in one block, so that joining the two on top costs no more than what stands between them,
 * and a chain of a thousand AND is printed in one go.
 */
#include "engine/base/memory.h"
#include "engine/plan/expression_token.h"

#include <string.h>

/* How tightly the loosest operator of a text binds; the order is the grammar's. */
enum binding {
    BINDS_OR,
    BINDS_AND,
    BINDS_NOT,
    BINDS_PREDICATE,
    BINDS_SUM,
    BINDS_PRODUCT,
    BINDS_UNARY,
    BINDS_ALL,
};

enum {
    STEP_BYTES_MAX = 2 * TIDE_LITERAL_DIGITS_MAX + 16
}; /* a literal, or a word and parentheses */

struct printer {
    char *text;
    size_t bytes;
    unsigned count; /* texts on the stack */
    size_t begins[TIDE_EXPRESSION_DEPTH_MAX];
    enum binding bindings[TIDE_EXPRESSION_DEPTH_MAX];
};

/* What stands in front of the last operand of a step (IS NULL: behind it), and how tightly its
 * operands must bind. */
struct form {
    const char *word;
    unsigned operand_count;
    enum binding binding, first, others;
};

static const struct form forms[] = {
    [TIDE_STEP_NEGATE] = {"-", 1, BINDS_UNARY, BINDS_ALL, BINDS_ALL},
    [TIDE_STEP_ADD] = {" + ", 2, BINDS_SUM, BINDS_SUM, BINDS_PRODUCT},
    [TIDE_STEP_SUBTRACT] = {" - ", 2, BINDS_SUM, BINDS_SUM, BINDS_PRODUCT},
    [TIDE_STEP_MULTIPLY] = {" * ", 2, BINDS_PRODUCT, BINDS_PRODUCT, BINDS_UNARY},
    [TIDE_STEP_DIVIDE] = {" / ", 2, BINDS_PRODUCT, BINDS_PRODUCT, BINDS_UNARY},
    [TIDE_STEP_EQUAL] = {" = ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_UNEQUAL] = {" <> ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_LESS] = {" < ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_LESS_EQUAL] = {" <= ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_GREATER] = {" > ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_GREATER_EQUAL] = {" >= ", 2, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_BETWEEN] = {" AND ", 3, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_IS_NULL] = {" IS NULL", 1, BINDS_PREDICATE, BINDS_SUM, BINDS_SUM},
    [TIDE_STEP_NOT] = {"NOT ", 1, BINDS_NOT, BINDS_NOT, BINDS_NOT},
    [TIDE_STEP_AND] = {" AND ", 2, BINDS_AND, BINDS_AND, BINDS_NOT},
    [TIDE_STEP_OR] = {" OR ", 2, BINDS_OR, BINDS_OR, BINDS_AND},
};

static void insert(struct printer *printer, size_t at, const char *word)
{
    size_t bytes = strlen(word);
    memmove(printer->text + at + bytes, printer->text + at, printer->bytes - at);
    memcpy(printer->text + at, word, bytes);
    printer->bytes += bytes;
}

/* Puts text i of the stack into parentheses if it does not bind tightly enough. */
static void bind(struct printer *printer, unsigned i, enum binding least)
{
    if (printer->bindings[i] >= least) return;
    insert(printer, i + 1 < printer->count ? printer->begins[i + 1] : printer->bytes, ")");
    insert(printer, printer->begins[i], "(");
    while (++i < printer->count) printer->begins[i] += 2;
}

/* The text on top becomes one with that below. */
static void join(struct printer *printer, const char *word)
{
    printer->count--;
    insert(printer, printer->begins[printer->count], word);
}

static void push(struct printer *printer, const char *word, enum binding binding)
{
    TIDE_ASSERT(printer->count < TIDE_EXPRESSION_DEPTH_MAX);
    printer->begins[printer->count] = printer->bytes;
    printer->bindings[printer->count++] = binding;
    insert(printer, printer->bytes, word);
}

static void put_digits(char *out, tide_uint128 value, unsigned digits)
{
    for (unsigned i = digits; i > 0; value /= 10) out[--i] = (char)('0' + (unsigned)(value % 10));
    out[digits] = '\0';
}

static void push_literal(struct printer *printer, const struct tide_literal *literal)
{
    char text[STEP_BYTES_MAX] = "-", *out = text + literal->negative;
    unsigned digits = 1;
    for (tide_uint128 rest = literal->whole / 10; rest > 0; rest /= 10) digits++;
    put_digits(out, literal->whole, digits);
    if (literal->part_digits > 0) {
        out[digits] = '.';
        put_digits(out + digits + 1, literal->part, literal->part_digits);
    }
    push(printer, text, literal->negative ? BINDS_UNARY : BINDS_ALL);
}

/* Makes one text of the step's operands, which lie on top. */
static void apply(struct printer *printer, enum tide_step_kind kind)
{
    const struct form *form = &forms[kind];
    unsigned first = printer->count - form->operand_count;
    bind(printer, first, form->first);
    for (unsigned i = first + 1; i < printer->count; i++) bind(printer, i, form->others);
    if (kind == TIDE_STEP_IS_NULL) insert(printer, printer->bytes, form->word);
    else if (form->operand_count == 1) insert(printer, printer->begins[first], form->word);
    while (printer->count > first + 1) {
        bool is_between = kind == TIDE_STEP_BETWEEN && printer->count == first + 2;
        join(printer, is_between ? " BETWEEN " : form->word);
    }
    printer->bindings[first] = form->binding;
}

char *tide_expression_print(const struct tide_expression *expression,
                            const struct tide_aggregate *const aggregates[])
{
    struct printer printer = {0};
    printer.text = tide_alloc((size_t)expression->step_count * STEP_BYTES_MAX + 1);
    if (!printer.text) return NULL;
    for (unsigned i = 0; i < expression->step_count; i++) {
        const struct tide_step *step = &expression->steps[i];
        if (step->kind == TIDE_STEP_VALUE)
            push(&printer, tide_token_value_name(step->value, aggregates), BINDS_ALL);
        else if (step->kind == TIDE_STEP_LITERAL) push_literal(&printer, &step->literal);
        else apply(&printer, step->kind);
    }
    TIDE_ASSERT(printer.count == 1);
    printer.text[printer.bytes] = '\0';
    return printer.text;
}
