/* Is the watermark the one that Flink's valve gives, idle and finished inputs included? */
#include "engine/flow/watermark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "child.h"

enum { INPUTS_MAX = 9, NEWS_MAX = 64, FLINK_CASES = 17 };

static void advance_an_input_that_is_not_there(void)
{
    struct tide_watermark watermark;
    if (tide_watermark_init(&watermark, 2)) tide_watermark_advance(&watermark, 2, 4);
}

static void advance_an_input_that_has_finished(void)
{
    struct tide_watermark watermark;
    if (!tide_watermark_init(&watermark, 2)) return;
    tide_watermark_finish(&watermark, 1);
    tide_watermark_advance(&watermark, 1, 4);
}

static void finish_twice(void)
{
    struct tide_watermark watermark;
    if (!tide_watermark_init(&watermark, 2)) return;
    tide_watermark_finish(&watermark, 1);
    tide_watermark_finish(&watermark, 1);
}

static void input_that_cannot_speak_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(advance_an_input_that_is_not_there));
    assert_true(aborts(advance_an_input_that_has_finished));
    assert_true(aborts(finish_twice));
}

static void watermark_that_goes_back_is_passed_over(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 1));
    assert_int_equal(tide_watermark_advance(&watermark, 0, 5), 5);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 4), 5);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 6), 6);
    tide_watermark_fini(&watermark);
}

static void nothing_is_known_until_every_input_has_spoken(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 3));
    assert_int_equal(watermark.least_ms, TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 100), TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 2, -7), TIDE_WATERMARK_NONE);
    assert_int_equal(tide_watermark_advance(&watermark, 1, 50), -7);
    tide_watermark_fini(&watermark);
}

static void input_that_has_ended_holds_nothing_back(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 2));
    tide_watermark_advance(&watermark, 0, 5);
    assert_int_equal(tide_watermark_advance(&watermark, 1, TIDE_WATERMARK_END), 5);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 6), 6);
    assert_int_equal(tide_watermark_advance(&watermark, 0, TIDE_WATERMARK_END), TIDE_WATERMARK_END);
    tide_watermark_fini(&watermark);
}

static void least_is_that_of_a_naive_search(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    for (unsigned count = 1; count <= INPUTS_MAX; count++) {
        struct tide_watermark watermark;
        int64_t inputs_ms[INPUTS_MAX];
        assert_true(tide_watermark_init(&watermark, count));
        for (unsigned i = 0; i < count; i++) inputs_ms[i] = TIDE_WATERMARK_NONE;
        for (unsigned step = 0; step < 5000; step++) {
            unsigned input = chance_below(&chance, count);
            if (inputs_ms[input] == TIDE_WATERMARK_NONE) inputs_ms[input] = -1000;
            inputs_ms[input] += chance_below(&chance, 3);
            int64_t least_ms = INT64_MAX;
            for (unsigned i = 0; i < count; i++)
                if (inputs_ms[i] < least_ms) least_ms = inputs_ms[i];
            assert_int_equal(tide_watermark_advance(&watermark, input, inputs_ms[input]), least_ms);
            assert_int_equal(watermark.least_ms, least_ms);
        }
        tide_watermark_fini(&watermark);
    }
}

static void finished_input_is_as_if_it_had_never_been(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 3));
    tide_watermark_advance(&watermark, 0, 5);
    tide_watermark_advance(&watermark, 1, 8);
    assert_int_equal(tide_watermark_finish(&watermark, 2), 5); /* it had said nothing */
    assert_int_equal(tide_watermark_finish(&watermark, 0), 8);
    assert_int_equal(tide_watermark_advance(&watermark, 1, 9), 9);
    assert_int_equal(tide_watermark_finish(&watermark, 1), TIDE_WATERMARK_END);
    tide_watermark_fini(&watermark);
}

/* What a finished input had reached is no reason to go on: the idle ones may come back. */
static void finished_input_is_not_flushed_when_the_others_are_idle(void **state)
{
    (void)state;
    struct tide_watermark watermark;
    assert_true(tide_watermark_init(&watermark, 3));
    tide_watermark_advance(&watermark, 0, 5);
    tide_watermark_advance(&watermark, 1, 7);
    tide_watermark_advance(&watermark, 2, 90);
    assert_int_equal(tide_watermark_finish(&watermark, 2), 5);
    assert_int_equal(tide_watermark_set_idle(&watermark, 0), 7);
    assert_int_equal(tide_watermark_set_idle(&watermark, 1), 7);
    assert_int_equal(tide_watermark_set_active(&watermark, 0), 7);
    assert_int_equal(tide_watermark_advance(&watermark, 0, 6), 7); /* still behind */
    assert_int_equal(tide_watermark_advance(&watermark, 0, 20), 20);
    assert_int_equal(tide_watermark_finish(&watermark, 0), 20); /* while 1 is idle at 7 */
    assert_int_equal(tide_watermark_finish(&watermark, 1), TIDE_WATERMARK_END);
    tide_watermark_fini(&watermark);
}

/* What has come out of the valve of a case and has not been expected yet. */
struct news {
    char items[NEWS_MAX][24];
    unsigned count, taken;
};

static void add_news(struct news *news, const char *text)
{
    assert_true(news->count < NEWS_MAX);
    snprintf(news->items[news->count++], sizeof news->items[0], "%s", text);
}

static void take_news(struct news *news, const char *wanted, const char *where)
{
    const char *next = news->taken < news->count ? news->items[news->taken++] : "none";
    if (strcmp(next, wanted) != 0) fail_msg("%s: %s came out, not %s", where, next, wanted);
}

static void drive(struct tide_watermark *watermark, struct news *news, const char *op,
                  unsigned input, int64_t value)
{
    int64_t before_ms = watermark->least_ms;
    bool was_active = watermark->active_count > 0;
    char text[24];
    if (strcmp(op, "wm") == 0) tide_watermark_advance(watermark, input, value);
    else if (strcmp(op, "idle") == 0) tide_watermark_set_idle(watermark, input);
    else if (strcmp(op, "active") == 0) tide_watermark_set_active(watermark, input);
    else fail_msg("unknown op %s", op);
    bool is_active = watermark->active_count > 0;
    if (is_active && !was_active) add_news(news, "ACTIVE");
    snprintf(text, sizeof text, "W%lld", (long long)watermark->least_ms);
    if (watermark->least_ms != before_ms) add_news(news, text);
    if (was_active && !is_active) add_news(news, "IDLE");
}

static void check(const struct tide_watermark *watermark, struct news *news, const char *op,
                  unsigned input, const char *wanted, const char *where)
{
    if (strcmp(op, "expect") == 0) take_news(news, wanted, where);
    else if (strcmp(op, "expect_aligned") == 0)
        assert_string_equal(watermark->inputs[input].counts ? "true" : "false", wanted);
    else assert_int_equal(watermark->inputs[input].watermark_ms, strtoll(wanted, NULL, 10));
}

static void valve_does_what_flinks_does_in_its_own_cases(void **state)
{
    (void)state;
    FILE *file = fopen(TIDE_UNIT_FOLDER "/flink/watermark-merge.csv", "r");
    assert_non_null(file);
    struct tide_watermark watermark = {0};
    struct news news = {.count = 0};
    unsigned cases = 0;
    char line[256];
    assert_non_null(fgets(line, sizeof line, file)); /* the header */
    while (fgets(line, sizeof line, file)) {
        char where[256], *rest = line;
        line[strcspn(line, "\r\n")] = '\0';
        memcpy(where, line, sizeof where);
        strsep(&rest, ",");
        strsep(&rest, ",");
        const char *op = strsep(&rest, ","), *input = strsep(&rest, ","), *wanted = rest;
        if (strcmp(op, "inputs") == 0) {
            assert_int_equal(news.taken, news.count);
            tide_watermark_fini(&watermark);
            assert_true(tide_watermark_init(&watermark, (unsigned)strtoul(wanted, NULL, 10)));
            news.count = news.taken = 0;
            cases++;
        } else if (strncmp(op, "expect", 6) == 0) {
            check(&watermark, &news, op, (unsigned)strtoul(input, NULL, 10), wanted, where);
        } else {
            drive(&watermark, &news, op, (unsigned)strtoul(input, NULL, 10),
                  strtoll(wanted, NULL, 10));
        }
    }
    assert_int_equal(news.taken, news.count);
    assert_int_equal(cases, FLINK_CASES);
    tide_watermark_fini(&watermark);
    fclose(file);
}

static void fini_of_a_zeroed_watermark_is_fine(void **state)
{
    (void)state;
    struct tide_watermark watermark = {0};
    tide_watermark_fini(&watermark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_that_cannot_speak_stops_the_process),
        cmocka_unit_test(watermark_that_goes_back_is_passed_over),
        cmocka_unit_test(nothing_is_known_until_every_input_has_spoken),
        cmocka_unit_test(input_that_has_ended_holds_nothing_back),
        cmocka_unit_test(least_is_that_of_a_naive_search),
        cmocka_unit_test(finished_input_is_as_if_it_had_never_been),
        cmocka_unit_test(finished_input_is_not_flushed_when_the_others_are_idle),
        cmocka_unit_test(valve_does_what_flinks_does_in_its_own_cases),
        cmocka_unit_test(fini_of_a_zeroed_watermark_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
