/* Does a sleeper wake for every notification, sleep without one, and see what was written before?
 * And does patience run out as it should? */
#include "engine/flow/waiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

enum { ROUNDS = 20000, NAP_US = 20000 };

struct sleeper {
    struct tide_waiter waiter, home;
    _Atomic bool has_woken;
    unsigned message; /* handed over by the waiters alone */
    unsigned rounds;
};

static void *sleep_once(void *context)
{
    struct sleeper *sleeper = context;
    tide_waiter_sleep(&sleeper->waiter);
    atomic_store(&sleeper->has_woken, true);
    return NULL;
}

static void sleeper_sleeps_until_it_is_notified(void **state)
{
    (void)state;
    struct sleeper sleeper = {0};
    pthread_t thread;
    tide_waiter_init(&sleeper.waiter);
    assert_int_equal(pthread_create(&thread, NULL, sleep_once, &sleeper), 0);
    while (atomic_load(&sleeper.waiter.word) != TIDE_WAITER_ASLEEP) sched_yield();
    usleep(NAP_US);
    assert_false(atomic_load(&sleeper.has_woken));
    tide_waiter_notify(&sleeper.waiter);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&sleeper.has_woken));
}

static void sleep_after_a_notification_returns_at_once(void **state)
{
    (void)state;
    struct tide_waiter waiter;
    tide_waiter_init(&waiter);
    tide_waiter_clear(&waiter);
    tide_waiter_notify(&waiter);
    tide_waiter_sleep(&waiter);
    tide_waiter_sleep(&waiter); /* the fact stands until it is cleared */
}

static void many_notifications_before_a_clear_are_one(void **state)
{
    (void)state;
    struct tide_waiter waiter;
    tide_waiter_init(&waiter);
    for (unsigned i = 0; i < 3; i++) tide_waiter_notify(&waiter);
    assert_int_equal(atomic_load(&waiter.word), TIDE_WAITER_NOTIFIED);
    tide_waiter_clear(&waiter);
    assert_int_equal(atomic_load(&waiter.word), TIDE_WAITER_AWAKE);
}

static void sleep_ends_at_its_time_without_a_notification(void **state)
{
    (void)state;
    struct tide_waiter waiter;
    tide_waiter_init(&waiter);
    int64_t latest_ns = tide_clock_ns() + NAP_US * INT64_C(1000);
    tide_waiter_sleep_until(&waiter, latest_ns);
    assert_true(tide_clock_ns() >= latest_ns);
    /* ... and then the sleeper is awake: it can sleep again, and a notification is kept. */
    assert_int_equal(atomic_load(&waiter.word), TIDE_WAITER_AWAKE);
    tide_waiter_sleep_until(&waiter, latest_ns);
    tide_waiter_sleep_until(&waiter, -1);
    tide_waiter_notify(&waiter);
    tide_waiter_sleep(&waiter);
}

static void *sleep_long(void *context)
{
    struct sleeper *sleeper = context;
    tide_waiter_sleep_until(&sleeper->waiter, tide_clock_ns() + INT64_C(3600000000000));
    atomic_store(&sleeper->has_woken, true);
    return NULL;
}

static void notification_ends_a_sleep_before_its_time(void **state)
{
    (void)state;
    struct sleeper sleeper = {0};
    pthread_t thread;
    tide_waiter_init(&sleeper.waiter);
    assert_int_equal(pthread_create(&thread, NULL, sleep_long, &sleeper), 0);
    while (atomic_load(&sleeper.waiter.word) != TIDE_WAITER_ASLEEP) sched_yield();
    assert_false(atomic_load(&sleeper.has_woken));
    tide_waiter_notify(&sleeper.waiter);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&sleeper.waiter.word), TIDE_WAITER_NOTIFIED);
}

/* Adds one to each message and sends it back. */
static void *answer(void *context)
{
    struct sleeper *sleeper = context;
    for (unsigned round = 0; round < sleeper->rounds; round++) {
        tide_waiter_sleep(&sleeper->waiter);
        tide_waiter_clear(&sleeper->waiter);
        sleeper->message++;
        tide_waiter_notify(&sleeper->home);
    }
    return NULL;
}

static void no_notification_is_lost_between_two_threads(void **state)
{
    (void)state;
    struct sleeper sleeper = {.rounds = ROUNDS};
    pthread_t thread;
    tide_waiter_init(&sleeper.waiter);
    tide_waiter_init(&sleeper.home);
    assert_int_equal(pthread_create(&thread, NULL, answer, &sleeper), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        sleeper.message = round * 2;
        tide_waiter_notify(&sleeper.waiter);
        tide_waiter_sleep(&sleeper.home);
        tide_waiter_clear(&sleeper.home);
        assert_int_equal(sleeper.message, round * 2 + 1);
    }
    pthread_join(thread, NULL);
}

static void patience_spins_only_when_there_is_a_core_for_everybody(void **state)
{
    (void)state;
    unsigned cores = tide_core_count();
    assert_true(cores >= 1);
    assert_true(tide_patience_for(cores).spins > 0);
    assert_int_equal(tide_patience_for(cores + 1).spins, 0);
    assert_true(tide_patience_for(cores + 1).yields > 0);
}

static void cores_are_those_of_the_affinity_mask(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(tide_core_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(tide_core_count(), CPU_COUNT(&before));
}

static void patience_runs_out_after_spins_and_yields(void **state)
{
    (void)state;
    static const struct tide_patience cases[] = {{0, 0}, {0, 4}, {3, 0}, {3, 4}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned looks = 0; looks < 10; looks++)
            assert_int_equal(tide_patience_wait(&cases[i], looks),
                             looks < cases[i].spins + cases[i].yields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sleeper_sleeps_until_it_is_notified),
        cmocka_unit_test(sleep_after_a_notification_returns_at_once),
        cmocka_unit_test(many_notifications_before_a_clear_are_one),
        cmocka_unit_test(sleep_ends_at_its_time_without_a_notification),
        cmocka_unit_test(notification_ends_a_sleep_before_its_time),
        cmocka_unit_test(no_notification_is_lost_between_two_threads),
        cmocka_unit_test(patience_spins_only_when_there_is_a_core_for_everybody),
        cmocka_unit_test(cores_are_those_of_the_affinity_mask),
        cmocka_unit_test(patience_runs_out_after_spins_and_yields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
