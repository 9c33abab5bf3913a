#include "engine/stages/control.h"

#include "engine/base/system.h"

#include <errno.h>

bool tide_control_init(struct tide_control *control, struct tide_error *error)
{
    *control = (struct tide_control){.wake_fd = tide_sys_eventfd()};
    for (unsigned i = 0; i < TIDE_PARALLELISM_MAX; i++) atomic_init(&control->due_ms[i], INT64_MAX);
    if (control->wake_fd >= 0) return true;
    return tide_error_system(error, errno, "cannot make a wake-up descriptor");
}

void tide_control_fini(struct tide_control *control)
{
    if (control->wake_fd >= 0) tide_sys_close(control->wake_fd);
    control->wake_fd = -1;
}

static void wake_stages(struct tide_control *control)
{
    for (unsigned i = 0; i < control->waiter_count; i++) tide_waiter_notify(control->waiters[i]);
}

/* For `failed` and `stopping`, which are relaxed. A stage that misses the flag in a step finds its
 * waiter notified when it wants to sleep, and with the clear before its next step (W2) it sees all
 * that was written before. A reader in a poll sees the descriptor readable; nobody ever empties it,
 * so even one that misses the flag then comes back at once, until it sees it. */
static void wake_all(struct tide_control *control)
{
    tide_sys_notify(control->wake_fd);
    wake_stages(control);
}

void tide_control_fail(struct tide_control *control, const struct tide_error *error)
{
    TIDE_ASSERT(error->exit != TIDE_EXIT_OK);
    /* C1 acq_rel: only the first comes through. main reads the error after joining that thread. */
    if (atomic_exchange_explicit(&control->failed, 1, memory_order_acq_rel) == 0)
        control->error = *error;
    wake_all(control);
}

void tide_control_stop(struct tide_control *control)
{
    atomic_store_explicit(&control->stopping, 1,
                          memory_order_relaxed); /* the notifications publish it */
    wake_all(control);
}

bool tide_control_set_due(struct tide_control *control, unsigned worker, int64_t fire_ms)
{
    /* C2 relaxed: only this worker writes it, and what is news its caller notifies the parser of
     * (W1 release). */
    if (atomic_load_explicit(&control->due_ms[worker], memory_order_relaxed) == fire_ms)
        return false;
    atomic_store_explicit(&control->due_ms[worker], fire_ms, memory_order_relaxed);
    return true;
}

int64_t tide_control_due_ms(const struct tide_control *control, unsigned worker_count)
{
    int64_t least_ms = INT64_MAX;
    for (unsigned i = 0; i < worker_count; i++) {
        /* C3 relaxed: pairs with C2 through the parser's waiter. The parser asks after its clear
         * and before it sleeps: a value that it misses was notified after the clear, so the sleep
         * ends at once and it asks again (W2 acquire). One that is too small only wakes it too
         * early. */
        int64_t due_ms = atomic_load_explicit(&control->due_ms[i], memory_order_relaxed);
        if (due_ms < least_ms) least_ms = due_ms;
    }
    return least_ms;
}

void tide_control_ask_checkpoint(struct tide_control *control)
{
    /* C4 relaxed: nothing is read through it, and the notification publishes it to the parser. */
    atomic_store_explicit(&control->wants_checkpoint, 1, memory_order_relaxed);
}

bool tide_control_wants_checkpoint(const struct tide_control *control)
{
    /* C5 relaxed: pairs with C4. */
    return atomic_load_explicit(&control->wants_checkpoint, memory_order_relaxed) != 0;
}

void tide_control_answer_checkpoint(struct tide_control *control)
{
    /* C6 relaxed: a wish that comes between C5 and here is lost, and needs nothing more: the
     * barrier has just been sent. The next one is due an interval later. */
    atomic_store_explicit(&control->wants_checkpoint, 0, memory_order_relaxed);
}

void tide_control_await_verification(struct tide_control *control)
{
    atomic_fetch_add_explicit(&control->unverified_count, 1, memory_order_relaxed);
}

void tide_control_say_verified(struct tide_control *control)
{
    /* C7 relaxed: nothing is read through it, and the notifications publish it. */
    if (atomic_fetch_sub_explicit(&control->unverified_count, 1, memory_order_relaxed) == 1)
        wake_stages(control);
}
