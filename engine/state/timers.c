#include "engine/state/timers.h"

enum { TIMERS_FIRST = 16, CHILDREN = TIDE_TIMERS_CHILDREN };

void tide_timers_fini(struct tide_timers *timers)
{
    tide_free(timers->heap);
    *timers = (struct tide_timers){0};
}

uint64_t tide_timers_bytes(uint32_t count)
{
    uint64_t capacity = TIMERS_FIRST;
    while (capacity < count) capacity *= 2;
    return count ? capacity * sizeof(struct tide_timer) : 0;
}

/* One number, so that comparing takes no branch: which child is least is anybody's guess. */
static inline tide_int128 rank_of(const struct tide_timer *timer)
{
    return (tide_int128)((tide_uint128)(tide_int128)timer->deadline_ms << 64 | timer->order);
}

/* Puts a timer into the hole, or above it. */
static void sift_up(struct tide_timer *heap, uint32_t hole, struct tide_timer timer)
{
    while (hole > 0) {
        uint32_t parent = (hole - 1) / CHILDREN;
        if (rank_of(&timer) >= rank_of(&heap[parent])) break;
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = timer;
}

/* Puts a timer into the hole, or below it. */
static void sift_down(struct tide_timer *heap, uint32_t count, uint32_t hole,
                      struct tide_timer timer)
{
    for (;;) {
        uint64_t child = (uint64_t)hole * CHILDREN + 1;
        if (child >= count) break;
        uint32_t end = count - child < CHILDREN ? count : (uint32_t)child + CHILDREN;
        /* The next level is called into cache while this one is compared, whoever is least here. */
        uintptr_t below = (uintptr_t)heap + (child * CHILDREN + 1) * sizeof *heap;
        for (unsigned i = 0; i < CHILDREN * CHILDREN * sizeof *heap; i += TIDE_LINE_BYTES)
            __builtin_prefetch((const void *)(below + i));
        uint32_t least = (uint32_t)child;
        tide_int128 least_rank = rank_of(&heap[child]);
        for (uint32_t i = least + 1; i < end; i++) {
            tide_int128 rank = rank_of(&heap[i]);
            least = rank < least_rank ? i : least;
            least_rank = rank < least_rank ? rank : least_rank;
        }
        if (least_rank >= rank_of(&timer)) break;
        heap[hole] = heap[least];
        hole = least;
    }
    heap[hole] = timer;
}

bool tide_timers_add(struct tide_timers *timers, struct tide_timer timer)
{
    if (timers->count == timers->capacity) {
        uint32_t capacity = timers->capacity ? timers->capacity * 2 : TIMERS_FIRST;
        struct tide_timer *heap =
            tide_realloc(timers->heap, (size_t)capacity * sizeof *timers->heap);
        if (!heap) return false;
        timers->heap = heap;
        timers->capacity = capacity;
    }
    sift_up(timers->heap, timers->count++, timer);
    return true;
}

void tide_timers_remove_first(struct tide_timers *timers)
{
    TIDE_ASSERT(timers->count > 0);
    uint32_t last = --timers->count;
    if (last > 0) sift_down(timers->heap, last, 0, timers->heap[last]);
}

void tide_timers_rearm_first(struct tide_timers *timers, int64_t deadline_ms, uint64_t order)
{
    TIDE_ASSERT(timers->count > 0);
    struct tide_timer timer = {
        .deadline_ms = deadline_ms, .order = order, .owner = timers->heap[0].owner};
    sift_down(timers->heap, timers->count, 0, timer);
}

void tide_timers_keep_only(struct tide_timers *timers,
                           bool (*keeps)(const struct tide_timer *timer, void *context),
                           void *context)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < timers->count; i++)
        if (keeps(&timers->heap[i], context)) timers->heap[kept++] = timers->heap[i];
    timers->count = kept;
    if (kept < 2) return;
    for (uint32_t i = (kept - 2) / CHILDREN + 1; i > 0; i--)
        sift_down(timers->heap, kept, i - 1, timers->heap[i - 1]);
}
