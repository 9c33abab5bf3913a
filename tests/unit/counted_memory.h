/* The functions of engine/base/memory.h once more, for one program that includes this: they count
 * what is held, and run out of memory when a test wants that. As they are all here, the library's
 * own are not linked in. */
#ifndef TIDE_TESTS_COUNTED_MEMORY_H
#define TIDE_TESTS_COUNTED_MEMORY_H

#include "engine/base/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTED_HEAD_BYTES = 4096 }; /* the largest alignment: a block's size stands before it */

static _Atomic uint64_t counted_held, counted_most;
static _Atomic int64_t counted_left = INT64_MAX; /* so many allocations more, then there is none */

static void counted_add(uint64_t bytes)
{
    uint64_t held = atomic_fetch_add(&counted_held, bytes) + bytes;
    uint64_t most = atomic_load(&counted_most);
    while (held > most && !atomic_compare_exchange_weak(&counted_most, &most, held)) continue;
}

/* A block's head: its size, right before it. */
static size_t *counted_size(void *block)
{
    return (size_t *)block - 1;
}

void *tide_alloc_aligned(size_t alignment, size_t bytes)
{
    if (atomic_fetch_sub(&counted_left, 1) <= 0) return NULL;
    bytes = tide_aligned_bytes(alignment, bytes);
    char *memory = aligned_alloc(
        COUNTED_HEAD_BYTES, COUNTED_HEAD_BYTES + tide_aligned_bytes(COUNTED_HEAD_BYTES, bytes));
    if (!memory) return NULL;
    void *block = memory + COUNTED_HEAD_BYTES;
    *counted_size(block) = bytes;
    counted_add(bytes);
    return block;
}

void *tide_alloc(size_t bytes)
{
    return tide_alloc_aligned(1, bytes);
}

void *tide_alloc_zeroed(size_t count, size_t bytes)
{
    void *block = tide_alloc_aligned(1, count * bytes);
    return block ? memset(block, 0, count * bytes) : NULL;
}

void tide_free(void *block)
{
    if (!block) return;
    atomic_fetch_sub(&counted_held, *counted_size(block));
    free((char *)block - COUNTED_HEAD_BYTES);
}

void *tide_realloc(void *block, size_t bytes)
{
    void *larger = tide_alloc_aligned(1, bytes);
    if (!larger || !block) return larger;
    size_t kept = *counted_size(block);
    memcpy(larger, block, kept < bytes ? kept : bytes);
    tide_free(block);
    return larger;
}

char *tide_strndup(const char *text, size_t bytes)
{
    char *copy = tide_alloc(bytes + 1);
    if (!copy) return NULL;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *tide_strdup(const char *text)
{
    return tide_strndup(text, strlen(text));
}

const char *tide_allocator_name(void)
{
    return "counted";
}

#endif
