#include "engine/state/key_timers.h"

#include "engine/text/key_order.h"

enum { CAPACITY_FIRST = 64, SLOTS_A_TIMER = 2 };

uint64_t tide_key_timers_bytes(uint32_t count)
{
    const struct tide_key_timers *timers = NULL; /* for the sizes only */
    uint64_t capacity = CAPACITY_FIRST;
    while (capacity < count) capacity *= 2;
    return capacity *
           (sizeof *timers->timers + sizeof *timers->heap + SLOTS_A_TIMER * sizeof *timers->slots);
}

static uint32_t slot_of(const struct tide_key_timers *timers, const struct tide_key_record *owner,
                        int64_t time_ms)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)tide_hash_mix(owner->hash ^ odd, (uint64_t)time_ms ^ owner->hash) &
           timers->slot_mask;
}

static void fill_slots(struct tide_key_timers *timers)
{
    for (uint32_t i = 0; i < timers->count; i++) {
        uint32_t index = timers->heap[i].timer;
        const struct tide_key_timer *timer = &timers->timers[index];
        uint32_t at = slot_of(timers, timer->owner, timer->time_ms);
        while (timers->slots[at]) at = (at + 1) & timers->slot_mask;
        timers->slots[at] = index + 1;
    }
}

/* Makes room for `capacity` timers, a power of two. What has grown when memory runs out stays
 * grown. */
static bool grow(struct tide_key_timers *timers, uint32_t capacity)
{
    struct tide_key_timer *grown = tide_realloc(timers->timers, capacity * sizeof *grown);
    if (!grown) return false;
    timers->timers = grown;
    struct tide_key_timer_leaf *heap = tide_realloc(timers->heap, capacity * sizeof *heap);
    if (!heap) return false;
    timers->heap = heap;
    uint32_t *slots = tide_alloc_zeroed((size_t)capacity * SLOTS_A_TIMER, sizeof *slots);
    if (!slots) return false;
    tide_free(timers->slots);
    timers->slots = slots;
    timers->capacity = capacity;
    timers->slot_mask = capacity * SLOTS_A_TIMER - 1;
    fill_slots(timers);
    return true;
}

bool tide_key_timers_init(struct tide_key_timers *timers)
{
    *timers = (struct tide_key_timers){0};
    return grow(timers, CAPACITY_FIRST);
}

void tide_key_timers_fini(struct tide_key_timers *timers)
{
    tide_free(timers->timers);
    tide_free(timers->heap);
    tide_free(timers->slots);
    *timers = (struct tide_key_timers){0};
}

/* The slot of a timer, or the free one where it would go. */
static uint32_t find_slot(const struct tide_key_timers *timers, const struct tide_key_record *owner,
                          int64_t time_ms)
{
    uint32_t at = slot_of(timers, owner, time_ms);
    for (; timers->slots[at]; at = (at + 1) & timers->slot_mask) {
        const struct tide_key_timer *timer = &timers->timers[timers->slots[at] - 1];
        if (timer->owner == owner && timer->time_ms == time_ms) break;
    }
    return at;
}

/* Frees a slot and moves up those behind it that it kept from their place (D. Knuth, The Art of
 * Computer Programming 3, 6.4, algorithm R). */
static void clear_slot(struct tide_key_timers *timers, uint32_t hole)
{
    const uint32_t mask = timers->slot_mask;
    timers->slots[hole] = 0;
    for (uint32_t at = (hole + 1) & mask; timers->slots[at]; at = (at + 1) & mask) {
        const struct tide_key_timer *timer = &timers->timers[timers->slots[at] - 1];
        uint32_t home = slot_of(timers, timer->owner, timer->time_ms);
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        timers->slots[hole] = timers->slots[at];
        timers->slots[at] = 0;
        hole = at;
    }
}

static bool before(const struct tide_key_timers *timers, struct tide_key_timer_leaf a,
                   struct tide_key_timer_leaf b)
{
    if (a.due_ms != b.due_ms) return a.due_ms < b.due_ms;
    const struct tide_key_timer *x = &timers->timers[a.timer], *y = &timers->timers[b.timer];
    if (x->owner == y->owner) return x->order < y->order;
    return tide_key_order(tide_key_record_key(x->owner), x->owner->key_bytes,
                          tide_key_record_key(y->owner), y->owner->key_bytes) < 0;
}

static void put(struct tide_key_timers *timers, uint32_t at, struct tide_key_timer_leaf leaf)
{
    timers->heap[at] = leaf;
    timers->timers[leaf.timer].heap_at = at;
}

static void sift_up(struct tide_key_timers *timers, uint32_t at, struct tide_key_timer_leaf leaf)
{
    for (; at > 0 && before(timers, leaf, timers->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(timers, at, timers->heap[(at - 1) / 2]);
    put(timers, at, leaf);
}

/* Puts a leaf where it belongs at or below a place that is free. */
static void sift_down(struct tide_key_timers *timers, uint32_t at, struct tide_key_timer_leaf leaf)
{
    for (uint32_t child; (child = 2 * at + 1) < timers->count; at = child) {
        if (child + 1 < timers->count &&
            before(timers, timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!before(timers, timers->heap[child], leaf)) break;
        put(timers, at, timers->heap[child]);
    }
    put(timers, at, leaf);
}

enum tide_timer_added tide_key_timers_add(struct tide_key_timers *timers,
                                          struct tide_key_record *owner, int64_t time_ms,
                                          int64_t due_ms)
{
    if (timers->slots[find_slot(timers, owner, time_ms)]) return TIDE_TIMER_IS_THERE;
    if (timers->count == timers->capacity &&
        (timers->capacity == TIDE_KEY_TIMERS_MAX || !grow(timers, timers->capacity * 2)))
        return TIDE_TIMER_NO_MEMORY;
    uint32_t index = timers->free_first ? timers->free_first - 1 : timers->timer_count++;
    struct tide_key_timer *timer = &timers->timers[index];
    if (timers->free_first) timers->free_first = timer->heap_at;
    *timer = (struct tide_key_timer){
        .owner = owner, .time_ms = time_ms, .due_ms = due_ms, .order = timers->added++};
    timers->slots[find_slot(timers, owner, time_ms)] = index + 1;
    sift_up(timers, timers->count++, (struct tide_key_timer_leaf){due_ms, index});
    return TIDE_TIMER_ADDED;
}

bool tide_key_timers_remove(struct tide_key_timers *timers, const struct tide_key_record *owner,
                            int64_t time_ms)
{
    uint32_t slot = find_slot(timers, owner, time_ms);
    if (!timers->slots[slot]) return false;
    uint32_t index = timers->slots[slot] - 1;
    uint32_t at = timers->timers[index].heap_at;
    clear_slot(timers, slot);
    timers->timers[index].heap_at = timers->free_first;
    timers->free_first = index + 1;
    struct tide_key_timer_leaf last = timers->heap[--timers->count];
    if (at == timers->count) return true;
    if (at > 0 && before(timers, last, timers->heap[(at - 1) / 2])) sift_up(timers, at, last);
    else sift_down(timers, at, last);
    return true;
}
