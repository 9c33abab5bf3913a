#include "engine/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef TIDE_WITH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

void *tide_alloc(size_t bytes)
{
    return malloc(bytes ? bytes : 1);
}

void *tide_alloc_zeroed(size_t count, size_t bytes)
{
    return count && bytes ? calloc(count, bytes) : calloc(1, 1);
}

void *tide_alloc_aligned(size_t alignment, size_t bytes)
{
    TIDE_ASSERT(alignment && (alignment & (alignment - 1)) == 0);
    if (bytes > SIZE_MAX - alignment) return NULL;
    bytes = tide_aligned_bytes(alignment, bytes);
    return aligned_alloc(alignment, bytes ? bytes : alignment);
}

void *tide_realloc(void *block, size_t bytes)
{
    return realloc(block, bytes ? bytes : 1);
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
