/*
 * A stack machine. It runs on 128-bit fractions first; if any of them overflows, the whole
 * expression is run again in GMP. Fractions are not reduced: values have powers of ten below the
 * line, which stay small in what rules say.
 */
#include "engine/base/memory.h"
#include "engine/plan/expression_tree.h"
#include "engine/text/exact.h"

#include <gmp.h>

struct fraction {
    tide_int128 numerator, denominator; /* denominator > 0 */
};

/* One place of the stack. A number is in narrow or wide, whichever is running. */
struct cell {
    struct fraction narrow;
    mpq_t wide;
    enum tide_truth truth; /* of a condition */
    bool null;
};

struct tide_expression_scratch {
    struct cell cells[TIDE_EXPRESSION_DEPTH_MAX];
    mpz_t power;
};

/* What the machine needs of a kind of number. Each answers false for overflow. */
struct arithmetic {
    bool (*set_value)(struct tide_expression_scratch *, struct cell *, const struct tide_value *);
    bool (*set_literal)(struct tide_expression_scratch *, struct cell *,
                        const struct tide_literal *);
    bool (*is_zero)(const struct cell *);
    bool (*negate)(struct cell *);
    bool (*combine)(enum tide_step_kind, struct cell *, const struct cell *); /* a = a op b */
    bool (*compare)(const struct cell *, const struct cell *, int *order);    /* < 0, 0, > 0 */
};

static bool narrow_set_value(struct tide_expression_scratch *scratch, struct cell *cell,
                             const struct tide_value *value)
{
    (void)scratch;
    cell->narrow.numerator = value->units;
    cell->narrow.denominator = (tide_int128)tide_power_of_ten(value->scale);
    return true;
}

static bool narrow_set_literal(struct tide_expression_scratch *scratch, struct cell *cell,
                               const struct tide_literal *literal)
{
    (void)scratch;
    struct fraction *out = &cell->narrow;
    out->denominator = (tide_int128)tide_power_of_ten(literal->part_digits);
    if (__builtin_mul_overflow((tide_int128)literal->whole, out->denominator, &out->numerator) ||
        __builtin_add_overflow(out->numerator, (tide_int128)literal->part, &out->numerator))
        return false;
    if (literal->negative) out->numerator = -out->numerator;
    return true;
}

static bool narrow_is_zero(const struct cell *cell)
{
    return cell->narrow.numerator == 0;
}

static bool negate(struct fraction *a)
{
    return !__builtin_sub_overflow((tide_int128)0, a->numerator, &a->numerator);
}

static bool narrow_negate(struct cell *cell)
{
    return negate(&cell->narrow);
}

/* Brings both over one denominator. */
static bool align(struct fraction *a, struct fraction *b)
{
    tide_int128 factor_a = b->denominator, factor_b = a->denominator;
    if (factor_a == factor_b) return true;
    if (__builtin_mul_overflow(a->numerator, factor_a, &a->numerator) ||
        __builtin_mul_overflow(b->numerator, factor_b, &b->numerator) ||
        __builtin_mul_overflow(a->denominator, factor_a, &a->denominator))
        return false;
    b->denominator = a->denominator;
    return true;
}

static bool multiply(struct fraction *a, const struct fraction *b)
{
    return !__builtin_mul_overflow(a->numerator, b->numerator, &a->numerator) &&
           !__builtin_mul_overflow(a->denominator, b->denominator, &a->denominator);
}

/* 1 / a, which is not 0. */
static bool invert(struct fraction *a)
{
    bool negative = a->numerator < 0;
    if (negative && !negate(a)) return false;
    *a = (struct fraction){negative ? -a->denominator : a->denominator, a->numerator};
    return true;
}

static bool narrow_combine(enum tide_step_kind kind, struct cell *a, const struct cell *b)
{
    struct fraction *left = &a->narrow, right = b->narrow;
    if (kind == TIDE_STEP_MULTIPLY) return multiply(left, &right);
    if (kind == TIDE_STEP_DIVIDE) return invert(&right) && multiply(left, &right);
    if (kind == TIDE_STEP_SUBTRACT && !negate(&right)) return false;
    return align(left, &right) &&
           !__builtin_add_overflow(left->numerator, right.numerator, &left->numerator);
}

static bool narrow_compare(const struct cell *a, const struct cell *b, int *order)
{
    struct fraction left = a->narrow, right = b->narrow;
    if (!align(&left, &right)) return false;
    *order = (left.numerator > right.numerator) - (left.numerator < right.numerator);
    return true;
}

static bool wide_set_value(struct tide_expression_scratch *scratch, struct cell *cell,
                           const struct tide_value *value)
{
    (void)scratch;
    tide_exact_mpz_set(mpq_numref(cell->wide), value->units);
    mpz_ui_pow_ui(mpq_denref(cell->wide), 10, value->scale);
    mpq_canonicalize(cell->wide);
    return true;
}

static bool wide_set_literal(struct tide_expression_scratch *scratch, struct cell *cell,
                             const struct tide_literal *literal)
{
    mpz_ptr numerator = mpq_numref(cell->wide), denominator = mpq_denref(cell->wide);
    mpz_ui_pow_ui(denominator, 10, literal->part_digits);
    tide_exact_mpz_set(numerator, (tide_int128)literal->part);
    tide_exact_mpz_set(scratch->power, (tide_int128)literal->whole);
    mpz_addmul(numerator, scratch->power, denominator);
    if (literal->negative) mpz_neg(numerator, numerator);
    mpq_canonicalize(cell->wide);
    return true;
}

static bool wide_is_zero(const struct cell *cell)
{
    return mpq_sgn(cell->wide) == 0;
}

static bool wide_negate(struct cell *cell)
{
    mpq_neg(cell->wide, cell->wide);
    return true;
}

static bool wide_combine(enum tide_step_kind kind, struct cell *a, const struct cell *b)
{
    if (kind == TIDE_STEP_ADD) mpq_add(a->wide, a->wide, b->wide);
    else if (kind == TIDE_STEP_SUBTRACT) mpq_sub(a->wide, a->wide, b->wide);
    else if (kind == TIDE_STEP_MULTIPLY) mpq_mul(a->wide, a->wide, b->wide);
    else mpq_div(a->wide, a->wide, b->wide);
    return true;
}

static bool wide_compare(const struct cell *a, const struct cell *b, int *order)
{
    *order = mpq_cmp(a->wide, b->wide);
    return true;
}

static const struct arithmetic narrow = {
    narrow_set_value, narrow_set_literal, narrow_is_zero,
    narrow_negate,    narrow_combine,     narrow_compare,
};

static const struct arithmetic wide = {
    wide_set_value, wide_set_literal, wide_is_zero, wide_negate, wide_combine, wide_compare,
};

static void set_truth(struct cell *cell, enum tide_truth truth)
{
    cell->truth = truth;
    cell->null = truth == TIDE_UNKNOWN;
}

static enum tide_truth truth_not(enum tide_truth a)
{
    if (a == TIDE_UNKNOWN) return TIDE_UNKNOWN;
    return a == TIDE_TRUE ? TIDE_FALSE : TIDE_TRUE;
}

static enum tide_truth truth_and(enum tide_truth a, enum tide_truth b)
{
    if (a == TIDE_FALSE || b == TIDE_FALSE) return TIDE_FALSE;
    return a == TIDE_TRUE && b == TIDE_TRUE ? TIDE_TRUE : TIDE_UNKNOWN;
}

static enum tide_truth truth_or(enum tide_truth a, enum tide_truth b)
{
    if (a == TIDE_TRUE || b == TIDE_TRUE) return TIDE_TRUE;
    return a == TIDE_FALSE && b == TIDE_FALSE ? TIDE_FALSE : TIDE_UNKNOWN;
}

static bool order_satisfies(int order, enum tide_step_kind kind)
{
    if (order == 0)
        return kind == TIDE_STEP_EQUAL || kind == TIDE_STEP_LESS_EQUAL ||
               kind == TIDE_STEP_GREATER_EQUAL;
    if (kind == TIDE_STEP_UNEQUAL) return true;
    if (order < 0) return kind == TIDE_STEP_LESS || kind == TIDE_STEP_LESS_EQUAL;
    return kind == TIDE_STEP_GREATER || kind == TIDE_STEP_GREATER_EQUAL;
}

static bool compare(const struct arithmetic *arithmetic, enum tide_step_kind kind,
                    const struct cell *a, const struct cell *b, enum tide_truth *truth)
{
    *truth = TIDE_UNKNOWN;
    if (a->null || b->null) return true;
    int order;
    if (!arithmetic->compare(a, b, &order)) return false;
    *truth = order_satisfies(order, kind) ? TIDE_TRUE : TIDE_FALSE;
    return true;
}

static bool between(const struct arithmetic *arithmetic, struct cell *operands)
{
    enum tide_truth above, below;
    if (!compare(arithmetic, TIDE_STEP_GREATER_EQUAL, &operands[0], &operands[1], &above) ||
        !compare(arithmetic, TIDE_STEP_LESS_EQUAL, &operands[0], &operands[2], &below))
        return false;
    set_truth(&operands[0], truth_and(above, below));
    return true;
}

static bool combine(const struct arithmetic *arithmetic, enum tide_step_kind kind, struct cell *a,
                    const struct cell *b)
{
    a->null = a->null || b->null;
    if (a->null) return true;
    if (kind == TIDE_STEP_DIVIDE && arithmetic->is_zero(b)) {
        a->null = true;
        return true;
    }
    return arithmetic->combine(kind, a, b);
}

static unsigned operand_count(enum tide_step_kind kind)
{
    if (kind == TIDE_STEP_VALUE || kind == TIDE_STEP_LITERAL) return 0;
    if (kind == TIDE_STEP_NEGATE || kind == TIDE_STEP_IS_NULL || kind == TIDE_STEP_NOT) return 1;
    return kind == TIDE_STEP_BETWEEN ? 3 : 2;
}

static enum tide_truth truth_of(enum tide_step_kind kind, const struct cell *cell)
{
    if (kind == TIDE_STEP_IS_NULL) return cell->null ? TIDE_TRUE : TIDE_FALSE;
    if (kind == TIDE_STEP_NOT) return truth_not(cell->truth);
    if (kind == TIDE_STEP_AND) return truth_and(cell[0].truth, cell[1].truth);
    return truth_or(cell[0].truth, cell[1].truth);
}

/* Replaces the step's operands, which begin at cell, by its value. */
static bool run_step(const struct tide_step *step, const struct arithmetic *arithmetic,
                     const struct tide_value values[], struct tide_expression_scratch *scratch,
                     struct cell *cell)
{
    enum tide_truth truth;
    switch (step->kind) {
    case TIDE_STEP_VALUE:
        cell->null = values[step->value].null;
        return cell->null || arithmetic->set_value(scratch, cell, &values[step->value]);
    case TIDE_STEP_LITERAL:
        cell->null = false;
        return arithmetic->set_literal(scratch, cell, &step->literal);
    case TIDE_STEP_NEGATE:
        return cell->null || arithmetic->negate(cell);
    case TIDE_STEP_ADD:
    case TIDE_STEP_SUBTRACT:
    case TIDE_STEP_MULTIPLY:
    case TIDE_STEP_DIVIDE:
        return combine(arithmetic, step->kind, &cell[0], &cell[1]);
    case TIDE_STEP_BETWEEN:
        return between(arithmetic, cell);
    case TIDE_STEP_IS_NULL:
    case TIDE_STEP_NOT:
    case TIDE_STEP_AND:
    case TIDE_STEP_OR:
        set_truth(cell, truth_of(step->kind, cell));
        return true;
    default:
        if (!compare(arithmetic, step->kind, &cell[0], &cell[1], &truth)) return false;
        set_truth(cell, truth);
        return true;
    }
}

static bool run(const struct tide_expression *expression, const struct arithmetic *arithmetic,
                const struct tide_value values[], struct tide_expression_scratch *scratch)
{
    unsigned top = 0;
    for (unsigned i = 0; i < expression->step_count; i++) {
        const struct tide_step *step = &expression->steps[i];
        top -= operand_count(step->kind);
        TIDE_CHECK(top < TIDE_EXPRESSION_DEPTH_MAX);
        if (!run_step(step, arithmetic, values, scratch, &scratch->cells[top])) return false;
        top++;
    }
    TIDE_CHECK(top == 1);
    return true;
}

size_t tide_expression_scratch_bytes(void)
{
    return sizeof(struct tide_expression_scratch);
}

struct tide_expression_scratch *tide_expression_scratch_new(void)
{
    struct tide_expression_scratch *scratch = tide_alloc_zeroed(1, sizeof *scratch);
    if (!scratch) return NULL;
    for (size_t i = 0; i < TIDE_EXPRESSION_DEPTH_MAX; i++) mpq_init(scratch->cells[i].wide);
    mpz_init(scratch->power);
    return scratch;
}

void tide_expression_scratch_free(struct tide_expression_scratch *scratch)
{
    if (!scratch) return;
    for (size_t i = 0; i < TIDE_EXPRESSION_DEPTH_MAX; i++) mpq_clear(scratch->cells[i].wide);
    mpz_clear(scratch->power);
    tide_free(scratch);
}

enum tide_truth tide_expression_evaluate(const struct tide_expression *expression,
                                         const struct tide_value values[],
                                         struct tide_expression_scratch *scratch)
{
    if (!run(expression, &narrow, values, scratch)) {
        bool done = run(expression, &wide, values, scratch);
        TIDE_ASSERT(done);
    }
    return scratch->cells[0].truth;
}
