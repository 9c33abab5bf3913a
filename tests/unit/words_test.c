/* Do sizes, spans and the tests of rules read as people write them? */
#include "planned.h"

#include "engine/instruments/explain/words.h"

#include <string.h>

static void size_is_told_in_the_unit_that_fits(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},
        {1023, "1023 bytes"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {270336, "264 KiB"},
        {1 << 20, "1.0 MiB"},
        {UINT64_C(3) << 30, "3.0 GiB"},
        {UINT64_C(5000) << 40, "5000 TiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIDE_WORDS_BYTES];
        assert_string_equal(tide_words_bytes(text, cases[i].bytes), cases[i].text);
    }
}

static void span_is_told_in_the_largest_unit_that_divides_it(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0 s"},        {1, "1 ms"},
        {1500, "1500 ms"}, {10000, "10 s"},
        {60000, "1 min"},  {90000, "90 s"},
        {3600000, "1 h"},  {129600000, "36 h"},
        {86400000, "1 d"}, {INT64_C(1) << 62, "4611686018427387904 ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TIDE_WORDS_BYTES];
        assert_string_equal(tide_words_span(text, cases[i].ms), cases[i].text);
    }
}

static void rule_tells_how_it_is_decided(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *test;
    } cases[] = {
        {"sum > 8000", "a range: sum from 8000.01 up"},
        {"count <= 3", "a range: count up to 3"},
        {"mean BETWEEN 1 AND 2", "a range: mean from 1 to 2"},
        {"max = 0.001", "never true"},
        {"sum < 1e26", "a range: sum up to 99999999999999999999999999.99"},
        {"sum + 0 > 3", "evaluated for each result: exact fractions, three-valued logic"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct planned planned;
        char text[256];
        PLAN(&planned, "--decimals", "2", "--alert", cases[i].rule);
        tide_words_test(text, sizeof text, &planned.plan.rules->rules[0], &planned.plan);
        assert_string_equal(text, cases[i].test);
        plan_end(&planned);
    }
}

static void bound_beyond_all_values_is_no_bound(void **state)
{
    (void)state;
    struct planned planned;
    char text[256];
    PLAN(&planned, "--decimals", "18", "--alert", "sum < 1e26");
    tide_words_test(text, sizeof text, &planned.plan.rules->rules[0], &planned.plan);
    assert_string_equal(text, "true of any sum");
    plan_end(&planned);
}

static void rules_of_watermark_and_order_follow_the_plan(void **state)
{
    (void)state;
    static const struct {
        const char *words[8], *watermark, *order;
    } cases[] = {
        {{"-p", "1"}, "so far - 1 s - 1 ms", "so nothing is merged"},
        {{"-p", "2"}, "the least of its workers", "merges them up to the frontier"},
        {{"-p", "2", "--order", "key"}, "The parser alone", "Keys interleave"},
        {{"--out-of-orderness", "unbounded"}, "no row is late", "global"},
        {{"--max-future", "2h"}, "A row more than 2 h ahead is rejected", "global"},
        {{"--at-end", "drop"}, "open windows are dropped", "global"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct planned planned;
        char watermark[640], order[640];
        plan_begin(&planned, cases[i].words);
        tide_words_watermark(watermark, sizeof watermark, &planned.plan);
        tide_words_order(order, sizeof order, &planned.plan);
        assert_non_null(strstr(watermark, cases[i].watermark));
        assert_non_null(strstr(order, cases[i].order));
        assert_true(strlen(watermark) < sizeof watermark - 1 && strlen(order) < sizeof order - 1);
        plan_end(&planned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_told_in_the_unit_that_fits),
        cmocka_unit_test(span_is_told_in_the_largest_unit_that_divides_it),
        cmocka_unit_test(rule_tells_how_it_is_decided),
        cmocka_unit_test(bound_beyond_all_values_is_no_bound),
        cmocka_unit_test(rules_of_watermark_and_order_follow_the_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
