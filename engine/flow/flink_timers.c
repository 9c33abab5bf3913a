/*
 * Which of two equal timers comes first depends on each comparison, so these are Flink's, of
 * org.apache.flink.runtime.state.heap.HeapPriorityQueue: all strict; the last leaf goes where one
 * was removed, down as far as it may, and up only if it did not go down; of two equal children the
 * first goes up.
 */
#include "engine/flow/flink_timers.h"

#include "engine/base/memory.h"

enum { CAPACITY_MIN = 64 };

void tide_flink_timers_fini(struct tide_flink_timers *timers)
{
    tide_free(timers->heap);
    *timers = (struct tide_flink_timers){0};
}

static void place(struct tide_flink_timers *timers, struct tide_flink_timer *timer, uint32_t at)
{
    timers->heap[at] = timer;
    timer->at = at;
}

static bool is_before(const struct tide_flink_timers *timers, uint32_t a, int64_t time_ms)
{
    return timers->heap[a]->time_ms < time_ms;
}

static void sift_up(struct tide_flink_timers *timers, struct tide_flink_timer *timer, uint32_t at)
{
    for (; at > 1 && timer->time_ms < timers->heap[at / 2]->time_ms; at /= 2)
        place(timers, timers->heap[at / 2], at);
    place(timers, timer, at);
}

static void sift_down(struct tide_flink_timers *timers, struct tide_flink_timer *timer, uint32_t at)
{
    for (uint32_t child; (child = 2 * at) <= timers->count; at = child) {
        if (child < timers->count && is_before(timers, child + 1, timers->heap[child]->time_ms))
            child++;
        if (!is_before(timers, child, timer->time_ms)) break;
        place(timers, timers->heap[child], at);
    }
    place(timers, timer, at);
}

static bool grow(struct tide_flink_timers *timers)
{
    uint32_t capacity = timers->capacity > 0 ? 2 * timers->capacity : CAPACITY_MIN;
    struct tide_flink_timer **heap =
        tide_realloc(timers->heap, (size_t)capacity * sizeof(struct tide_flink_timer *));
    if (!heap) return false;
    timers->heap = heap;
    timers->capacity = capacity;
    return true;
}

bool tide_flink_timers_add(struct tide_flink_timers *timers, struct tide_flink_timer *timer)
{
    if (timer->at > 0) return true;
    if (timers->count + 1 >= timers->capacity && !grow(timers)) return false;
    sift_up(timers, timer, ++timers->count);
    return true;
}

void tide_flink_timers_remove(struct tide_flink_timers *timers, struct tide_flink_timer *timer)
{
    uint32_t at = timer->at;
    if (at == 0) return;
    TIDE_ASSERT(at <= timers->count && timers->heap[at] == timer);
    struct tide_flink_timer *last = timers->heap[timers->count--];
    timer->at = 0;
    if (last == timer) return;
    sift_down(timers, last, at);
    if (last->at == at) sift_up(timers, last, at);
}

bool tide_flink_timers_reserve(struct tide_flink_timers *timers, uint32_t count)
{
    TIDE_ASSERT(timers->count == 0 && !timers->heap);
    if (count == 0) return true;
    uint64_t capacity = CAPACITY_MIN;
    while (capacity <= (uint64_t)count + 1) capacity *= 2;
    timers->heap = tide_alloc_zeroed(capacity, sizeof *timers->heap);
    if (!timers->heap) return false;
    timers->count = count;
    timers->capacity = (uint32_t)capacity;
    return true;
}

bool tide_flink_timers_put(struct tide_flink_timers *timers, struct tide_flink_timer *timer,
                           uint32_t at)
{
    if (at == 0 || at > timers->count || timers->heap[at]) return false;
    place(timers, timer, at);
    return true;
}

bool tide_flink_timers_are_whole(const struct tide_flink_timers *timers)
{
    for (uint32_t at = 1; at <= timers->count; at++)
        if (!timers->heap[at] ||
            (at > 1 && timers->heap[at]->time_ms < timers->heap[at / 2]->time_ms))
            return false;
    return true;
}
