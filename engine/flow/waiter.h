/*
 * waiter: how a thread waits until another one has done something for it, or until some time.
 * Owns:     one word that the kernel may sleep on.
 * Threads:  one sleeper (clear, sleep); anyone may notify.
 * Blocks:   tide_waiter_sleep and _sleep_until do, until notified; nothing else.
 * Errors:   none.
 * Limits:   a notification is a fact, not a count: many before a clear are one.
 *
 * The sleeper's loop is: clear; look at all its rings; if there was nothing to do, sleep; again.
 * Both sides change the word by a read-modify-write, so one comes first: either the sleeper's clear
 * sees the notification, with all that was published before it, or the notifier sees ASLEEP and
 * wakes. No fence is needed, and no wake-up can be lost. A notification costs one locked
 * instruction; a system call only if the other side sleeps.
 */
#ifndef TIDE_FLOW_WAITER_H
#define TIDE_FLOW_WAITER_H

#include "engine/base/clock.h"
#include "engine/flow/ring.h"

enum { TIDE_WAITER_AWAKE, TIDE_WAITER_ASLEEP, TIDE_WAITER_NOTIFIED };

struct tide_waiter {
    _Alignas(TIDE_PARTY_BYTES) _Atomic uint32_t word;
};

/* What a thread tries before it sleeps. */
struct tide_patience {
    unsigned spins;  /* looks with a pause between; 0 when there are more threads than cores */
    unsigned yields; /* then looks with a sched_yield between */
};

void tide_waiter_init(struct tide_waiter *waiter);

/* Says that something has changed which the sleeper may be waiting for. What the caller wrote
 * before is visible to the sleeper after its next clear. */
void tide_waiter_notify(struct tide_waiter *waiter);

/* Forgets notifications; call before looking at the rings. */
void tide_waiter_clear(struct tide_waiter *waiter);

/* Returns at once if there was a notification since the last clear, else when one comes. */
void tide_waiter_sleep(struct tide_waiter *waiter);

/* The same, but no later than at `latest_ns` of tide_clock_ns; TIDE_CLOCK_NEVER: as sleep. */
void tide_waiter_sleep_until(struct tide_waiter *waiter, int64_t latest_ns);

/* Patience for a thread when `busy_threads` threads want the machine, by the affinity mask. */
struct tide_patience tide_patience_for(unsigned busy_threads);

/* One moment of patience after `look_count` looks in vain: spins or yields and returns true, or
 * returns false: sleep. */
bool tide_patience_wait(const struct tide_patience *patience, unsigned look_count);

/* Cores this process may run on. */
unsigned tide_core_count(void);

#endif
