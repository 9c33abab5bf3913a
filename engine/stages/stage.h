/*
 * stage: a step function with what is needed to run it, on a thread of its own or by turns with all
 *           others.
 * Owns:     nothing but its clock; self belongs to the pipeline.
 * Threads:  step, wait and the clock: the one that runs the stage.
 * Blocks:   a thread's loop sleeps when a step neither progressed nor ended; step itself never
 *           blocks.
 * Errors:   latched in control by the step that meets them.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_STAGE_H
#define TIDE_STAGES_STAGE_H

#include "engine/stages/control.h"

enum tide_progress {
    TIDE_PROGRESSED,
    TIDE_STARVED, /* nothing to take */
    TIDE_BLOCKED, /* nowhere to put it */
    TIDE_DONE,
};

struct tide_stage_clock {
    int64_t starved_ns, blocked_ns; /* asleep, or looking in vain before that */
    int64_t wall_ns, cpu_ns;        /* of the whole loop */
    int64_t queued_ns;              /* ready to run, but no core was free; -1: not known */
    uint64_t sleep_count;
};

struct tide_stage {
    const char *name;
    void *self;
    enum tide_progress (*step)(void *self); /* once done, always done */

    /* Called before a sleep, and at the end: tells the neighbours what they have not been told yet.
     */
    void (*nudge)(void *self);

    /* Sleeps until a starved step may do better, no later than at latest_ns of tide_clock_ns
     * (TIDE_CLOCK_NEVER: there is no such time); NULL: on the waiter, as when blocked. (The
     * reader waits for its input.) */
    void (*wait_for_input)(void *self, int64_t latest_ns);

    /* When a starved step wants another one though nothing has come; NULL: never. (The parser's
     * clock goes on while the input is silent.) */
    int64_t (*wake_at_ns)(const void *self);

    bool uses_rcu; /* reads the rule board or publishes views */
    struct tide_waiter waiter;
    struct tide_patience patience;
    struct tide_stage_clock clock;
};

/* Runs the stage to its end. A thread's main function; takes the stage. */
void *tide_stage_run(void *stage);

/* Runs all stages on the calling thread in an order drawn from the seed, to the end of each. */
void tide_stages_run_by_turns(struct tide_stage *stages[], unsigned stage_count, uint64_t seed);

#endif
