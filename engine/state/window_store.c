#include "engine/state/window_store.h"

enum { WINDOWS_FIRST = 16 };

size_t tide_window_store_bytes(uint32_t open_count)
{
    const struct tide_window_store *store = NULL; /* for the sizes only */
    size_t capacity = WINDOWS_FIRST;
    while (capacity < open_count) capacity *= 2;
    return capacity * (sizeof *store->open.panes + sizeof *store->buckets);
}

bool tide_window_store_init(struct tide_window_store *store, uint32_t state_stride,
                            const struct tide_hash_seed *seed)
{
    *store = (struct tide_window_store){.state_stride = state_stride, .seed = *seed};
    store->open.capacity = WINDOWS_FIRST;
    store->bucket_mask = WINDOWS_FIRST - 1;
    store->open.panes = tide_alloc(WINDOWS_FIRST * sizeof *store->open.panes);
    store->buckets = tide_alloc_zeroed(WINDOWS_FIRST, sizeof *store->buckets);
    return store->open.panes && store->buckets;
}

static void destroy_heap(struct tide_pane_heap *heap)
{
    for (uint32_t i = 0; i < heap->count; i++) tide_pane_destroy(heap->panes[i]);
    tide_free(heap->panes);
}

void tide_window_store_fini(struct tide_window_store *store)
{
    destroy_heap(&store->open);
    destroy_heap(&store->held);
    for (struct tide_pane *pane = store->spare, *next; pane; pane = next) {
        next = pane->next;
        tide_pane_destroy(pane);
    }
    tide_free(store->buckets);
    *store = (struct tide_window_store){0};
}

static uint32_t bucket_of(const struct tide_window_store *store, int64_t start_ms)
{
    return (uint32_t)tide_hash_mix((uint64_t)start_ms ^ store->seed.words[0],
                                   store->seed.words[1] | 1) &
           store->bucket_mask;
}

static void chain(struct tide_window_store *store, struct tide_pane *pane)
{
    struct tide_pane **bucket = &store->buckets[bucket_of(store, pane->start_ms)];
    pane->next = *bucket;
    *bucket = pane;
}

/* Room for one more pane among the buckets. */
static bool grow_buckets(struct tide_window_store *store)
{
    uint32_t count = store->bucket_mask + 1;
    if (store->open.count + store->held.count < count) return true;
    struct tide_pane **buckets = tide_alloc_zeroed(count * 2, sizeof *buckets);
    if (!buckets) return false;
    tide_free(store->buckets);
    store->buckets = buckets;
    store->bucket_mask = count * 2 - 1;
    for (uint32_t i = 0; i < store->open.count; i++) chain(store, store->open.panes[i]);
    for (uint32_t i = 0; i < store->held.count; i++) chain(store, store->held.panes[i]);
    return true;
}

/* Room for one more pane in the heap. */
static bool grow_heap(struct tide_pane_heap *heap)
{
    if (heap->count < heap->capacity) return true;
    uint32_t capacity = heap->capacity ? heap->capacity * 2 : WINDOWS_FIRST;
    struct tide_pane **panes = tide_realloc(heap->panes, capacity * sizeof *panes);
    if (!panes) return false;
    heap->panes = panes;
    heap->capacity = capacity;
    return true;
}

static void push(struct tide_pane_heap *heap, struct tide_pane *pane)
{
    uint32_t at = heap->count++;
    for (; at > 0 && heap->panes[(at - 1) / 2]->start_ms > pane->start_ms; at = (at - 1) / 2)
        heap->panes[at] = heap->panes[(at - 1) / 2];
    heap->panes[at] = pane;
}

static struct tide_pane *pop(struct tide_pane_heap *heap)
{
    TIDE_ASSERT(heap->count > 0);
    struct tide_pane *first = heap->panes[0];
    uint32_t at = 0, count = --heap->count;
    if (count == 0) return first;
    struct tide_pane *pane = heap->panes[count];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap->panes[child + 1]->start_ms < heap->panes[child]->start_ms)
            child++;
        if (heap->panes[child]->start_ms >= pane->start_ms) break;
        heap->panes[at] = heap->panes[child];
    }
    heap->panes[at] = pane;
    return first;
}

static struct tide_pane *find_or_open(struct tide_window_store *store, struct tide_pane_heap *heap,
                                      int64_t start_ms, int64_t end_ms)
{
    for (struct tide_pane *pane = store->buckets[bucket_of(store, start_ms)]; pane;
         pane = pane->next)
        if (pane->start_ms == start_ms) return pane;

    if (!grow_buckets(store) || !grow_heap(heap)) return NULL;
    struct tide_pane *pane = store->spare;
    if (pane) store->spare = pane->next;
    else pane = tide_pane_create(store->state_stride);
    if (!pane) return NULL;
    pane->start_ms = start_ms;
    pane->end_ms = end_ms;
    chain(store, pane);
    push(heap, pane);
    return pane;
}

struct tide_pane *tide_window_store_open(struct tide_window_store *store, int64_t start_ms,
                                         int64_t end_ms)
{
    return find_or_open(store, &store->open, start_ms, end_ms);
}

struct tide_pane *tide_window_store_open_held(struct tide_window_store *store, int64_t start_ms,
                                              int64_t end_ms)
{
    return find_or_open(store, &store->held, start_ms, end_ms);
}

bool tide_window_store_hold_first(struct tide_window_store *store)
{
    if (!grow_heap(&store->held)) return false;
    push(&store->held, pop(&store->open));
    return true;
}

static void close_first(struct tide_window_store *store, struct tide_pane_heap *heap)
{
    struct tide_pane *pane = pop(heap);
    struct tide_pane **link = &store->buckets[bucket_of(store, pane->start_ms)];
    while (*link != pane) link = &(*link)->next;
    *link = pane->next;
    tide_pane_clear(pane, &store->seed);
    pane->next = store->spare;
    store->spare = pane;
}

void tide_window_store_close_first(struct tide_window_store *store)
{
    close_first(store, &store->open);
}

void tide_window_store_close_first_held(struct tide_window_store *store)
{
    close_first(store, &store->held);
}

uint64_t tide_window_store_entry_count(const struct tide_window_store *store)
{
    uint64_t entries = 0;
    for (uint32_t i = 0; i < store->open.count; i++) entries += store->open.panes[i]->entry_count;
    return entries;
}

static bool sort_heap(struct tide_pane_heap *heap, const struct tide_hash_seed *seed)
{
    for (uint32_t i = 0; i < heap->count; i++)
        if (!tide_pane_sort(heap->panes[i], seed)) return false;
    return true;
}

bool tide_window_store_sort(struct tide_window_store *store)
{
    return sort_heap(&store->open, &store->seed) && sort_heap(&store->held, &store->seed);
}
