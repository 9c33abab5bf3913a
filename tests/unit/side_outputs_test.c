/* Does each rule's alerts go where --side-output says, also those of a set that a reload brings? */
#include "tests/unit/planned.h"

#include "engine/plan/side_outputs.h"

static struct tide_rule_set *build_rules(const char *const texts[], unsigned count)
{
    struct tide_error error = {0};
    struct tide_rule_set *rules =
        tide_rules_build(texts, count, tide_operators.aggregates, 6, &error);
    assert_string_equal(error.text, "");
    return rules;
}

static void without_side_outputs_all_alerts_go_to_alerts(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--alert", "a=sum > 1", "--alert", "sum > 2");
    assert_int_equal(planned.plan.rules->on_alerts, 3);
    assert_int_equal(tide_side_output_channel(&planned.plan, "a"), TIDE_CHANNEL_ALERTS);
    assert_string_equal(planned.plan.outputs[TIDE_OUTPUT_ALERTS], "-");
    plan_end(&planned);
}

static void rules_are_routed_by_their_names(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--alert", "a=sum > 1", "--alert", "sum > 2", "--alert", "b=sum > 3", "--alert",
         "a=count > 4", "--side-output", "b=x.csv", "--side-output", "a=y=z.csv");
    const struct tide_rule_set *rules = planned.plan.rules;
    assert_int_equal(rules->on_alerts, 1u << 1);
    assert_int_equal(rules->on_side[0], 1u << 2);
    assert_int_equal(rules->on_side[1], 1u << 0 | 1u << 3);
    assert_string_equal(planned.plan.side_outputs[1].file, "y=z.csv");
    assert_int_equal(tide_side_output_channel(&planned.plan, "a"), TIDE_CHANNEL_SIDE + 1);
    assert_int_equal(tide_side_output_channel(&planned.plan, "c"), TIDE_CHANNEL_ALERTS);
    plan_end(&planned);
}

/* A rule without a name has its expression for a label, which is no name. */
static void a_reload_is_routed_alike(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--alert", "sum > 1", "--alert", "big=sum > 1", "--side-output", "big=x.csv");
    static const char *const texts[] = {"count > 2", "big=count > 1", "other=sum > 5"};
    struct tide_rule_set *rules = build_rules(texts, 3);
    assert_int_equal(rules->on_alerts, 7);
    tide_side_outputs_route(&planned.plan, rules);
    assert_int_equal(rules->on_alerts, 1 | 4);
    assert_int_equal(rules->on_side[0], 2);
    for (unsigned i = 1; i < TIDE_SIDE_OUTPUT_MAX; i++) assert_int_equal(rules->on_side[i], 0);
    tide_rules_free(rules);
    plan_end(&planned);
}

static void alerts_go_to_standard_output_only_if_some_are_left(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, "--alert", "a=sum > 1", "--side-output", "a=x.csv");
    assert_null(planned.plan.outputs[TIDE_OUTPUT_ALERTS]);
    plan_end(&planned);
    PLAN(&planned, "--alert", "a=sum > 1", "--alert", "sum > 2", "--side-output", "a=x.csv");
    assert_string_equal(planned.plan.outputs[TIDE_OUTPUT_ALERTS], "-");
    plan_end(&planned);
    PLAN(&planned, "--alert", "a=sum > 1", "--alert", "sum > 2", "--side-output", "a=-");
    assert_null(planned.plan.outputs[TIDE_OUTPUT_ALERTS]);
    plan_end(&planned);
    PLAN(&planned, "--alert", "a=sum > 1", "--format", "flink", "--side-output", "a=x.csv");
    assert_string_equal(planned.plan.outputs[TIDE_OUTPUT_ALERTS], "-");
    plan_end(&planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_side_outputs_all_alerts_go_to_alerts),
        cmocka_unit_test(rules_are_routed_by_their_names),
        cmocka_unit_test(a_reload_is_routed_alike),
        cmocka_unit_test(alerts_go_to_standard_output_only_if_some_are_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
