/*
 * clock: monotonic time, and what this thread has had of the processor, or waited for of it.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   nanoseconds in 64 bits: 292 years.
 */
#ifndef TIDE_BASE_CLOCK_H
#define TIDE_BASE_CLOCK_H

#include <stdint.h>

int64_t tide_clock_ns(void);
int64_t tide_clock_thread_cpu_ns(void);

/* How long this thread was ready to run and no core was free for it; -1 where the system does not
 * say (it needs /proc and a kernel that keeps scheduling statistics). */
int64_t tide_clock_thread_queued_ns(void);

#endif
