/* Does any text either name its fault or become a condition that prints as itself, is evaluated as
 * unbounded fractions say, and agrees with its bounds? */
#include "tests/fuzz/target.h"

#include "engine/base/memory.h"
#include "engine/plan/expression_tree.h"
#include "engine/plan/rules.h"
#include "engine/text/exact.h"
#include "operators/registry.h"
#include "tests/unit/chance.h"

#include <gmp.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 2048, DRAWS = 4, NEIGHBOURS = 7 };

/* --- evaluation in fractions that never overflow
 * -------------------------------------------------- */

/* A number, or a condition; null stands for unknown too. */
struct place {
    mpq_t number;
    bool is_true, null;
};

static void set_decimal(mpq_t out, tide_int128 units, unsigned scale)
{
    tide_exact_mpz_set(mpq_numref(out), units);
    mpz_ui_pow_ui(mpq_denref(out), 10, scale);
    mpq_canonicalize(out);
}

static void set_literal(mpq_t out, const struct tide_literal *literal)
{
    mpq_t part;
    mpq_init(part);
    set_decimal(part, (tide_int128)literal->part, literal->part_digits);
    set_decimal(out, (tide_int128)literal->whole, 0);
    mpq_add(out, out, part);
    if (literal->negative) mpq_neg(out, out);
    mpq_clear(part);
}

static void set_condition(struct place *place, bool null, bool is_true)
{
    place->null = null;
    place->is_true = !null && is_true;
}

static void calculate(enum tide_step_kind kind, struct place *a, const struct place *b)
{
    a->null = a->null || b->null || (kind == TIDE_STEP_DIVIDE && mpq_sgn(b->number) == 0);
    if (a->null) return;
    if (kind == TIDE_STEP_ADD) mpq_add(a->number, a->number, b->number);
    if (kind == TIDE_STEP_SUBTRACT) mpq_sub(a->number, a->number, b->number);
    if (kind == TIDE_STEP_MULTIPLY) mpq_mul(a->number, a->number, b->number);
    if (kind == TIDE_STEP_DIVIDE) mpq_div(a->number, a->number, b->number);
}

static void compare(enum tide_step_kind kind, struct place *a, const struct place *b)
{
    bool null = a->null || b->null;
    int order = null ? 0 : mpq_cmp(a->number, b->number);
    const bool holds[] = {
        [TIDE_STEP_EQUAL] = order == 0,
        [TIDE_STEP_UNEQUAL] = order != 0,
        [TIDE_STEP_LESS] =
            order<0, [TIDE_STEP_LESS_EQUAL] = order <= 0, [TIDE_STEP_GREATER] = order> 0,
        [TIDE_STEP_GREATER_EQUAL] = order >= 0,
    };
    set_condition(a, null, holds[kind]);
}

/* One false makes AND false, one true makes OR true, whatever the other is. */
static void conjoin(bool decides, struct place *a, const struct place *b)
{
    bool is_decided = (!a->null && a->is_true == decides) || (!b->null && b->is_true == decides);
    if (is_decided) set_condition(a, false, decides);
    else set_condition(a, a->null || b->null, !decides);
}

static void test_between(struct place *x)
{
    struct place above = {.null = x->null};
    mpq_init(above.number);
    mpq_set(above.number, x->number);
    compare(TIDE_STEP_GREATER_EQUAL, &above, &x[1]);
    compare(TIDE_STEP_LESS_EQUAL, x, &x[2]);
    conjoin(false, x, &above);
    mpq_clear(above.number);
}

/* Takes a step on the places below `top`; returns the new top. */
static unsigned take_step(struct place *places, unsigned top, const struct tide_step *step,
                          const struct tide_value values[])
{
    enum tide_step_kind kind = step->kind;
    if (kind == TIDE_STEP_VALUE) {
        places[top].null = values[step->value].null;
        set_decimal(places[top].number, values[step->value].units, values[step->value].scale);
        return top + 1;
    }
    if (kind == TIDE_STEP_LITERAL) {
        places[top].null = false;
        set_literal(places[top].number, &step->literal);
        return top + 1;
    }
    FUZZ_CHECK(top >= 1);
    struct place *last = &places[top - 1];
    if (kind == TIDE_STEP_NEGATE) mpq_neg(last->number, last->number);
    if (kind == TIDE_STEP_NOT) last->is_true = !last->null && !last->is_true;
    if (kind == TIDE_STEP_IS_NULL) set_condition(last, false, last->null);
    if (kind == TIDE_STEP_NEGATE || kind == TIDE_STEP_NOT || kind == TIDE_STEP_IS_NULL) return top;
    FUZZ_CHECK(top >= 2);
    if (kind == TIDE_STEP_AND || kind == TIDE_STEP_OR)
        conjoin(kind == TIDE_STEP_OR, last - 1, last);
    else if (kind == TIDE_STEP_BETWEEN) {
        FUZZ_CHECK(top >= 3);
        test_between(last - 2);
        return top - 2;
    } else if (kind >= TIDE_STEP_ADD && kind <= TIDE_STEP_DIVIDE) calculate(kind, last - 1, last);
    else compare(kind, last - 1, last);
    return top - 1;
}

static enum tide_truth evaluate_slowly(const struct tide_expression *expression,
                                       const struct tide_value values[])
{
    static struct place places[TIDE_EXPRESSION_DEPTH_MAX + 1];
    unsigned top = 0;
    for (unsigned i = 0; i <= TIDE_EXPRESSION_DEPTH_MAX; i++) mpq_init(places[i].number);
    for (unsigned i = 0; i < expression->step_count; i++) {
        FUZZ_CHECK(top <= TIDE_EXPRESSION_DEPTH_MAX);
        top = take_step(places, top, &expression->steps[i], values);
    }
    FUZZ_CHECK(top == 1);
    for (unsigned i = 0; i <= TIDE_EXPRESSION_DEPTH_MAX; i++) mpq_clear(places[i].number);
    if (places[0].null) return TIDE_UNKNOWN;
    return places[0].is_true ? TIDE_TRUE : TIDE_FALSE;
}

/* --- values
 * --------------------------------------------------------------------------------------- */

static tide_int128 draw_units(struct chance *chance)
{
    tide_int128 units =
        (tide_int128)((tide_uint128)chance_next(chance) << 64 | chance_next(chance));
    units >>= chance_below(chance, 128);
    if (chance_is(chance, 6)) units -= units % (tide_int128)tide_power_of_ten(6);
    if (chance_is(chance, 20)) return chance_is(chance, 2) ? TIDE_INT128_MAX : TIDE_INT128_MIN;
    return units;
}

static void draw_values(struct chance *chance, unsigned scale, struct tide_value values[])
{
    const struct tide_aggregate *const *aggregates = tide_operators.aggregates;
    for (unsigned i = 0; i < TIDE_VALUE_COUNT; i++)
        values[i] = (struct tide_value){.units = draw_units(chance),
                                        .scale = TIDE_AGGREGATE_MEAN_DECIMALS,
                                        .null = chance_is(chance, 8)};
    for (unsigned i = 0; aggregates[i]; i++)
        if (aggregates[i]->unit == TIDE_UNIT_AMOUNT) values[i].scale = (uint8_t)scale;
    values[TIDE_VALUE_HISTORY_COUNT].scale = 0;
    for (unsigned i = 0; aggregates[i]; i++)
        if (aggregates[i]->unit == TIDE_UNIT_COUNT) values[i].scale = 0;
}

/* --- what must hold
 * ------------------------------------------------------------------------------- */

static bool is_same_step(const struct tide_step *a, const struct tide_step *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == TIDE_STEP_VALUE) return a->value == b->value && a->unit == b->unit;
    const struct tide_literal *left = &a->literal, *right = &b->literal;
    return a->kind != TIDE_STEP_LITERAL ||
           (left->whole == right->whole && left->part == right->part &&
            left->part_digits == right->part_digits && left->negative == right->negative);
}

/* What is printed may be nested deeper than what was typed: that alone may be refused. */
static void check_printed(const struct tide_expression *expression)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    char *printed = tide_expression_print(expression, tide_operators.aggregates);
    FUZZ_CHECK(printed);
    struct tide_expression *again =
        tide_expression_parse(printed, tide_operators.aggregates, &error);
    FUZZ_CHECK(again || strstr(error.text, "nested deeper"));
    if (again) {
        char *printed_again = tide_expression_print(again, tide_operators.aggregates);
        FUZZ_CHECK(printed_again && strcmp(printed, printed_again) == 0);
        tide_free(printed_again);
        FUZZ_CHECK(again->uses == expression->uses);
        FUZZ_CHECK(again->step_count == expression->step_count);
        for (unsigned i = 0; i < again->step_count; i++)
            FUZZ_CHECK(is_same_step(&again->steps[i], &expression->steps[i]));
    }
    tide_expression_free(again);
    tide_free(printed);
}

/* At the bounds, beside them, and anywhere: within means true. */
static void check_bounds(const struct tide_expression *expression, struct tide_value values[],
                         unsigned scale, struct tide_expression_scratch *scratch)
{
    tide_int128 lowest, highest;
    int index = tide_expression_bounds(expression, scale, &lowest, &highest);
    if (index < 0) return;
    const tide_int128 neighbours[NEIGHBOURS] = {lowest,
                                                highest,
                                                (tide_int128)((tide_uint128)lowest - 1),
                                                (tide_int128)((tide_uint128)lowest + 1),
                                                (tide_int128)((tide_uint128)highest - 1),
                                                (tide_int128)((tide_uint128)highest + 1),
                                                values[index].units};
    values[index].null = false;
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        tide_int128 units = neighbours[i];
        if (units == TIDE_INT128_MIN || units == TIDE_INT128_MAX) continue; /* count as beyond */
        values[index].units = units;
        bool is_true = tide_expression_evaluate(expression, values, scratch) == TIDE_TRUE;
        FUZZ_CHECK(is_true == (units >= lowest && units <= highest));
    }
}

/* As a rule it means the same, unless NAME= stands in front. */
static void check_rule(const char *text, const struct tide_expression *expression, unsigned scale,
                       const struct tide_value values[], struct tide_expression_scratch *scratch)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_rule_set *rules =
        tide_rules_build(&text, 1, tide_operators.aggregates, scale, &error);
    FUZZ_CHECK(rules || (error.exit == TIDE_EXIT_USAGE && error.text[0]));
    if (rules && rules->rule_count == 1) {
        const struct tide_rule *rule = &rules->rules[0];
        bool holds = tide_rule_holds(rule, values, scratch);
        if (expression && !rule->is_named)
            FUZZ_CHECK(holds ==
                       (tide_expression_evaluate(expression, values, scratch) == TIDE_TRUE));
    }
    tide_rules_free(rules);
}

static void check_text(const char *text, unsigned scale, uint64_t seed)
{
    static struct tide_expression_scratch *scratch;
    if (!scratch) scratch = tide_expression_scratch_new();
    FUZZ_CHECK(scratch);
    struct tide_value values[TIDE_VALUE_COUNT];
    struct chance chance = {seed};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_expression *expression =
        tide_expression_parse(text, tide_operators.aggregates, &error);
    FUZZ_CHECK(expression ? !error.text[0] : error.exit == TIDE_EXIT_USAGE && error.text[0]);
    for (unsigned i = 0; expression && i < DRAWS; i++) {
        draw_values(&chance, scale, values);
        enum tide_truth truth = tide_expression_evaluate(expression, values, scratch);
        FUZZ_CHECK(truth == evaluate_slowly(expression, values));
        check_bounds(expression, values, scale, scratch);
    }
    draw_values(&chance, scale, values);
    check_rule(text, expression, scale, values, scratch);
    if (expression) check_printed(expression);
    tide_expression_free(expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[TEXT_BYTES_MAX + 1];
    struct feed feed = {(const char *)data, bytes};
    unsigned scale = feed_number(&feed, TIDE_DECIMAL_SCALE_MAX + 1);
    uint64_t seed = feed_number(&feed, 1 << 16);
    size_t count = feed.bytes < TEXT_BYTES_MAX ? feed.bytes : TEXT_BYTES_MAX;
    memcpy(text, feed.text, count);
    text[count] = '\0';
    check_text(text, scale, seed);
    return 0;
}
