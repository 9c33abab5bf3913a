/* Do windows come out as the timers of a Flink job do, also those that only clean up, and those of
 * sessions that merge? */
#include "engine/stages/flink_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "planned.h"

enum { KEYS_MAX = 26, ORDER_MAX = 512 };

/* Rows have keys of one letter, and a result is shown as the letter of its first row. */
struct job {
    struct planned planned;
    struct tide_flink_order order;
    char letters[ORDER_MAX]; /* by row number */
    uint64_t row_count;
};

static void begin(struct job *job, const char *window, const char *lateness)
{
    *job = (struct job){0};
    PLAN(&job->planned, "--window", window, "--allowed-lateness", lateness, "rows.csv");
    assert_true(tide_flink_order_init(&job->order, &job->planned.plan));
}

static void begin_watching(struct job *job, const char *window)
{
    *job = (struct job){0};
    PLAN(&job->planned, "--window", window, "--inactive", "30ms", "rows.csv");
    assert_true(tide_flink_order_init(&job->order, &job->planned.plan));
}

static void end(struct job *job)
{
    tide_flink_order_fini(&job->order);
    plan_end(&job->planned);
}

static void row(struct job *job, char letter, int64_t time_ms, int64_t passed_ms)
{
    struct tide_key key = {.bytes = 1};
    memcpy(key.words, &letter, 1);
    assert_true(job->row_count < ORDER_MAX);
    job->letters[job->row_count] = letter;
    const struct tide_flink_row row = {job->row_count++, time_ms, passed_ms, time_ms, passed_ms};
    assert_true(tide_flink_order_row(&job->order, &row, &key, (uint64_t)letter));
}

/* A row before which nothing has fired. */
static void early_row(struct job *job, char letter, int64_t time_ms)
{
    row(job, letter, time_ms, INT64_MIN);
}

static void assert_order_of(struct job *job,
                            bool (*next)(struct tide_flink_order *order, int64_t time_ms,
                                         struct tide_flink_fired *fired),
                            int64_t time_ms, const char *letters)
{
    char order[ORDER_MAX + 1];
    size_t count = 0;
    struct tide_flink_fired fired;
    while (next(&job->order, time_ms, &fired)) {
        assert_true(count < ORDER_MAX);
        order[count++] = job->letters[fired.first_row];
    }
    order[count] = '\0';
    assert_string_equal(order, letters);
}

static void assert_order(struct job *job, int64_t time_ms, const char *letters)
{
    assert_order_of(job, tide_flink_order_next, time_ms, letters);
}

static void assert_silences(struct job *job, int64_t time_ms, const char *letters)
{
    assert_order_of(job, tide_flink_order_next_silence, time_ms, letters);
}

static void nothing_fires_before_its_time(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "tumbling:10ms", "0");
    early_row(&job, 'a', 3);
    assert_order(&job, 8, "");
    assert_order(&job, 9, "a");
    assert_order(&job, INT64_MAX, "");
    assert_int_equal(job.order.keys.count, 0);
    end(&job);
}

static void key_fires_once_a_window_whatever_its_rows(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "tumbling:10ms", "0");
    for (int64_t time_ms = 0; time_ms < 20; time_ms++) early_row(&job, 'a', time_ms);
    assert_order(&job, INT64_MAX, "aa");
    end(&job);
}

/* flink/golden/order_5keys */
static void row_that_moves_time_has_set_its_timer_before(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "tumbling:10s", "0");
    for (char letter = 'a'; letter <= 'e'; letter++) early_row(&job, letter, 1000 + letter);
    early_row(&job, 'z', 20000);
    assert_order(&job, 18999, "abedc");
    assert_order(&job, INT64_MAX, "z");
    end(&job);
}

/* With clean-up timers between them five keys have ten timers in the heap. */
static void clean_up_timers_let_nothing_out_and_change_the_order(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "tumbling:10s", "5s");
    for (char letter = 'a'; letter <= 'e'; letter++) early_row(&job, letter, 1000 + letter);
    assert_order(&job, 9999, "acebd");
    assert_int_equal(job.order.windows.count, 5);
    assert_int_equal(job.order.keys.count, 5);
    assert_order(&job, 14999, "");
    assert_int_equal(job.order.windows.count, 0);
    assert_int_equal(job.order.keys.count, 0);
    end(&job);
}

static void row_of_a_window_that_has_passed_sets_no_timer_to_fire(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "tumbling:10s", "5s");
    row(&job, 'a', 1000, 12000);
    assert_int_equal(job.order.windows.count, 1);
    row(&job, 'b', 1000, 14999);
    assert_int_equal(job.order.windows.count, 0);
    assert_order(&job, INT64_MAX, "");
    end(&job);
}

static void sessions_that_touch_are_one(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "0");
    early_row(&job, 'a', 0);
    early_row(&job, 'a', 10);
    early_row(&job, 'a', 21);
    assert_int_equal(job.order.windows.count, 2);
    assert_order(&job, 19, "a");
    assert_order(&job, 30, "a");
    end(&job);
}

static void session_that_grows_into_the_past_keeps_its_end(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "0");
    early_row(&job, 'a', 20);
    early_row(&job, 'a', 13);
    assert_int_equal(job.order.windows.count, 1);
    assert_order(&job, 28, "");
    assert_order(&job, 29, "a");
    assert_int_equal(job.order.keys.count, 0);
    end(&job);
}

static void bridge_of_two_sessions_has_the_first_row_of_both(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "3ms");
    early_row(&job, 'b', 15);
    early_row(&job, 'a', 20);
    early_row(&job, 'a', 0);
    early_row(&job, 'a', 10);
    struct tide_flink_fired fired;
    assert_int_equal(job.order.windows.count, 4);
    assert_true(tide_flink_order_next(&job.order, INT64_MAX, &fired));
    assert_int_equal(fired.end_ms, 25);
    assert_true(tide_flink_order_next(&job.order, INT64_MAX, &fired));
    assert_int_equal(fired.end_ms, 30);
    assert_int_equal(fired.first_row, 1);
    assert_false(tide_flink_order_next(&job.order, INT64_MAX, &fired));
    end(&job);
}

static void row_alone_that_is_late_is_no_session(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "0");
    row(&job, 'a', 0, 9);
    assert_int_equal(job.order.keys.count, 0);
    row(&job, 'a', 0, 8);
    assert_int_equal(job.order.keys.count, 1);
    end(&job);
}

static void late_row_joins_a_session_that_stands(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "0");
    row(&job, 'a', 10, 5);
    row(&job, 'a', 0, 15);
    assert_int_equal(job.order.windows.count, 1);
    assert_order(&job, INT64_MAX, "a");
    end(&job);
}

static void count_windows_have_no_timers(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "count:2", "0");
    early_row(&job, 'a', 0);
    assert_int_equal(job.order.keys.count, 0);
    assert_order(&job, INT64_MAX, "");
    end(&job);
}

static void sliding_row_sets_the_timer_of_its_newest_window_first(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "sliding:10ms/4ms", "0");
    early_row(&job, 'a', 9);
    assert_int_equal(job.order.windows.count, 3);
    assert_true(job.order.windows.heap[1]->time_ms == 9);
    early_row(&job, 'b', 9);
    assert_order(&job, INT64_MAX, "abbaba");
    end(&job);
}

static void row_between_windows_sets_none(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "sliding:10ms/15ms", "0");
    early_row(&job, 'a', 12);
    assert_int_equal(job.order.keys.count, 0);
    end(&job);
}

static void silence_ends_with_the_last_row(void **state)
{
    (void)state;
    struct job job;
    begin_watching(&job, "count:100");
    early_row(&job, 'a', 20);
    early_row(&job, 'b', 10);
    early_row(&job, 'a', 5);
    assert_int_equal(job.order.silences.count, 2);
    assert_silences(&job, 39, "");
    assert_silences(&job, 40, "b");
    assert_silences(&job, INT64_MAX, "a");
    assert_int_equal(job.order.keys.count, 0);
    end(&job);
}

static void silence_set_in_the_past_waits_for_the_watermark_to_move(void **state)
{
    (void)state;
    struct job job;
    begin_watching(&job, "count:100");
    row(&job, 'a', 5, 50);
    row(&job, 'b', 60, 50);
    assert_int_equal(job.order.silences.count, 2);
    row(&job, 'b', 60, 51);
    assert_int_equal(job.order.silences.count, 1);
    end(&job);
}

static void key_is_kept_as_long_as_a_window_or_its_silence_stands(void **state)
{
    (void)state;
    struct job job;
    begin_watching(&job, "tumbling:10ms");
    early_row(&job, 'a', 5);
    assert_order(&job, 9, "a");
    assert_int_equal(job.order.keys.count, 1);
    assert_silences(&job, 35, "a");
    assert_int_equal(job.order.keys.count, 0);
    early_row(&job, 'a', 5);
    assert_silences(&job, 35, "a");
    assert_int_equal(job.order.keys.count, 1);
    end(&job);
}

static void late_row_of_no_session_is_no_activity(void **state)
{
    (void)state;
    struct job job;
    begin_watching(&job, "session:10ms");
    row(&job, 'a', 5, 100);
    assert_int_equal(job.order.silences.count, 0);
    row(&job, 'a', 92, 100);
    assert_int_equal(job.order.silences.count, 1);
    end(&job);
}

static void times_at_the_ends_of_the_range_are_taken(void **state)
{
    (void)state;
    static const char *const windows[] = {"tumbling:10s", "session:10s"};
    const int64_t ends_ms[] = {-TIDE_DURATION_MS_MAX, TIDE_DURATION_MS_MAX};
    for (unsigned i = 0; i < 4; i++) {
        struct job job;
        begin(&job, windows[i / 2], "4611686018427387904ms");
        early_row(&job, 'a', ends_ms[i % 2]);
        assert_order(&job, INT64_MAX, "a");
        end(&job);
    }
}

static void what_stands_is_freed_at_the_end(void **state)
{
    (void)state;
    struct job job;
    begin(&job, "session:10ms", "20ms");
    for (int64_t time_ms = 0; time_ms < 2000; time_ms += 7)
        early_row(&job, (char)('a' + time_ms % 5), time_ms);
    end(&job);
    tide_flink_order_fini(&job.order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_fires_before_its_time),
        cmocka_unit_test(key_fires_once_a_window_whatever_its_rows),
        cmocka_unit_test(row_that_moves_time_has_set_its_timer_before),
        cmocka_unit_test(clean_up_timers_let_nothing_out_and_change_the_order),
        cmocka_unit_test(row_of_a_window_that_has_passed_sets_no_timer_to_fire),
        cmocka_unit_test(sessions_that_touch_are_one),
        cmocka_unit_test(session_that_grows_into_the_past_keeps_its_end),
        cmocka_unit_test(bridge_of_two_sessions_has_the_first_row_of_both),
        cmocka_unit_test(row_alone_that_is_late_is_no_session),
        cmocka_unit_test(late_row_joins_a_session_that_stands),
        cmocka_unit_test(count_windows_have_no_timers),
        cmocka_unit_test(sliding_row_sets_the_timer_of_its_newest_window_first),
        cmocka_unit_test(row_between_windows_sets_none),
        cmocka_unit_test(silence_ends_with_the_last_row),
        cmocka_unit_test(silence_set_in_the_past_waits_for_the_watermark_to_move),
        cmocka_unit_test(key_is_kept_as_long_as_a_window_or_its_silence_stands),
        cmocka_unit_test(late_row_of_no_session_is_no_activity),
        cmocka_unit_test(times_at_the_ends_of_the_range_are_taken),
        cmocka_unit_test(what_stands_is_freed_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
