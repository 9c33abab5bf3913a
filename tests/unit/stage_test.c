/* Is a starved stage stepped again when its own clock says so, on a thread of its own and by turns,
 * and not while it has no such wish? */
#include "engine/stages/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "engine/base/clock.h"

enum { WAIT_NS = 20 * 1000000, NAP_US = 20000, WAKES = 3 };

/* Starved until its alarm has gone off so often. */
struct alarm {
    int64_t at_ns;
    unsigned wakes_left;
    int64_t latest_ns; /* that an input beside it was to wait for */
    unsigned input_waits;
    struct alarm *other;
};

static enum tide_progress step_alarm(void *self)
{
    struct alarm *alarm = self;
    if (alarm->wakes_left == 0) return TIDE_DONE;
    if (tide_clock_ns() < alarm->at_ns) return TIDE_STARVED;
    alarm->wakes_left--;
    alarm->at_ns = tide_clock_ns() + WAIT_NS;
    return TIDE_PROGRESSED;
}

static int64_t alarm_at(const void *self)
{
    return ((const struct alarm *)self)->at_ns;
}

static void nudge_nobody(void *self)
{
    (void)self;
}

/* An input that never has anything, and ends when the other stage has ended. */
static enum tide_progress step_input(void *self)
{
    const struct alarm *input = self;
    return input->other->wakes_left == 0 ? TIDE_DONE : TIDE_STARVED;
}

static void wait_for_input(void *self, int64_t latest_ns)
{
    struct alarm *input = self;
    input->latest_ns = latest_ns;
    input->input_waits++;
    while (tide_clock_ns() < latest_ns) sched_yield();
}

static struct tide_stage stage_of(struct alarm *alarm)
{
    struct tide_stage stage = {.name = "alarm",
                               .self = alarm,
                               .step = step_alarm,
                               .nudge = nudge_nobody,
                               .wake_at_ns = alarm_at};
    tide_waiter_init(&stage.waiter);
    return stage;
}

static void stage_without_an_alarm_sleeps_until_it_is_notified(void **state)
{
    (void)state;
    struct alarm alarm = {.at_ns = TIDE_CLOCK_NEVER, .wakes_left = 1};
    struct tide_stage stage = stage_of(&alarm);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tide_stage_run, &stage), 0);
    while (atomic_load(&stage.waiter.word) != TIDE_WAITER_ASLEEP) sched_yield();
    usleep(NAP_US);
    assert_int_equal(atomic_load(&stage.waiter.word), TIDE_WAITER_ASLEEP);
    alarm.at_ns = 0; /* the notification publishes it */
    tide_waiter_notify(&stage.waiter);
    pthread_join(thread, NULL);
    assert_int_equal(alarm.wakes_left, 0);
}

static void starved_stage_is_stepped_when_its_alarm_goes_off(void **state)
{
    (void)state;
    struct alarm alarm = {.at_ns = tide_clock_ns() + WAIT_NS, .wakes_left = WAKES};
    struct tide_stage stage = stage_of(&alarm);
    tide_stage_run(&stage);
    assert_int_equal(alarm.wakes_left, 0);
    assert_true(stage.clock.sleep_count >= WAKES);
}

static void by_turns_the_input_waits_no_longer_than_an_alarm(void **state)
{
    (void)state;
    struct alarm alarm = {.at_ns = tide_clock_ns() + WAIT_NS, .wakes_left = WAKES};
    struct alarm input = {.other = &alarm};
    struct tide_stage stage = stage_of(&alarm);
    struct tide_stage reader = {.name = "input",
                                .self = &input,
                                .step = step_input,
                                .nudge = nudge_nobody,
                                .wait_for_input = wait_for_input};
    tide_waiter_init(&reader.waiter);
    struct tide_stage *stages[] = {&stage, &reader};
    tide_stages_run_by_turns(stages, 2, 1);
    assert_int_equal(alarm.wakes_left, 0);
    assert_true(input.input_waits >= WAKES);
    assert_true(input.latest_ns != TIDE_CLOCK_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_without_an_alarm_sleeps_until_it_is_notified),
        cmocka_unit_test(starved_stage_is_stepped_when_its_alarm_goes_off),
        cmocka_unit_test(by_turns_the_input_waits_no_longer_than_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
