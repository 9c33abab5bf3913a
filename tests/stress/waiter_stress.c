/* Is a wake-up ever lost between a sleeper's clear, its look and its sleep? The word it looks at is
 * relaxed: nothing but the waiter orders it. A hang is the failure; the test has a time limit. */
#include "engine/flow/waiter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "tests/unit/chance.h"

enum { MESSAGES = 1000000, SENDER_DELAY_MAX = 300, RECEIVER_DELAY_MAX = 4000, SPINS_MAX = 2000 };

struct mailbox {
    struct tide_waiter waiter;
    _Alignas(TIDE_PARTY_BYTES) _Atomic unsigned published;
    _Alignas(TIDE_PARTY_BYTES) _Atomic unsigned seen;
    unsigned sleep_count;
    uint64_t seed;
};

/* Both sides dawdle, the receiver longer, so that a message finds it at every step. */
static void dawdle(struct chance *chance, uint32_t delay_max)
{
    for (volatile uint32_t delay = chance_below(chance, delay_max); delay > 0; delay--) continue;
}

static void *receive(void *context)
{
    struct mailbox *mailbox = context;
    struct chance chance = {mailbox->seed};
    for (unsigned seen = 0; seen < MESSAGES;) {
        dawdle(&chance, RECEIVER_DELAY_MAX);
        tide_waiter_clear(&mailbox->waiter);
        if (atomic_load_explicit(&mailbox->published, memory_order_relaxed) == seen) {
            mailbox->sleep_count++;
            tide_waiter_sleep(&mailbox->waiter);
            continue;
        }
        seen++;
        atomic_store_explicit(&mailbox->seen, seen, memory_order_relaxed);
    }
    return NULL;
}

/* Publishes a message some moments after the last one was seen: while the receiver clears, looks,
 * or goes to sleep. */
static void every_message_is_seen(void **state)
{
    (void)state;
    static struct mailbox mailbox;
    struct chance chance = chance_begin();
    pthread_t receiver;
    mailbox.seed = chance_next(&chance);
    tide_waiter_init(&mailbox.waiter);
    assert_int_equal(pthread_create(&receiver, NULL, receive, &mailbox), 0);
    for (unsigned message = 1; message <= MESSAGES; message++) {
        dawdle(&chance, SENDER_DELAY_MAX);
        atomic_store_explicit(&mailbox.published, message, memory_order_relaxed);
        tide_waiter_notify(&mailbox.waiter);
        for (unsigned spins = 0;
             atomic_load_explicit(&mailbox.seen, memory_order_relaxed) != message; spins++)
            if (spins > SPINS_MAX) sched_yield();
    }
    pthread_join(receiver, NULL);
    print_message("slept %u times in %u messages\n", mailbox.sleep_count, MESSAGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
