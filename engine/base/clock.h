/*
 * clock: monotonic time, and the processor time this process and this thread have used.
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

#endif
