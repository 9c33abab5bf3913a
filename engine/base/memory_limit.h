/*
 * memory_limit: how much memory the process may take, asked before each allocation.
 * Owns:     the counters of the process, and a descriptor for as long as it runs.
 * Threads:  set: once, before other threads start; the others: any.
 * Blocks:   never; asks the system for the resident memory once in a while.
 * Errors:   a claim is refused; the next tide_error_memory of the same thread says by how much.
 * Limits:   without a limit, the default, nothing is counted. A thread takes up to 64 KiB ahead, so
 *           that it seldom meets the others at the counter.
 */
#ifndef TIDE_BASE_MEMORY_LIMIT_H
#define TIDE_BASE_MEMORY_LIMIT_H

#include "engine/base/error.h"

#include <stdint.h>

/* Why a claim was refused, in bytes. */
struct tide_memory_refusal {
    uint64_t asked;    /* 0: none was refused */
    uint64_t taken;    /* by the process by then */
    uint64_t at_start; /* of it, before the data came */
    uint64_t limit;
};

/* Is there a limit? Written by tide_memory_limit_set only. */
extern bool tide_memory_is_limited;

/* From here on allocations are claimed. at_start: what is taken already, and what the process will
 * take without a claim. */
void tide_memory_limit_set(uint64_t limit, uint64_t at_start);

/* May so many bytes be allocated, by memory.c or by a library? They count as taken then. */
TIDE_MUST_USE bool tide_memory_claim(size_t bytes);
/* Counts what became of claims: less than nothing is given back. */
void tide_memory_adjust(int64_t bytes);

/* Looks at the whole process. False (exit 1): something that claims nothing, a library or a process
 * function, has taken it past the limit. */
TIDE_MUST_USE bool tide_memory_limit_check(struct tide_error *error);

/* Why this thread's last claim was refused; forgets it. */
struct tide_memory_refusal tide_memory_refusal_take(void);

#endif
