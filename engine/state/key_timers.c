#include "engine/state/key_timers.h"

#include "engine/text/key_order.h"

#include <endian.h>

enum { CAPACITY_FIRST = 64, SLOTS_A_TIMER = 2, REMOVED_FEW = 64 };

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
    for (uint32_t i = 0; i < timers->leaf_count; i++) {
        uint32_t index = timers->heap[i].timer;
        const struct tide_key_timer *timer = &timers->timers[index];
        if (timer->is_removed) continue;
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

bool tide_key_timers_init(struct tide_key_timers *timers,
                          void (*let_go)(void *context, struct tide_key_record *owner),
                          void *context)
{
    *timers = (struct tide_key_timers){.let_go = let_go, .context = context};
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

static bool before(const struct tide_key_timers *timers, const struct tide_key_timer_leaf *a,
                   const struct tide_key_timer_leaf *b)
{
    if (a->due_ms != b->due_ms) return a->due_ms < b->due_ms;
    if (a->key[0] != b->key[0]) return a->key[0] < b->key[0];
    if (a->key[1] != b->key[1]) return a->key[1] < b->key[1];
    const struct tide_key_timer *x = &timers->timers[a->timer], *y = &timers->timers[b->timer];
    if (x->owner == y->owner) return x->order < y->order;
    return tide_key_order(tide_key_record_key(x->owner), x->owner->key_bytes,
                          tide_key_record_key(y->owner), y->owner->key_bytes) < 0;
}

/* Eight bytes as a number that sorts as they do. */
static uint64_t number_of(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return be64toh(word);
}

static struct tide_key_timer_leaf leaf_of(const struct tide_key_timers *timers, uint32_t index)
{
    const struct tide_key_timer *timer = &timers->timers[index];
    const char *key = tide_key_record_key(timer->owner); /* 16 bytes at least: zeros behind it */
    return (struct tide_key_timer_leaf){
        .due_ms = timer->due_ms, .key = {number_of(key), number_of(key + 8)}, .timer = index};
}

static void sift_up(struct tide_key_timers *timers, uint32_t at)
{
    const struct tide_key_timer_leaf leaf = timers->heap[at];
    for (; at > 0 && before(timers, &leaf, &timers->heap[(at - 1) / 2]); at = (at - 1) / 2)
        timers->heap[at] = timers->heap[(at - 1) / 2];
    timers->heap[at] = leaf;
}

static void sift_down(struct tide_key_timers *timers, uint32_t at)
{
    const struct tide_key_timer_leaf leaf = timers->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < timers->leaf_count; at = child) {
        if (child + 1 < timers->leaf_count &&
            before(timers, &timers->heap[child + 1], &timers->heap[child]))
            child++;
        if (!before(timers, &timers->heap[child], &leaf)) break;
        timers->heap[at] = timers->heap[child];
    }
    timers->heap[at] = leaf;
}

/* The timer's leaf is gone. */
static void release(struct tide_key_timers *timers, uint32_t index)
{
    struct tide_key_timer *timer = &timers->timers[index];
    struct tide_key_record *owner = timer->owner;
    timer->owner = NULL;
    timer->free_next = timers->free_first;
    timers->free_first = index + 1;
    timers->let_go(timers->context, owner);
}

static void drop_first_leaf(struct tide_key_timers *timers)
{
    uint32_t index = timers->heap[0].timer;
    timers->heap[0] = timers->heap[--timers->leaf_count];
    if (timers->leaf_count > 1) sift_down(timers, 0);
    release(timers, index);
}

/* Drops the leaves of all removed timers. They are compared before any owner is let go. */
static void sweep(struct tide_key_timers *timers)
{
    uint32_t kept = 0, leaf_count = timers->leaf_count;
    for (uint32_t i = 0; i < leaf_count; i++) {
        struct tide_key_timer_leaf leaf = timers->heap[i];
        if (timers->timers[leaf.timer].is_removed) continue;
        timers->heap[i] = timers->heap[kept];
        timers->heap[kept++] = leaf;
    }
    timers->leaf_count = kept;
    for (uint32_t i = kept / 2; i > 0; i--) sift_down(timers, i - 1);
    for (uint32_t i = kept; i < leaf_count; i++) release(timers, timers->heap[i].timer);
}

enum tide_timer_added tide_key_timers_add(struct tide_key_timers *timers,
                                          struct tide_key_record *owner, int64_t time_ms,
                                          int64_t due_ms)
{
    uint32_t slot = find_slot(timers, owner, time_ms);
    if (timers->slots[slot]) return TIDE_TIMER_IS_THERE;
    if (timers->leaf_count == timers->capacity) {
        if (timers->capacity == TIDE_KEY_TIMERS_MAX || !grow(timers, timers->capacity * 2))
            return TIDE_TIMER_NO_MEMORY;
        slot = find_slot(timers, owner, time_ms);
    }
    uint32_t index = timers->free_first ? timers->free_first - 1 : timers->timer_count++;
    struct tide_key_timer *timer = &timers->timers[index];
    if (timers->free_first) timers->free_first = timer->free_next;
    *timer = (struct tide_key_timer){
        .owner = owner, .time_ms = time_ms, .due_ms = due_ms, .order = timers->added++};
    timers->slots[slot] = index + 1;
    timers->heap[timers->leaf_count] = leaf_of(timers, index);
    sift_up(timers, timers->leaf_count++);
    timers->count++;
    return TIDE_TIMER_ADDED;
}

bool tide_key_timers_remove(struct tide_key_timers *timers, const struct tide_key_record *owner,
                            int64_t time_ms)
{
    uint32_t slot = find_slot(timers, owner, time_ms);
    if (!timers->slots[slot]) return false;
    timers->timers[timers->slots[slot] - 1].is_removed = true;
    clear_slot(timers, slot);
    timers->count--;
    while (timers->leaf_count > 0 && timers->timers[timers->heap[0].timer].is_removed)
        drop_first_leaf(timers);
    if (timers->leaf_count - timers->count > timers->count + REMOVED_FEW) sweep(timers);
    return true;
}

/* In the order in which they lie, not that of the heap: their keys most likely lie so too. */
void tide_key_timers_save(const struct tide_key_timers *timers, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, timers->count);
    for (uint32_t i = 0; i < timers->timer_count; i++) {
        const struct tide_key_timer *timer = &timers->timers[i];
        const struct tide_key_record *owner = timer->owner;
        if (!owner || timer->is_removed) continue;
        TIDE_ASSERT(timer->due_ms == timer->time_ms);
        char *at = tide_put_room(snapshot, TIDE_KEY_SNAPSHOT_BYTES + owner->key_bytes +
                                               sizeof timer->time_ms);
        if (!at) return;
        at = tide_write_key(at, tide_key_record_key(owner), owner->key_bytes);
        tide_write_u64(at, (uint64_t)timer->time_ms);
    }
}
