#include "engine/stages/control.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool tide_control_init(struct tide_control *control, struct tide_error *error)
{
    *control = (struct tide_control){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (control->wake_fd >= 0) return true;
    return tide_error_system(error, errno, "cannot make a wake-up descriptor");
}

void tide_control_fini(struct tide_control *control)
{
    if (control->wake_fd >= 0) close(control->wake_fd);
    control->wake_fd = -1;
}

static void wake_all(struct tide_control *control)
{
    uint64_t one = 1;
    /* Can only fail when the counter is full, and then it is readable already. */
    ssize_t written = write(control->wake_fd, &one, sizeof one);
    (void)written;
    for (unsigned i = 0; i < control->waiter_count; i++) tide_waiter_notify(control->waiters[i]);
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
