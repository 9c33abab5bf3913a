/* Is there exactly one anomaly in each stretch of rows, raised by what was asked for, and listed as
 * the row it is? */
#include "engine/instruments/generate/anomalies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output_folder.h"
#include "shape_given.h"

static const struct tide_amounts five_thousand = {.below_cents = 500000, .high_cents = 500000};

static void texts_that_are_no_anomalies_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      "x",  "-1",    "1.5",         "101",
                                        "101%",  "5:", "5:0",   "5:x",         "5:1000.1",
                                        "5%:-1", "%",  "1:1:1", "1%:0.0000001"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shape_given given;
        struct tide_anomaly_plan plan;
        if (tide_anomalies_read(&plan, shape_given(&given, texts[i]), SHAPE, 100, &five_thousand))
            fail_msg("'%s' was taken", texts[i]);
        check_refusal(&given, "'");
    }
}

static void check_plan(const char *text, uint64_t rows, uint64_t count, uint64_t extra_cents)
{
    struct shape_given given;
    struct tide_anomaly_plan plan;
    if (!tide_anomalies_read(&plan, shape_given(&given, text), SHAPE, rows, &five_thousand))
        fail_msg("%s", given.error.text);
    assert_int_equal(plan.count, count);
    assert_int_equal(plan.extra_cents, extra_cents);
}

static void numbers_shares_and_factors_are_read(void **state)
{
    (void)state;
    check_plan("0", 100, 0, 1000000);
    check_plan("100", 100, 100, 1000000);
    check_plan("7:0.5", 100, 7, 250000);
    check_plan("10%", 1005, 100, 1000000);
    check_plan("0.1%:1000", UINT64_C(1000000000000), 1000000000, 500000000);
}

/* Rows of the anomalies among row_count, in order. */
static void check_stretches(uint64_t count, uint64_t row_count)
{
    struct tide_anomaly_plan plan = {.count = count, .extra_cents = 5};
    struct tide_anomalies anomalies;
    static struct tide_row_writer writer;
    struct tide_error error = {0};
    tide_row_writer_init(&writer, (struct tide_row_form){0}, NULL);
    tide_anomalies_init(&anomalies, &plan, row_count, 1, NULL);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t begin = (uint64_t)((tide_uint128)i * row_count / count);
        uint64_t end = (uint64_t)((tide_uint128)(i + 1) * row_count / count);
        assert_in_range(anomalies.next_row, begin, end - 1);
        struct tide_made_row row = {.key = 1, .cents = 100};
        writer.printer.style = TIDE_TIME_STYLE_EPOCH_MS;
        assert_true(tide_anomalies_plant(&anomalies, &row, &writer, &error));
        assert_int_equal(row.cents, 105);
    }
    assert_true(anomalies.next_row == UINT64_MAX);
}

static void each_stretch_has_one(void **state)
{
    (void)state;
    check_stretches(0, 0);
    check_stretches(0, 10);
    check_stretches(1, 1);
    check_stretches(10, 10);
    check_stretches(7, 100);
    check_stretches(1000, UINT64_C(1000000000000));
}

static void the_truth_lists_line_and_fields(void **state)
{
    (void)state;
    struct tide_anomaly_plan plan = {.count = 1, .extra_cents = 1000001};
    static struct tide_anomalies anomalies;
    static struct tide_row_writer writer;
    struct tide_output_set set = {0};
    struct tide_error error = {0};
    struct tide_zone utc;
    struct tide_made_row row = {.key = 42, .time_ms = 1715421600500, .cents = 1234};
    assert_true(tide_zone_init(&utc, "UTC", &error));
    struct tide_output *truth = tide_output_open(&set, "truth.csv", &error);
    assert_non_null(truth);
    tide_row_writer_init(&writer, (struct tide_row_form){.is_quoted = true, .is_crlf = true}, &utc);
    tide_anomalies_init(&anomalies, &plan, 1, 1, truth);
    assert_int_equal(anomalies.next_row, 0);
    assert_true(tide_anomalies_plant(&anomalies, &row, &writer, &error));
    assert_true(tide_anomalies_finish(&anomalies, &error) && tide_output_commit(&set, &error));
    assert_file("truth.csv", "line,transaction_id,timestamp,amount,ordinary_amount\n"
                             "2,tx42,2024-05-11 10:00:00.500,10012.35,12.34\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_anomalies_are_refused),
        cmocka_unit_test(numbers_shares_and_factors_are_read),
        cmocka_unit_test(each_stretch_has_one),
        cmocka_unit_test_setup_teardown(the_truth_lists_line_and_fields, enter_empty_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
