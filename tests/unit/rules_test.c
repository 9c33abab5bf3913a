/* Do the texts of --alert become the rules they should: names, defaults, none, faults, and when do
 * they alert? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/plan/rules.h"
#include "operators/aggregates.h"

#include <string.h>

enum { SCALE = 2 };

static const struct tide_aggregate *const aggregates[] = {
    &tide_aggregate_sum,
    &tide_aggregate_count,
    &tide_aggregate_stddev,
    NULL,
};

#define HISTORY "of earlier windows: history.mean, history.stddev, history.count)"

static const struct {
    const char *text, *error;
} faults[] = {
    {"sum", "alert rule 'sum': column 1: expected a condition, found a number; compare it with "
            "something, as in sum > 8000"},
    {"", "alert rule '': column 1: expected a number, an aggregate or '(', found the end"},
    {"big=", "alert rule '': column 1: expected a number, an aggregate or '(', found the end"},
    {"big=sum", "alert rule 'sum': column 1: expected a condition, found a number; compare it "
                "with something, as in sum > 8000"},
    {"big=sum >", "alert rule 'sum >': column 6: expected a number, an aggregate or '(', found "
                  "the end"},
    {"x==3", "alert rule 'x==3': column 1: expected an aggregate, found 'x' (the aggregates: sum, "
             "count, stddev; " HISTORY},
    {"x =3", "alert rule 'x =3': column 1: expected an aggregate, found 'x' (the aggregates: sum, "
             "count, stddev; " HISTORY},
    {"2x=sum > 3", "alert rule '2x=sum > 3': column 2: expected an operator or a comparison, "
                   "found 'x'"},
    {"sum=sum=3", "alert rule 'sum=sum=3': column 8: expected AND, OR or the end, found '='"},
};

static const struct {
    const char *text, *label;
    uint32_t uses;
} labels[] = {
    {"sum > 8000", "sum > 8000", 1},
    {" sum>8000 ", " sum>8000 ", 1},
    {"sum=8000", "sum=8000", 1},
    {"SUM=8000", "SUM=8000", 1},
    {"count==3", "count==3", 2},
    {"3=count", "3=count", 2},
    {"big=sum > 8000", "big", 1},
    {"big= sum > 8000", "big", 1},
    {"big=sum=8000", "big", 1},
    {"sums=count = 3", "sums", 2},
    {"_x1=stddev > 0", "_x1", 4},
    {"history=sum > history.mean", "history", 1u | 1u << TIDE_VALUE_HISTORY_MEAN},
    {"history.count=3", "history.count=3", 1u << TIDE_VALUE_HISTORY_COUNT},
    {"\xEC\x9D\xB4\xEC\x83\x81=sum > 8000", "\xEC\x9D\xB4\xEC\x83\x81", 1},
};

static struct tide_rule_set *build(const char *const texts[], unsigned count)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_rule_set *rules = tide_rules_build(texts, count, aggregates, SCALE, &error);
    if (!rules) fail_msg("%s", error.text);
    return rules;
}

static void assert_refused(const char *const texts[], unsigned count, const char *expected)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    assert_null(tide_rules_build(texts, count, aggregates, SCALE, &error));
    assert_int_equal(error.exit, TIDE_EXIT_USAGE);
    assert_string_equal(error.text, expected);
}

static void a_faulty_rule_is_refused_with_its_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        assert_refused(&faults[i].text, 1, faults[i].error);
}

static void one_faulty_rule_among_good_ones_refuses_the_set(void **state)
{
    (void)state;
    const char *const texts[] = {"sum > 1", "count > 1", "count"};
    assert_refused(texts, 3,
                   "alert rule 'count': column 1: expected a condition, found a number; compare "
                   "it with something, as in sum > 8000");
}

static void none_beside_another_rule_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"sum > 1", "none"};
    assert_refused(texts, 2, "'none' means no alert rule: give it alone or leave it out");
}

static void more_rules_than_the_limit_are_refused(void **state)
{
    (void)state;
    const char *texts[TIDE_RULE_COUNT_MAX + 1];
    for (size_t i = 0; i <= TIDE_RULE_COUNT_MAX; i++) texts[i] = "sum > 1";
    assert_refused(texts, TIDE_RULE_COUNT_MAX + 1, "65 alert rules: at most 64 are allowed");
    struct tide_rule_set *rules = build(texts, TIDE_RULE_COUNT_MAX);
    assert_int_equal(rules->rule_count, TIDE_RULE_COUNT_MAX);
    tide_rules_free(rules);
}

static void no_text_gives_the_default_rule(void **state)
{
    (void)state;
    struct tide_rule_set *rules = build(NULL, 0);
    assert_int_equal(rules->rule_count, 1);
    assert_int_equal(rules->uses, 1);
    assert_string_equal(rules->rules[0].label, "sum > 8000");
    assert_int_equal(rules->rules[0].bounds_aggregate, 0);
    assert_true(rules->rules[0].lowest == 800001);
    tide_rules_free(rules);
}

static void none_gives_no_rule(void **state)
{
    (void)state;
    const char *const texts[] = {"none"};
    struct tide_rule_set *rules = build(texts, 1);
    assert_int_equal(rules->rule_count, 0);
    assert_int_equal(rules->uses, 0);
    tide_rules_free(rules);
    tide_rules_free(NULL);
}

static void a_label_is_the_name_or_the_text_as_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct tide_rule_set *rules = build(&labels[i].text, 1);
        assert_string_equal(rules->rules[0].label, labels[i].label);
        assert_int_equal(rules->uses, labels[i].uses);
        tide_rules_free(rules);
    }
}

static void rules_keep_their_order_and_add_up_their_uses(void **state)
{
    (void)state;
    const char *const texts[] = {"b=count > 3", "a=sum / count > 2", "a=stddev IS NULL"};
    struct tide_rule_set *rules = build(texts, 3);
    assert_int_equal(rules->rule_count, 3);
    assert_int_equal(rules->uses, 7);
    assert_string_equal(rules->rules[0].label, "b");
    assert_string_equal(rules->rules[1].label, "a");
    assert_true(rules->rules[0].bounds_aggregate == 1);
    assert_true(rules->rules[1].bounds_aggregate < 0);
    tide_rules_free(rules);
}

/* Each condition also in a form that is no plain comparison: both ways must agree. */
static void only_true_alerts_by_bounds_as_by_evaluation(void **state)
{
    (void)state;
    const struct tide_value values[] = {
        {.units = 800000, .scale = SCALE}, {.units = 4}, {.null = true, .scale = 6}};
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {{"stddev > 0", false},           {"stddev <= 1", false},
                 {"sum > 8000", false},           {"sum >= 8000", true},
                 {"sum > 7999.999", true},        {"sum = 8000.001", false},
                 {"count BETWEEN 4 AND 4", true}, {"count < 3.999", false}};
    struct tide_expression_scratch *scratch = tide_expression_scratch_new();
    assert_non_null(scratch);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char slow[64] = "1 = 1 AND ";
        strcat(slow, cases[i].text);
        const char *const texts[] = {cases[i].text, slow};
        struct tide_rule_set *rules = build(texts, 2);
        assert_true(rules->rules[0].bounds_aggregate >= 0);
        assert_true(rules->rules[1].bounds_aggregate < 0);
        for (size_t r = 0; r < 2; r++)
            assert_int_equal(tide_rule_holds(&rules->rules[r], values, scratch), cases[i].holds);
        tide_rules_free(rules);
    }
    tide_expression_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_faulty_rule_is_refused_with_its_text),
        cmocka_unit_test(one_faulty_rule_among_good_ones_refuses_the_set),
        cmocka_unit_test(none_beside_another_rule_is_refused),
        cmocka_unit_test(more_rules_than_the_limit_are_refused),
        cmocka_unit_test(no_text_gives_the_default_rule),
        cmocka_unit_test(none_gives_no_rule),
        cmocka_unit_test(a_label_is_the_name_or_the_text_as_typed),
        cmocka_unit_test(rules_keep_their_order_and_add_up_their_uses),
        cmocka_unit_test(only_true_alerts_by_bounds_as_by_evaluation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
