/*
 * memory: the only caller of the allocator (jemalloc in release and bench builds, libc's
 *           elsewhere).
 * Owns:     nothing; what it returns belongs to the caller.
 * Threads:  any.
 * Blocks:   no longer than the allocator does.
 * Errors:   NULL when there is no memory; the caller reports it (tide_error_memory).
 * Limits:   a request of 0 bytes returns a block that must be freed too.
 */
#ifndef TIDE_BASE_MEMORY_H
#define TIDE_BASE_MEMORY_H

#include "engine/base/assert.h"

#include <stddef.h>

enum { TIDE_PAGE_BYTES = 4096, TIDE_LINE_BYTES = 64 };

/* Uninitialised memory. */
TIDE_MUST_USE void *tide_alloc(size_t bytes);

/* Zeroed memory for `count` objects of `bytes` each; NULL also when the product overflows. */
TIDE_MUST_USE void *tide_alloc_zeroed(size_t count, size_t bytes);

/* Uninitialised memory aligned to `alignment`, a power of two; `bytes` is rounded up to a multiple
 * of it. */
TIDE_MUST_USE void *tide_alloc_aligned(size_t alignment, size_t bytes);

/* What tide_alloc_aligned makes of a request. */
static inline size_t tide_aligned_bytes(size_t alignment, size_t bytes)
{
    return (bytes + alignment - 1) & ~(alignment - 1);
}

/* Grows or shrinks; the block's contents move. NULL leaves the old block as it was. */
TIDE_MUST_USE void *tide_realloc(void *block, size_t bytes);

/* A copy of a string, or of its first `bytes` bytes with a NUL behind them. */
TIDE_MUST_USE char *tide_strdup(const char *text);
TIDE_MUST_USE char *tide_strndup(const char *text, size_t bytes);

/* Frees what any of the above returned; NULL is fine. */
void tide_free(void *block);

/* The name and version of the allocator in use, for --version and the stats. */
const char *tide_allocator_name(void);

#endif
