/*
 * control: what all stages of a run share besides their links: the first failure, the wish to stop,
 *           which time each worker waits for, whether it is time for a checkpoint, and whether
 *           the input is the one that a resumed run has read before.
 * Owns:     the latched error, a descriptor that wakes readers out of a poll, and the list of
 *           waiters.
 * Threads:  any may fail or look; the main thread stops, and reads the error after all threads have
 *           ended.
 * Blocks:   never.
 * Errors:   init: no descriptor to be had (exit 1).
 * Limits:   TIDE_WAITERS_MAX waiters.
 */
#ifndef TIDE_STAGES_CONTROL_H
#define TIDE_STAGES_CONTROL_H

#include "engine/base/error.h"
#include "engine/flow/waiter.h"
#include "engine/plan/plan.h"

enum { TIDE_WAITERS_MAX = TIDE_PARALLELISM_MAX + 2 * TIDE_PARTITIONS_MAX + 3 };

struct tide_control {
    _Atomic uint32_t failed;   /* 1: error is being or has been written by the thread that set it */
    _Atomic uint32_t stopping; /* 1: read no further; what has fired is kept */
    struct tide_error error;
    int wake_fd; /* an eventfd, readable once stopping or failed */
    struct tide_waiter *waiters[TIDE_WAITERS_MAX];
    unsigned waiter_count;

    _Atomic uint32_t wants_checkpoint; /* 1: the parser is to take one */
    _Atomic uint32_t
        unverified_count; /* readers that have not yet verified what a checkpoint says */

    /* The least fire_ms that lets something out of each worker; INT64_MAX: none does. */
    _Atomic int64_t due_ms[TIDE_PARALLELISM_MAX];
};

TIDE_MUST_USE bool tide_control_init(struct tide_control *control, struct tide_error *error);
void tide_control_fini(struct tide_control *control);

/* Latches the first failure and wakes every stage, which then ends. Later failures are consequences
 * and are dropped. */
void tide_control_fail(struct tide_control *control, const struct tide_error *error);

/* A worker says what it waits for, for a parser whose clock goes on while the input is silent. True
 * if that is news: then the caller wakes it. */
TIDE_MUST_USE bool tide_control_set_due(struct tide_control *control, unsigned worker,
                                        int64_t fire_ms);

/* The least over all workers, as far as it is known here. */
int64_t tide_control_due_ms(const struct tide_control *control, unsigned worker_count);

/* It is time for a checkpoint: the caller wakes the parser. */
void tide_control_ask_checkpoint(struct tide_control *control);

/* Has one been asked for and not been answered? */
bool tide_control_wants_checkpoint(const struct tide_control *control);
void tide_control_answer_checkpoint(struct tide_control *control);

/* Of a run that is resumed, before it starts: one more reader has something to verify. */
void tide_control_await_verification(struct tide_control *control);

/* That reader has found it as it was. The last one wakes every stage. */
void tide_control_say_verified(struct tide_control *control);

/* Asks the parser to treat the input as ended here, without firing open windows. */
void tide_control_stop(struct tide_control *control);

static inline bool tide_control_has_failed(const struct tide_control *control)
{
    /* Relaxed: only says when to end; the error is read after the threads are joined. */
    return atomic_load_explicit(&control->failed, memory_order_relaxed) != 0;
}

/* Until then the parser must do nothing, for outputs are cut back at the first thing it sends. */
static inline bool tide_control_is_verified(const struct tide_control *control)
{
    /* Relaxed: nothing is read through it. */
    return atomic_load_explicit(&control->unverified_count, memory_order_relaxed) == 0;
}

static inline bool tide_control_is_stopping(const struct tide_control *control)
{
    /* Relaxed: nothing is read through it. */
    return atomic_load_explicit(&control->stopping, memory_order_relaxed) != 0;
}

#endif
