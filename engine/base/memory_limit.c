/*
 * Two things must hold before an allocation is made: what has been claimed fits, whether its pages
 * have been touched or not; and the process as the system sees it, with what the allocator has lost
 * between its blocks, has room for as much again as is asked for.
 */
#include "engine/base/memory_limit.h"

#include "engine/base/memory.h"
#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef TIDE_WITH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

/* Sanitizers take many times what the program does, and keep what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESIDENT_IS_OURS false
#else
#define RESIDENT_IS_OURS true
#endif

enum {
    AHEAD_BYTES_MAX = 64 << 10, /* what a thread claims ahead ... */
    AHEAD_SHARE = 8192,         /* ... but no more than this part of the limit */
    LOSS_SHARE = 32,            /* part of the limit that the allocator may lose between blocks */
    AT_ONCE_BYTES_MAX = 128 << 10, /* larger blocks go back to the system when they are freed */
    STATM_BYTES = 128,
};

bool tide_memory_is_limited;
static struct {
    int64_t limit, at_start, ahead;
    int statm_fd; /* -1: the system does not tell */
} known = {.statm_fd = -1};

/* Relaxed everywhere: it counts, and nothing is read through it. */
static _Atomic int64_t claimed;
static _Thread_local int64_t credit; /* claimed by this thread, and not used yet */
static _Thread_local struct tide_memory_refusal refusal;

/* Freed memory that the allocator keeps is of no use to anybody under a limit. */
static void keep_nothing(void)
{
#ifdef TIDE_WITH_JEMALLOC
    ssize_t at_once = 0;
    (void)mallctl("arenas.dirty_decay_ms", NULL, NULL, &at_once, sizeof at_once);
    (void)mallctl("arenas.muzzy_decay_ms", NULL, NULL, &at_once, sizeof at_once);
    (void)mallctl("arena.0.dirty_decay_ms", NULL, NULL, &at_once, sizeof at_once);
    (void)mallctl("arena.0.muzzy_decay_ms", NULL, NULL, &at_once, sizeof at_once);
#else
    (void)mallopt(M_MMAP_THRESHOLD, AT_ONCE_BYTES_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, AT_ONCE_BYTES_MAX);
#endif
}

static void return_to_system(void)
{
#ifdef TIDE_WITH_JEMALLOC
    (void)mallctl("arena.4096.purge", NULL, NULL, NULL, 0); /* MALLCTL_ARENAS_ALL */
#else
    (void)malloc_trim(0);
#endif
}

void tide_memory_limit_set(uint64_t limit, uint64_t at_start)
{
    TIDE_ASSERT(limit <= INT64_MAX && !tide_memory_is_limited);
    known.limit = (int64_t)limit;
    known.at_start = (int64_t)(at_start + limit / LOSS_SHARE);
    known.ahead = (int64_t)(limit / AHEAD_SHARE);
    if (known.ahead > AHEAD_BYTES_MAX) known.ahead = AHEAD_BYTES_MAX;
    if (RESIDENT_IS_OURS)
        known.statm_fd = tide_retry_open("/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
    keep_nothing();
    tide_memory_is_limited = true;
}

/* Bytes of the process in memory, files it has mapped included; 0: the system does not tell. */
static int64_t resident(void)
{
    char text[STATM_BYTES];
    ssize_t bytes =
        known.statm_fd >= 0 ? tide_retry_pread(known.statm_fd, text, sizeof text - 1, 0) : 0;
    if (bytes <= 0) return 0;
    text[bytes] = '\0';
    char *end;
    (void)strtoll(text, &end, 10); /* the size of its address space */
    return strtoll(end, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static bool take(int64_t bytes)
{
    int64_t before = atomic_fetch_add_explicit(&claimed, bytes, memory_order_relaxed);
    if (before + bytes + known.at_start <= known.limit) return true;
    atomic_fetch_sub_explicit(&claimed, bytes, memory_order_relaxed);
    return false;
}

static bool refuse(size_t bytes, int64_t taken)
{
    refusal = (struct tide_memory_refusal){
        .asked = bytes,
        .taken = (uint64_t)(taken > 0 ? taken : 0),
        .at_start = (uint64_t)known.at_start,
        .limit = (uint64_t)known.limit,
    };
    return false;
}

static bool claim_more(int64_t bytes)
{
    int64_t missing = bytes - credit, taken = missing + known.ahead;
    if (!take(taken)) {
        taken = missing;
        if (!take(taken))
            return refuse((size_t)bytes,
                          known.at_start + atomic_load_explicit(&claimed, memory_order_relaxed));
    }
    int64_t here = resident();
    if (here + bytes > known.limit) {
        return_to_system();
        here = resident();
    }
    if (here + bytes > known.limit) {
        atomic_fetch_sub_explicit(&claimed, taken, memory_order_relaxed);
        return refuse((size_t)bytes, here);
    }
    credit += taken - bytes;
    return true;
}

bool tide_memory_claim(size_t bytes)
{
    if (bytes > (uint64_t)known.limit) return refuse(bytes, known.at_start);
    if ((int64_t)bytes > credit) return claim_more((int64_t)bytes);
    credit -= (int64_t)bytes;
    return true;
}

void tide_memory_adjust(int64_t bytes)
{
    credit -= bytes;
    if (credit >= 0 && credit <= 2 * known.ahead) return;
    int64_t kept = credit < 0 ? 0 : known.ahead;
    atomic_fetch_sub_explicit(&claimed, credit - kept, memory_order_relaxed);
    credit = kept;
}

bool tide_memory_limit_check(struct tide_error *error)
{
    if (resident() <= known.limit) return true;
    return_to_system();
    int64_t here = resident();
    if (here <= known.limit) return true;
    (void)refuse((size_t)(here - known.limit), here);
    return tide_error_memory(error, "what libraries and process functions take");
}

struct tide_memory_refusal tide_memory_refusal_take(void)
{
    struct tide_memory_refusal taken = refusal;
    refusal = (struct tide_memory_refusal){0};
    return taken;
}
