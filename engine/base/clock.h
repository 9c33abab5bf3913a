/*
 * clock: monotonic time, the time of day, and what a thread has had of the processor or waited for.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   nanoseconds in 64 bits: 292 years.
 */
#ifndef TIDE_BASE_CLOCK_H
#define TIDE_BASE_CLOCK_H

#include <stdint.h>

#define TIDE_CLOCK_NEVER INT64_MAX /* a time of tide_clock_ns that does not come */

int64_t tide_clock_ns(void);
int64_t tide_clock_wall_ms(void); /* since 1970-01-01 UTC; may be set forwards and back */

/* What poll(2) takes to wait until then: milliseconds, rounded up; -1 for TIDE_CLOCK_NEVER. */
int tide_clock_poll_ms(int64_t latest_ns);

int64_t tide_clock_thread_cpu_ns(void);

/* How long this thread was ready to run and no core was free for it; -1 where the system does not
 * say (it needs /proc and a kernel that keeps scheduling statistics). */
int64_t tide_clock_thread_queued_ns(void);

#endif
