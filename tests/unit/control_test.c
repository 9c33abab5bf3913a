/* Is the first failure kept, are sleepers woken, and is the least of what workers wait for known,
 * with news told apart from repetition? */
#include "engine/stages/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>

static bool is_readable(int fd)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};
    return poll(&input, 1, 0) == 1;
}

static void begin(struct tide_control *control)
{
    struct tide_error error = {0};
    assert_true(tide_control_init(control, &error));
}

static void only_the_first_failure_is_kept(void **state)
{
    (void)state;
    static struct tide_control control;
    struct tide_error error = {0};
    begin(&control);
    tide_error_set(&error, TIDE_EXIT_FAILED, "the first");
    tide_control_fail(&control, &error);
    tide_error_set(&error, TIDE_EXIT_POLICY, "a consequence");
    tide_control_fail(&control, &error);
    assert_true(tide_control_has_failed(&control));
    assert_int_equal(control.error.exit, TIDE_EXIT_FAILED);
    assert_string_equal(control.error.text, "the first");
    tide_control_fini(&control);
}

static void stop_wakes_the_reader_and_all_waiters(void **state)
{
    (void)state;
    static struct tide_control control;
    static struct tide_waiter waiter;
    begin(&control);
    tide_waiter_init(&waiter);
    control.waiters[control.waiter_count++] = &waiter;
    assert_false(is_readable(control.wake_fd));
    tide_control_stop(&control);
    assert_true(tide_control_is_stopping(&control));
    assert_true(is_readable(control.wake_fd));
    tide_waiter_sleep(&waiter); /* returns at once */
    tide_control_fini(&control);
}

static void nobody_waits_at_first(void **state)
{
    (void)state;
    static struct tide_control control;
    begin(&control);
    assert_int_equal(tide_control_due_ms(&control, TIDE_PARALLELISM_MAX), INT64_MAX);
    assert_false(tide_control_set_due(&control, 0, INT64_MAX));
    tide_control_fini(&control);
}

static void the_least_that_is_waited_for_follows_every_worker(void **state)
{
    (void)state;
    static struct tide_control control;
    begin(&control);
    assert_true(tide_control_set_due(&control, 0, 500));
    assert_true(tide_control_set_due(&control, 2, -7));
    assert_false(tide_control_set_due(&control, 2, -7));
    assert_int_equal(tide_control_due_ms(&control, 3), -7);
    assert_int_equal(tide_control_due_ms(&control, 2), 500);
    assert_true(tide_control_set_due(&control, 2, INT64_MAX)); /* it has fired */
    assert_int_equal(tide_control_due_ms(&control, 3), 500);
    assert_true(tide_control_set_due(&control, 0, 600));
    assert_int_equal(tide_control_due_ms(&control, 3), 600);
    tide_control_fini(&control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_first_failure_is_kept),
        cmocka_unit_test(stop_wakes_the_reader_and_all_waiters),
        cmocka_unit_test(nobody_waits_at_first),
        cmocka_unit_test(the_least_that_is_waited_for_follows_every_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
