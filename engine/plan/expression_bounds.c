#include "engine/plan/expression_tree.h"
#include "engine/text/exact.h"

/* A literal in an aggregate's units: it lies between floor and ceiling. The extremes of 128 bits
 * count as beyond; no aggregate gets there. */
struct position {
    tide_int128 floor, ceiling;
    int beyond; /* not 0: out of range, on this side */
};

struct interval {
    tide_int128 lowest, highest;
};

static const struct interval everything = {TIDE_INT128_MIN, TIDE_INT128_MAX};
static const struct interval nothing = {TIDE_INT128_MAX, TIDE_INT128_MIN};

static struct position position_of(const struct tide_literal *literal, unsigned scale)
{
    struct position out = {.beyond = literal->negative ? -1 : 1};
    tide_int128 part = (tide_int128)literal->part, units;
    bool exact = true;
    if (literal->part_digits <= scale) {
        part *= (tide_int128)tide_power_of_ten(scale - literal->part_digits);
    } else {
        part /= (tide_int128)tide_power_of_ten(literal->part_digits - scale);
        exact = false; /* the part's last digit is not 0 */
    }
    if (__builtin_mul_overflow((tide_int128)literal->whole, (tide_int128)tide_power_of_ten(scale),
                               &units) ||
        __builtin_add_overflow(units, part, &units) || units == TIDE_INT128_MAX)
        return out;
    if (literal->negative) units = -units;
    out.beyond = 0;
    out.floor = units - (!exact && literal->negative);
    out.ceiling = units + (!exact && !literal->negative);
    return out;
}

static struct interval at_least(const struct position *at)
{
    if (at->beyond) return at->beyond > 0 ? nothing : everything;
    return (struct interval){at->ceiling, TIDE_INT128_MAX};
}

static struct interval at_most(const struct position *at)
{
    if (at->beyond) return at->beyond < 0 ? nothing : everything;
    return (struct interval){TIDE_INT128_MIN, at->floor};
}

/* position_of keeps off the extreme values, so one more or less fits. */
static struct interval above(const struct position *at)
{
    struct interval out = at_least(at);
    if (!at->beyond) out.lowest = at->floor + 1;
    return out;
}

static struct interval below(const struct position *at)
{
    struct interval out = at_most(at);
    if (!at->beyond) out.highest = at->ceiling - 1;
    return out;
}

static struct interval both(struct interval a, struct interval b)
{
    if (b.lowest > a.lowest) a.lowest = b.lowest;
    if (b.highest < a.highest) a.highest = b.highest;
    return a;
}

/* The comparison that says the same with its sides swapped. */
static enum tide_step_kind mirrored(enum tide_step_kind kind)
{
    if (kind == TIDE_STEP_LESS) return TIDE_STEP_GREATER;
    if (kind == TIDE_STEP_LESS_EQUAL) return TIDE_STEP_GREATER_EQUAL;
    if (kind == TIDE_STEP_GREATER) return TIDE_STEP_LESS;
    if (kind == TIDE_STEP_GREATER_EQUAL) return TIDE_STEP_LESS_EQUAL;
    return kind;
}

static bool has_shape(const struct tide_expression *expression, const enum tide_step_kind kinds[],
                      unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (expression->steps[i].kind != kinds[i]) return false;
    return true;
}

/* Looks for `aggregate op literal`, `literal op aggregate` and `aggregate BETWEEN literal AND
 * literal`; kind becomes op with the aggregate on its left. NULL: it is something else. */
static const struct tide_step *find_aggregate(const struct tide_expression *expression,
                                              enum tide_step_kind *kind)
{
    static const enum tide_step_kind shape[] = {TIDE_STEP_VALUE, TIDE_STEP_LITERAL,
                                                TIDE_STEP_LITERAL, TIDE_STEP_BETWEEN};
    static const enum tide_step_kind mirror[] = {TIDE_STEP_LITERAL, TIDE_STEP_VALUE};
    const struct tide_step *steps = expression->steps;
    if (expression->step_count == 4 && has_shape(expression, shape, 4)) {
        *kind = TIDE_STEP_BETWEEN;
        return &steps[0];
    }
    if (expression->step_count != 3) return NULL;
    *kind = steps[2].kind;
    if (has_shape(expression, shape, 2)) return &steps[0];
    *kind = mirrored(*kind);
    return has_shape(expression, mirror, 2) ? &steps[1] : NULL;
}

static unsigned scale_of(enum tide_aggregate_unit unit, unsigned scale)
{
    if (unit == TIDE_UNIT_AMOUNT) return scale;
    return unit == TIDE_UNIT_COUNT ? 0 : TIDE_AGGREGATE_MEAN_DECIMALS;
}

int tide_expression_bounds(const struct tide_expression *expression, unsigned scale,
                           tide_int128 *lowest, tide_int128 *highest)
{
    enum tide_step_kind kind;
    const struct tide_step *steps = expression->steps;
    const struct tide_step *aggregate = find_aggregate(expression, &kind);
    if (!aggregate || aggregate->value >= TIDE_VALUE_HISTORY_MEAN || kind == TIDE_STEP_UNEQUAL)
        return -1;
    unsigned units_scale = scale_of(aggregate->unit, scale);
    const struct tide_step *literal = aggregate == steps ? &steps[1] : &steps[0];
    struct position at = position_of(&literal->literal, units_scale), upper = at;
    struct interval interval;
    if (kind == TIDE_STEP_BETWEEN) upper = position_of(&literal[1].literal, units_scale);

    if (kind == TIDE_STEP_LESS) interval = below(&at);
    else if (kind == TIDE_STEP_LESS_EQUAL) interval = at_most(&at);
    else if (kind == TIDE_STEP_GREATER) interval = above(&at);
    else if (kind == TIDE_STEP_GREATER_EQUAL) interval = at_least(&at);
    else interval = both(at_least(&at), at_most(&upper));
    *lowest = interval.lowest;
    *highest = interval.highest;
    return (int)aggregate->value;
}
