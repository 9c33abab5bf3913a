#include "engine/flow/waiter.h"

#include "engine/base/system.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <time.h>

/* A look at a ring and a pause take 20 to 50 ns here: some 10 to 20 microseconds in all, the price
 * of two wake-ups. With many threads, yielding more than once only moves the wait about. */
enum { SPINS = 400, YIELDS = 1, NS_A_SECOND = 1000000000 };

static long futex(_Atomic uint32_t *word, int operation, uint32_t value,
                  const struct timespec *latest)
{
    return tide_sys_futex((uint32_t *)(void *)word, operation, value, latest);
}

void tide_waiter_init(struct tide_waiter *waiter)
{
    atomic_init(&waiter->word, TIDE_WAITER_AWAKE);
}

void tide_waiter_notify(struct tide_waiter *waiter)
{
    /* W1 acq_rel: pairs with W2 and W3; see the header. Release: the sleeper sees what was pushed
     * before. */
    uint32_t before =
        atomic_exchange_explicit(&waiter->word, TIDE_WAITER_NOTIFIED, memory_order_acq_rel);
    if (before == TIDE_WAITER_ASLEEP) futex(&waiter->word, FUTEX_WAKE, 1, NULL);
}

void tide_waiter_clear(struct tide_waiter *waiter)
{
    /* W2 acq_rel: pairs with W1. */
    atomic_exchange_explicit(&waiter->word, TIDE_WAITER_AWAKE, memory_order_acq_rel);
}

void tide_waiter_sleep(struct tide_waiter *waiter)
{
    tide_waiter_sleep_until(waiter, TIDE_CLOCK_NEVER);
}

void tide_waiter_sleep_until(struct tide_waiter *waiter, int64_t latest_ns)
{
    uint32_t expected = TIDE_WAITER_AWAKE;
    if (latest_ns < 0) latest_ns = 0;
    const struct timespec at = {.tv_sec = latest_ns / NS_A_SECOND,
                                .tv_nsec = latest_ns % NS_A_SECOND};
    const struct timespec *latest = latest_ns == TIDE_CLOCK_NEVER ? NULL : &at;
    /* W3 acq_rel: pairs with W1; fails when a notification came since the clear. */
    if (!atomic_compare_exchange_strong_explicit(&waiter->word, &expected, TIDE_WAITER_ASLEEP,
                                                 memory_order_acq_rel, memory_order_acquire))
        return;
    /* W4 acquire: pairs with W1. The kernel compares the word again before it puts the thread to
     * sleep. */
    while (atomic_load_explicit(&waiter->word, memory_order_acquire) == TIDE_WAITER_ASLEEP) {
        if (futex(&waiter->word, FUTEX_WAIT_BITSET, TIDE_WAITER_ASLEEP, latest) == 0 ||
            errno != ETIMEDOUT)
            continue;
        /* W5 acq_rel: pairs with W1. A notification that came just now stands, and its notifier,
         * who has seen ASLEEP, wakes nobody. Either way the caller clears and looks next, so
         * whatever was published before the notification is seen: W2 reads W1's word or a later
         * one. */
        expected = TIDE_WAITER_ASLEEP;
        atomic_compare_exchange_strong_explicit(&waiter->word, &expected, TIDE_WAITER_AWAKE,
                                                memory_order_acq_rel, memory_order_acquire);
        return;
    }
}

unsigned tide_core_count(void)
{
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    int count = CPU_COUNT(&cores);
    return count > 0 ? (unsigned)count : 1;
}

struct tide_patience tide_patience_for(unsigned busy_threads)
{
    return (struct tide_patience){.spins = busy_threads <= tide_core_count() ? SPINS : 0,
                                  .yields = YIELDS};
}

bool tide_patience_wait(const struct tide_patience *patience, unsigned look_count)
{
    if (look_count < patience->spins) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
        return true;
    }
    if (look_count < patience->spins + patience->yields) {
        sched_yield();
        return true;
    }
    return false;
}
