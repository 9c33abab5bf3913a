/* Does an alert condition mean what SQL says, exactly, and does a faulty one tell where the fault
 * is? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/plan/expression.h"
#include "engine/text/exact.h"
#include "operators/aggregates.h"

#include <string.h>

enum { SCALE = 6 };

static const struct tide_aggregate *const aggregates[] = {
    &tide_aggregate_sum,   &tide_aggregate_count, &tide_aggregate_min,
    &tide_aggregate_max,   &tide_aggregate_mean,  &tide_aggregate_stddev,
    &tide_aggregate_first, &tide_aggregate_last,  NULL,
};

#define NUMBER_EXPECTED "expected a number, an aggregate or '(', found "
#define CONDITION_EXPECTED                                                                         \
    "expected a condition, found a number; compare it with something, as in sum > 8000"
#define HISTORY "of earlier windows: history.mean, history.stddev, history.count)"
#define NAMES   "(the aggregates: sum, count, min, max, mean, stddev, first, last; " HISTORY

static const struct {
    const char *text, *error;
} faults[] = {
    {"", "column 1: " NUMBER_EXPECTED "the end"},
    {"   ", "column 4: " NUMBER_EXPECTED "the end"},
    {"sum >", "column 6: " NUMBER_EXPECTED "the end"},
    {"sum > )", "column 7: " NUMBER_EXPECTED "')'"},
    {"sum > NULL", "column 7: " NUMBER_EXPECTED "'NULL'"},
    {"sum => 3", "column 6: " NUMBER_EXPECTED "'>'"},
    {"%", "column 1: " NUMBER_EXPECTED "'%'"},
    {"sum > \x01", "column 7: " NUMBER_EXPECTED "byte 0x01"},
    {".", "column 1: " NUMBER_EXPECTED "'.'"},
    {"sum", "column 1: " CONDITION_EXPECTED},
    {"sum + 1", "column 1: " CONDITION_EXPECTED},
    {"NOT sum", "column 5: " CONDITION_EXPECTED},
    {"sum AND count > 3", "column 1: " CONDITION_EXPECTED},
    {"count > 3 OR sum", "column 14: " CONDITION_EXPECTED},
    {"sum > (count > 3)", "column 7: expected a number, found a condition"},
    {"(sum > 3) > 2", "column 1: expected a number, found a condition"},
    {"(sum > 3) + 1 > 2", "column 1: expected a number, found a condition"},
    {"-(sum > 3)", "column 2: expected a number, found a condition"},
    {"sum BETWEEN 1 AND (2 > 1)", "column 19: expected a number, found a condition"},
    {"sum BETWEEN 1", "column 14: expected AND and the upper bound, found the end"},
    {"sum NOT 3", "column 9: expected BETWEEN, found '3'"},
    {"sum IS 3", "column 8: expected NULL or NOT NULL, found '3'"},
    {"sum IS NOT 3", "column 12: expected NULL, found '3'"},
    {"sum 8000", "column 5: expected an operator or a comparison, found '8000'"},
    {"sum ! 3", "column 5: expected an operator or a comparison, found '!'"},
    {"sum \xE2\x89\xA5 3", "column 5: expected an operator or a comparison, found '\xE2\x89\xA5'"},
    {"sum(amount) > 3", "column 4: expected an operator or a comparison, found '('"},
    {"sum > 8,000", "column 8: expected AND, OR or the end, found ','"},
    {"1 < 2 < 3", "column 7: expected AND, OR or the end, found '<'"},
    {"sum > 3 IS NULL", "column 9: expected AND, OR or the end, found 'IS'"},
    {"sum > 3)", "column 8: expected AND, OR or the end, found ')'"},
    {"sum > 3e", "column 8: expected AND, OR or the end, found 'e'"},
    {"(sum", "column 5: expected an operator or ')', found the end"},
    {"(sum > 3", "column 9: expected AND, OR or ')', found the end"},
    {"\xC3\xA9 > 3", "column 1: expected an aggregate, found '\xC3\xA9' " NAMES},
    {"1 < \xC3\xA9 , 3", "column 5: expected an aggregate, found '\xC3\xA9' " NAMES},
    {"'\xC3\xA9\xC3\xA9' > 3", "column 1: " NUMBER_EXPECTED "'''"},
    {"summ > 3", "column 1: expected an aggregate, found 'summ', did you mean 'sum'? " NAMES},
    {"count > 3 and MAEN > 3",
     "column 15: expected an aggregate, found 'MAEN', did you mean 'mean'? " NAMES},
    {"nothing.like > 3", "column 1: expected an aggregate, found 'nothing.like' " NAMES},
    {"history > 3",
     "column 1: expected an aggregate, found 'history', did you mean 'history.mean'? " NAMES},
    {"sum > history.men",
     "column 7: expected an aggregate, found 'history.men', did you mean 'history.mean'? " NAMES},
    {"history .mean > 3",
     "column 1: expected an aggregate, found 'history', did you mean 'history.mean'? " NAMES},
    {"history.mean", "column 1: " CONDITION_EXPECTED},
    {"sum > 1e27", "column 7: expected a number of at most 27 digits on each side of the point"},
    {"sum > 1e-28", "column 7: expected a number of at most 27 digits on each side of the point"},
    {"1e99999999999999999999 > 0",
     "column 1: expected a number of at most 27 digits on each side of the point"},
    {"1000000000000000000000000000 > 0",
     "column 1: expected a number of at most 27 digits on each side of the point"},
};

/* A window of 4 rows whose deviation is NULL, to have one; the sum is 8000.000001. The key has one
 * earlier window. */
static const struct tide_value window[TIDE_VALUE_COUNT] = {
    {.units = 8000000001, .scale = SCALE},
    {.units = 4},
    {.units = -50000000, .scale = SCALE},
    {.units = 5000000000, .scale = SCALE},
    {.units = 2000000000, .scale = 6},
    {.scale = 6, .null = true},
    {.units = 0, .scale = SCALE},
    {.units = 5000000000, .scale = SCALE},
    [TIDE_VALUE_HISTORY_MEAN] = {.units = 7000000001, .scale = 6},
    [TIDE_VALUE_HISTORY_STDDEV] = {.null = true, .scale = 6},
    [TIDE_VALUE_HISTORY_COUNT] = {.units = 1},
};

static const struct {
    const char *text;
    enum tide_truth truth;
} meanings[] = {
    /* NULL. */
    {"stddev > 0", TIDE_UNKNOWN},
    {"stddev = stddev", TIDE_UNKNOWN},
    {"NOT stddev > 0", TIDE_UNKNOWN},
    {"-stddev > 0", TIDE_UNKNOWN},
    {"stddev * 0 = 0", TIDE_UNKNOWN},
    {"1 / 0 = 1", TIDE_UNKNOWN},
    {"sum / first > 1", TIDE_UNKNOWN},
    {"0 / 0 = 0", TIDE_UNKNOWN},
    {"stddev > 0 AND sum > 8000", TIDE_UNKNOWN},
    {"stddev > 0 AND sum < 8000", TIDE_FALSE},
    {"sum < 8000 AND stddev > 0", TIDE_FALSE},
    {"stddev > 0 OR sum > 8000", TIDE_TRUE},
    {"sum > 8000 OR stddev > 0", TIDE_TRUE},
    {"stddev > 0 OR sum < 8000", TIDE_UNKNOWN},
    {"sum BETWEEN stddev AND 9000", TIDE_UNKNOWN},
    {"sum BETWEEN stddev AND 8000", TIDE_FALSE},
    {"sum NOT BETWEEN stddev AND 8000", TIDE_TRUE},
    {"sum BETWEEN 9000 AND stddev", TIDE_FALSE},
    {"stddev IS NULL", TIDE_TRUE},
    {"stddev IS NOT NULL", TIDE_FALSE},
    {"(stddev > 0) IS NULL", TIDE_TRUE},
    {"(stddev > 0 AND 1 = 2) IS NULL", TIDE_FALSE},
    {"1 / (sum - sum) IS NULL", TIDE_TRUE},
    {"NOT sum IS NULL", TIDE_TRUE},
    {"sum > history.mean + 3 * history.stddev", TIDE_UNKNOWN},
    {"history.stddev IS NULL", TIDE_TRUE},
    /* Comparisons, at the last digit. */
    {"sum = history.mean + 1000", TIDE_TRUE},
    {"History.Mean > 7000.000001", TIDE_FALSE},
    {"history.mean >= 7000.000001 AND HISTORY.COUNT = 1", TIDE_TRUE},
    {"history.count < 1", TIDE_FALSE},
    {"sum > 8000", TIDE_TRUE},
    {"sum > 8000.000001", TIDE_FALSE},
    {"sum >= 8000.000001", TIDE_TRUE},
    {"sum > 8000.0000009999999999999999999", TIDE_TRUE},
    {"sum < 8000.000001000000000000000000001", TIDE_TRUE},
    {"sum = 8000.000001", TIDE_TRUE},
    {"sum == 8000.000001", TIDE_TRUE},
    {"sum <> 8000.000001", TIDE_FALSE},
    {"sum != 8000", TIDE_TRUE},
    {"sum <= 8000", TIDE_FALSE},
    {"8000 < sum", TIDE_TRUE},
    {"min = -50", TIDE_TRUE},
    {"min < -49.999999", TIDE_TRUE},
    {"+5e3=MAX", TIDE_TRUE},
    {"max = .5e4 and max = 5.e+3 and max = 50000e-1", TIDE_TRUE},
    {"0e999999999999 = 0.000000000000000000000000000000000000000", TIDE_TRUE},
    {"0000000000000000000000000000000000000000000001 = 1", TIDE_TRUE},
    {"last BETWEEN 5000 AND 5000", TIDE_TRUE},
    {"last BETWEEN 5001 AND 5000", TIDE_FALSE},
    {"last Not Between 5001 AND 6000", TIDE_TRUE},
    /* Precedence and order. */
    {"2 + 3 * 4 = 14", TIDE_TRUE},
    {"(2 + 3) * 4 = 20", TIDE_TRUE},
    {"10 - 4 - 3 = 3", TIDE_TRUE},
    {"100 / 10 / 5 = 2", TIDE_TRUE},
    {"2 - -3 = 5 and 2--3 = 5 and --2 = 2", TIDE_TRUE},
    {"-2 * -3 = 6", TIDE_TRUE},
    {"1 = 1 OR 1 = 1 AND 1 = 2", TIDE_TRUE},
    {"(1 = 1 OR 1 = 1) AND 1 = 2", TIDE_FALSE},
    {"NOT 1 = 2 AND 1 = 1", TIDE_TRUE},
    {"NOT 1 = 1 OR 1 = 1", TIDE_TRUE},
    {"NOT (1 = 1 OR 1 = 1)", TIDE_FALSE},
    {"not NOT sum > 8000", TIDE_TRUE},
    {"4 BETWEEN 1 AND 5 AND 1 = 2", TIDE_FALSE},
    {"NOT 4 BETWEEN 1 AND 3", TIDE_TRUE},
    /* Exactness: what binary floating point gets wrong, and what 128 bits do not hold. */
    {"0.1 + 0.2 = 0.3", TIDE_TRUE},
    {"1 / 3 * 3 = 1", TIDE_TRUE},
    {"1 / 3 + 1 / 3 + 1 / 3 = 1", TIDE_TRUE},
    {"-1 / 3 < -0.333333333333333333333333333", TIDE_TRUE},
    {"1 / -3 = -1 / 3", TIDE_TRUE},
    {"mean * count = sum", TIDE_FALSE},
    {"mean = 2000", TIDE_TRUE},
    {"sum / count > 2000", TIDE_TRUE},
    {"999999999999999999999999999 * 999999999999999999999999999 + 1 > "
     "999999999999999999999999999 * 999999999999999999999999999",
     TIDE_TRUE},
    {"999999999999999999999999999.999999999999999999999999999 < 1e26 * 10 + 0", TIDE_TRUE},
    {"sum*sum*sum*sum*sum / sum / sum / sum / sum = sum", TIDE_TRUE},
    {"1e-27 * 1e-27 * 1e-27 > 0", TIDE_TRUE},
};

/* Bounds in units; NULL = the extreme, both "" = never. */
static const struct {
    const char *text;
    unsigned scale;
    int aggregate;
    const char *lowest, *highest;
} bounds[] = {
    {"sum <> 8000", 6, -1, NULL, NULL},
    {"NOT sum > 8000", 6, -1, NULL, NULL},
    {"sum NOT BETWEEN 1 AND 2", 6, -1, NULL, NULL},
    {"sum > count", 6, -1, NULL, NULL},
    {"-sum > 3", 6, -1, NULL, NULL},
    {"sum > 3 + 4", 6, -1, NULL, NULL},
    {"sum > 3 AND sum > 4", 6, -1, NULL, NULL},
    {"1 > 3", 6, -1, NULL, NULL},
    {"stddev IS NULL", 6, -1, NULL, NULL},
    {"3 BETWEEN sum AND 4", 6, -1, NULL, NULL},
    {"sum BETWEEN 3 AND count", 6, -1, NULL, NULL},
    {"sum = 0.5", 0, 0, "1", "0"},
    {"sum = 1e26", 18, 0, "", ""},
    {"sum > 1e26", 18, 0, "", ""},
    {"sum < -1e26", 18, 0, "", ""},
    {"sum < 1e26", 18, 0, NULL, NULL},
    {"sum >= -1e26", 18, 0, NULL, NULL},
    {"sum BETWEEN 2 AND 1", 0, 0, "2", "1"},
    {"sum BETWEEN 1e26 AND 2e26", 18, 0, "", ""},
    {"sum BETWEEN -1e26 AND 1e26", 18, 0, NULL, NULL},
    {"sum BETWEEN -1e26 AND 1", 18, 0, NULL, "1000000000000000000"},
    {"sum > 8000", 6, 0, "8000000001", NULL},
    {"((SUM) > (8000))", 2, 0, "800001", NULL},
    {"8000 < sum", 2, 0, "800001", NULL},
    {"8000 >= sum", 2, 0, NULL, "800000"},
    {"8000 = count", 2, 1, "8000", "8000"},
    {"sum >= 8000", 0, 0, "8000", NULL},
    {"sum < 8000", 0, 0, NULL, "7999"},
    {"sum <= 8000", 0, 0, NULL, "8000"},
    {"sum > 0.5", 0, 0, "1", NULL},
    {"sum >= 0.5", 0, 0, "1", NULL},
    {"sum < 0.5", 0, 0, NULL, "0"},
    {"sum <= 0.5", 0, 0, NULL, "0"},
    {"sum > -0.5", 0, 0, "0", NULL},
    {"sum >= -0.5", 0, 0, "0", NULL},
    {"sum < -0.5", 0, 0, NULL, "-1"},
    {"sum <= -0.5", 0, 0, NULL, "-1"},
    {"sum > -3", 1, 0, "-29", NULL},
    {"sum < -3", 1, 0, NULL, "-31"},
    {"sum > 0.000000000000000000000000001", 18, 0, "1", NULL},
    {"sum < 0.000000000000000000000000001", 18, 0, NULL, "0"},
    {"mean = 1.5", 2, 4, "1500000", "1500000"},
    {"stddev > 1.0000005", 0, 5, "1000001", NULL},
    {"first BETWEEN -1.005 AND 2.005", 2, 6, "-100", "200"},
    {"history.count > 3", 2, -1, NULL, NULL},
    {"5 < history.mean", 2, -1, NULL, NULL},
};

static struct tide_expression *parse(const char *text)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_expression *expression = tide_expression_parse(text, aggregates, &error);
    if (!expression) fail_msg("%s: %s", text, error.text);
    return expression;
}

static void assert_fault(const char *text, const char *expected)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    assert_null(tide_expression_parse(text, aggregates, &error));
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    assert_string_equal(error.text, expected);
}

static void a_fault_tells_its_column_and_what_was_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        assert_fault(faults[i].text, faults[i].error);
}

/* Writes `count` times `part` behind what text holds. */
static void repeat(char *text, const char *part, int count)
{
    text += strlen(text);
    for (int i = 0; i < count; i++) text = stpcpy(text, part);
}

static void a_long_token_is_shown_up_to_a_whole_character(void **state)
{
    (void)state;
    char text[200] = "", expected[300] = "column 1: expected an aggregate, found 'x";
    repeat(text, "x", 1);
    repeat(text, "\xED\x95\x9C", 20);
    repeat(expected, "\xED\x95\x9C", 13);
    repeat(expected, "' " NAMES, 1);
    assert_fault(text, expected);
}

static void nesting_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *opening, *middle, *closing;
    } shapes[] = {
        {"(", "sum > 0", ")"}, {"NOT ", "sum > 0", ""}, {"-", "sum > 0", ""},
        {"+", "sum > 0", ""},  {"1 + (", "sum", ")"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (int excess = 0; excess <= 1; excess++) {
            char text[1024] = "";
            bool is_number = i == 4;
            int levels = TIDE_EXPRESSION_DEPTH_MAX - is_number + excess;
            repeat(text, shapes[i].opening, levels);
            repeat(text, shapes[i].middle, 1);
            repeat(text, shapes[i].closing, levels);
            if (is_number) repeat(text, " > 0", 1);
            struct tide_error error = {.exit = TIDE_EXIT_OK};
            struct tide_expression *expression = tide_expression_parse(text, aggregates, &error);
            assert_int_equal(expression == NULL, excess);
            if (excess) assert_non_null(strstr(error.text, "nested deeper than 64 levels"));
            tide_expression_free(expression);
        }
    }
}

static void a_condition_means_what_sql_says(void **state)
{
    (void)state;
    struct tide_expression_scratch *scratch = tide_expression_scratch_new();
    assert_non_null(scratch);
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        print_message("%s\n", meanings[i].text);
        struct tide_expression *expression = parse(meanings[i].text);
        assert_int_equal(tide_expression_evaluate(expression, window, scratch), meanings[i].truth);
        tide_expression_free(expression);
    }
    tide_expression_scratch_free(scratch);
}

static void values_at_the_ends_of_128_bits_are_exact(void **state)
{
    (void)state;
    struct tide_value values[8] = {
        {.units = TIDE_INT128_MIN}, {.units = TIDE_INT128_MAX}, {.units = -1}};
    static const char *const truths[] = {
        "-sum = count + 1",          "sum < count",
        "sum / min = count + 1",     "sum - 1 < sum",
        "count + 1 > count",         "1 / sum > 1 / (sum + 1)",
        "sum * sum > count * count", "0 - sum > 0",
    };
    struct tide_expression_scratch *scratch = tide_expression_scratch_new();
    assert_non_null(scratch);
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        print_message("%s\n", truths[i]);
        struct tide_expression *expression = parse(truths[i]);
        assert_int_equal(tide_expression_evaluate(expression, values, scratch), TIDE_TRUE);
        tide_expression_free(expression);
    }
    tide_expression_scratch_free(scratch);
}

static void long_chains_need_no_depth(void **state)
{
    (void)state;
    enum { TERMS = 5000 };
    static char text[8 * TERMS];
    repeat(text, "1+", TERMS);
    repeat(text, "0 = 5000", 1);
    repeat(text, " AND 2=2", TERMS / 2);
    struct tide_expression_scratch *scratch = tide_expression_scratch_new();
    assert_non_null(scratch);
    struct tide_expression *expression = parse(text);
    assert_int_equal(tide_expression_evaluate(expression, window, scratch), TIDE_TRUE);
    tide_expression_free(expression);
    tide_expression_scratch_free(scratch);
}

static void uses_has_a_bit_for_each_aggregate_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t uses;
    } cases[] = {{"1 = 1", 0},
                 {"last > 1", 1u << 7},
                 {"SUM > 1 OR sum < mean", 1u | 1u << 4},
                 {"stddev IS NULL AND first BETWEEN min AND max", 1u << 5 | 1u << 6 | 3u << 2},
                 {"history.mean > sum", 1u << TIDE_VALUE_HISTORY_MEAN | 1},
                 {"history.count + history.stddev > history.mean", TIDE_USES_HISTORY}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tide_expression *expression = parse(cases[i].text);
        assert_int_equal(tide_expression_uses(expression), cases[i].uses);
        tide_expression_free(expression);
    }
}

static void assert_bound(tide_int128 found, const char *expected, tide_int128 extreme)
{
    char text[TIDE_DECIMAL_TEXT_BYTES + 1];
    if (!expected) {
        assert_true(found == extreme);
        return;
    }
    text[tide_decimal_print(text, found, 0)] = '\0';
    assert_string_equal(text, expected);
}

static void bounds_are_the_units_for_which_a_plain_comparison_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        print_message("%s at %u\n", bounds[i].text, bounds[i].scale);
        tide_int128 lowest, highest;
        struct tide_expression *expression = parse(bounds[i].text);
        int aggregate = tide_expression_bounds(expression, bounds[i].scale, &lowest, &highest);
        tide_expression_free(expression);
        assert_int_equal(aggregate, bounds[i].aggregate);
        if (aggregate < 0) continue;
        if (bounds[i].lowest && !*bounds[i].lowest) {
            assert_true(lowest > highest);
            continue;
        }
        assert_bound(lowest, bounds[i].lowest, TIDE_INT128_MIN);
        assert_bound(highest, bounds[i].highest, TIDE_INT128_MAX);
    }
}

static const struct {
    const char *text, *printed;
} prints[] = {
    {"sum>8000", "sum > 8000"},
    {"((SUM) > (8e3))", "sum > 8000"},
    {"8000.50 <= sum", "8000.5 <= sum"},
    {"sum == -.05 or count != 3", "sum = -0.05 OR count <> 3"},
    {"sum between 1 and 2 and max > 1", "sum BETWEEN 1 AND 2 AND max > 1"},
    {"sum not between (1 + 1) and 2*3", "NOT sum BETWEEN 1 + 1 AND 2 * 3"},
    {"(sum > 1 or sum < 0) and count > 2", "(sum > 1 OR sum < 0) AND count > 2"},
    {"sum > 1 or (sum < 0 and count > 2)", "sum > 1 OR sum < 0 AND count > 2"},
    {"sum > 1 and (sum < 9 and count > 2)", "sum > 1 AND (sum < 9 AND count > 2)"},
    {"not (sum > 1 or sum < 0)", "NOT (sum > 1 OR sum < 0)"},
    {"not not (sum > 1)", "NOT NOT sum > 1"},
    {"sum - (count - 1) > (sum - count) - 1", "sum - (count - 1) > sum - count - 1"},
    {"(sum + 1) * 2 / (3 * mean) > -(sum + 1)", "(sum + 1) * 2 / (3 * mean) > -(sum + 1)"},
    {"(min + 1) between (max + 1) * 2 and (sum - 1) * 3",
     "min + 1 BETWEEN (max + 1) * 2 AND (sum - 1) * 3"},
    {"- - sum > - 5", "-(-sum) > -5"},
    {"sum * -5 > +3", "sum * -5 > 3"},
    {"stddev is not null", "NOT stddev IS NULL"},
    {"(sum > 3) is null", "(sum > 3) IS NULL"},
    {"(sum + 3) is null", "sum + 3 IS NULL"},
    {"SUM>HISTORY.MEAN+3*(History.stddev)", "sum > history.mean + 3 * history.stddev"},
    {"history.count>=5", "history.count >= 5"},
    {"1 > 123456789012345678901234567.123456789012345678901234567",
     "1 > 123456789012345678901234567.123456789012345678901234567"},
};

static void a_condition_prints_as_what_it_was_parsed_to(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++) {
        struct tide_expression *expression = parse(prints[i].text);
        char *printed = tide_expression_print(expression, aggregates);
        assert_string_equal(printed, prints[i].printed);
        struct tide_expression *again = parse(printed);
        char *printed_again = tide_expression_print(again, aggregates);
        assert_string_equal(printed_again, printed);
        tide_free(printed);
        tide_free(printed_again);
        tide_expression_free(expression);
        tide_expression_free(again);
    }
}

static void long_chains_print_whole(void **state)
{
    (void)state;
    enum { TERMS = 5000 };
    static char text[8 * TERMS], expected[8 * TERMS];
    repeat(text, "sum>1", 1);
    repeat(text, " or\tsum>1", TERMS / 2);
    repeat(expected, "sum > 1", 1);
    repeat(expected, " OR sum > 1", TERMS / 2);
    struct tide_expression *expression = parse(text);
    char *printed = tide_expression_print(expression, aggregates);
    assert_string_equal(printed, expected);
    tide_free(printed);
    tide_expression_free(expression);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_tells_its_column_and_what_was_expected),
        cmocka_unit_test(a_long_token_is_shown_up_to_a_whole_character),
        cmocka_unit_test(nesting_beyond_the_limit_is_refused),
        cmocka_unit_test(a_condition_means_what_sql_says),
        cmocka_unit_test(values_at_the_ends_of_128_bits_are_exact),
        cmocka_unit_test(long_chains_need_no_depth),
        cmocka_unit_test(uses_has_a_bit_for_each_aggregate_named),
        cmocka_unit_test(bounds_are_the_units_for_which_a_plain_comparison_holds),
        cmocka_unit_test(a_condition_prints_as_what_it_was_parsed_to),
        cmocka_unit_test(long_chains_print_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
