/* Does one pass count for every bound and every maximal future what a run with just these would? */
#include "planned.h"

#include "engine/instruments/profile/lateness.h"

#include "chance.h"

enum { ROWS = 3000 };

/* The rules of a run, one row after the other: see parser_row.c. */
struct naive {
    uint64_t late, gap, future, accepted;
};

static struct naive run(const struct tide_plan *plan, const int64_t times_ms[], int64_t bound_ms,
                        int64_t max_future_ms)
{
    struct naive counts = {0};
    const struct tide_window_shape shape = plan->shape;
    int64_t greatest_ms = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        int64_t end_ms = plan->window->start(&shape, times_ms[i]) + shape.size_ms;
        const bool is_in_gap = end_ms <= times_ms[i];
        if (is_in_gap) end_ms = times_ms[i] + 1;
        if (i > 0 && end_ms - 1 + plan->lateness_ms <= greatest_ms - bound_ms - 1) {
            counts.late++;
        } else if (i > 0 && max_future_ms != INT64_MAX &&
                   times_ms[i] - greatest_ms > max_future_ms) {
            counts.future++;
            continue;
        } else {
            counts.gap += is_in_gap;
        }
        counts.accepted++;
        if (i == 0 || times_ms[i] > greatest_ms) greatest_ms = times_ms[i];
    }
    return counts;
}

static void draw_times(struct chance *chance, int64_t times_ms[])
{
    int64_t now_ms = (int64_t)chance_below(chance, 1000000) - 500000;
    for (unsigned i = 0; i < ROWS; i++) {
        now_ms += chance_below(chance, 2000);
        times_ms[i] = now_ms;
        if (chance_is(chance, 3)) times_ms[i] -= chance_below(chance, 3000);
        if (chance_is(chance, 20)) times_ms[i] -= chance_below(chance, 7200000);
        if (chance_is(chance, 200)) times_ms[i] += (int64_t)chance_below(chance, 9000) * 100000;
        if (chance_is(chance, 300)) now_ms += chance_below(chance, 4000000);
    }
}

static void check(const struct tide_plan *plan, const int64_t times_ms[])
{
    struct tide_lateness lateness;
    uint64_t futures = 0;
    tide_lateness_init(&lateness, plan);
    for (unsigned i = 0; i < ROWS; i++)
        futures += tide_lateness_add(&lateness, times_ms[i]).is_future;
    for (unsigned i = 0; i < lateness.course_count; i++) {
        const struct tide_lateness_course *course = tide_lateness_course(&lateness, i);
        const int64_t max_future_ms = tide_lateness_max_future_ms(&lateness, i);
        for (unsigned bound = 0; bound < lateness.bound_count; bound++) {
            const struct naive naive =
                run(plan, times_ms, lateness.bounds_ms[bound], max_future_ms);
            assert_int_equal(tide_lateness_late(course, lateness.bound_count, bound), naive.late);
            assert_int_equal(tide_lateness_gap(course, lateness.bound_count, bound), naive.gap);
            assert_int_equal(course->future, naive.future);
            assert_int_equal(course->accepted, naive.accepted);
        }
        assert_int_equal(run(plan, times_ms, course->late_for_ms + 1, max_future_ms).late, 0);
        if (course->late_for_ms >= 0)
            assert_true(run(plan, times_ms, course->late_for_ms, max_future_ms).late > 0);
    }
    assert_int_equal(futures, tide_lateness_course(&lateness, lateness.own)->future);
}

static void every_bound_and_future_counts_as_a_run_does(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const char *const windows[] = {"tumbling:10s",    "tumbling:1ms",   "tumbling:1h+7min",
                                          "tumbling:7s+1s",  "sliding:10s/3s", "sliding:1h/7min+1s",
                                          "sliding:10s/15s", "sliding:2min/1h"};
    static const char *const latenesses[] = {"0", "1ms", "1h", "10s"};
    int64_t times_ms[ROWS];
    for (unsigned i = 0; i < sizeof windows / sizeof *windows; i++) {
        struct planned planned;
        draw_times(&chance, times_ms);
        PLAN(&planned, "--window", windows[i], "--out-of-orderness", "1234ms", "--max-future",
             i % 2 ? "off" : "777s", "--allowed-lateness", latenesses[i % 4], "x");
        check(&planned.plan, times_ms);
        plan_end(&planned);
    }
}

static void the_first_row_is_neither_late_nor_future(void **state)
{
    (void)state;
    struct planned planned;
    struct tide_lateness lateness;
    PLAN(&planned, "--max-future", "0", "x");
    tide_lateness_init(&lateness, &planned.plan);
    struct tide_lateness_verdict verdict = tide_lateness_add(&lateness, INT64_C(1) << 61);
    assert_false(verdict.is_future);
    assert_int_equal(verdict.ahead_ms, 0);
    assert_int_equal(verdict.behind_ms, 0);
    plan_end(&planned);
}

static void times_at_the_ends_of_what_is_allowed_do_not_wrap(void **state)
{
    (void)state;
    const int64_t end_ms = INT64_C(1) << 62;
    struct planned planned;
    struct tide_lateness lateness;
    PLAN(&planned, "--max-future", "1d", "--window", "tumbling:1h", "x");
    tide_lateness_init(&lateness, &planned.plan);
    assert_false(tide_lateness_add(&lateness, -end_ms).is_future);
    struct tide_lateness_verdict verdict = tide_lateness_add(&lateness, end_ms);
    assert_true(verdict.is_future);
    assert_int_equal(verdict.ahead_ms, INT64_MAX);
    assert_int_equal(tide_lateness_course(&lateness, 0)->time_max_ms, end_ms);
    assert_false(tide_lateness_add(&lateness, -end_ms).is_future);
    assert_true(tide_lateness_course(&lateness, 0)->late_for_ms > INT64_MAX - 3600000);
    assert_int_equal(tide_lateness_course(&lateness, lateness.own)->late_for_ms, -1);
    plan_end(&planned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_row_is_neither_late_nor_future),
        cmocka_unit_test(times_at_the_ends_of_what_is_allowed_do_not_wrap),
        cmocka_unit_test(every_bound_and_future_counts_as_a_run_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
