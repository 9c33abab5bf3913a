#include "engine/base/memory.h"

#include "engine/base/memory_limit.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef TIDE_WITH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

enum { BLOCK_EXTRA_BYTES = 16 }; /* what an allocator keeps beside a block */

static bool may_take(size_t bytes)
{
    return TIDE_LIKELY(!tide_memory_is_limited) || tide_memory_claim(bytes);
}

static int64_t bytes_of(void *block)
{
    return block ? (int64_t)malloc_usable_size(block) + BLOCK_EXTRA_BYTES : 0;
}

/* Settles a claim by what the allocator has made of it. */
static void *settled(void *block, size_t claimed)
{
    if (TIDE_UNLIKELY(tide_memory_is_limited))
        tide_memory_adjust(bytes_of(block) - (int64_t)claimed);
    return block;
}

void *tide_alloc(size_t bytes)
{
    if (bytes == 0) bytes = 1;
    return may_take(bytes) ? settled(malloc(bytes), bytes) : NULL;
}

void *tide_alloc_zeroed(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all)) return NULL;
    if (all == 0) all = 1;
    return may_take(all) ? settled(calloc(1, all), all) : NULL;
}

void *tide_alloc_aligned(size_t alignment, size_t bytes)
{
    TIDE_ASSERT(alignment && (alignment & (alignment - 1)) == 0);
    if (bytes > SIZE_MAX - alignment) return NULL;
    bytes = tide_aligned_bytes(alignment, bytes);
    if (bytes == 0) bytes = alignment;
    return may_take(bytes) ? settled(aligned_alloc(alignment, bytes), bytes) : NULL;
}

/* For a moment both blocks are there. */
void *tide_realloc(void *block, size_t bytes)
{
    if (bytes == 0) bytes = 1;
    if (!may_take(bytes)) return NULL;
    int64_t before = TIDE_UNLIKELY(tide_memory_is_limited) ? bytes_of(block) : 0;
    void *moved = settled(realloc(block, bytes), bytes);
    if (moved && before > 0) tide_memory_adjust(-before);
    return moved;
}

char *tide_strdup(const char *text)
{
    return tide_strndup(text, strlen(text));
}

char *tide_strndup(const char *text, size_t bytes)
{
    char *copy = tide_alloc(bytes + 1);
    if (!copy) return NULL;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

void tide_free(void *block)
{
    if (TIDE_UNLIKELY(tide_memory_is_limited)) tide_memory_adjust(-bytes_of(block));
    free(block);
}

const char *tide_allocator_name(void)
{
#ifdef TIDE_WITH_JEMALLOC
    return "jemalloc " JEMALLOC_VERSION;
#else
    return "libc malloc";
#endif
}
