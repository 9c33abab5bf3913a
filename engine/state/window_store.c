#include "engine/state/window_store.h"

enum { WINDOWS_FIRST = 16 };

size_t tide_window_store_bytes(uint32_t open_count)
{
    const struct tide_window_store *store = NULL; /* for the sizes only */
    size_t capacity = WINDOWS_FIRST;
    while (capacity < open_count) capacity *= 2;
    return capacity * (sizeof *store->heap + sizeof *store->buckets);
}

bool tide_window_store_init(struct tide_window_store *store, uint32_t state_stride,
                            const struct tide_hash_seed *seed)
{
    *store = (struct tide_window_store){.state_stride = state_stride, .seed = *seed};
    store->heap_capacity = WINDOWS_FIRST;
    store->bucket_mask = WINDOWS_FIRST - 1;
    store->heap = tide_alloc(WINDOWS_FIRST * sizeof *store->heap);
    store->buckets = tide_alloc_zeroed(WINDOWS_FIRST, sizeof *store->buckets);
    return store->heap && store->buckets;
}

void tide_window_store_fini(struct tide_window_store *store)
{
    for (uint32_t i = 0; i < store->open_count; i++) tide_pane_destroy(store->heap[i]);
    for (struct tide_pane *pane = store->spare, *next; pane; pane = next) {
        next = pane->next;
        tide_pane_destroy(pane);
    }
    tide_free(store->heap);
    tide_free(store->buckets);
    *store = (struct tide_window_store){0};
}

static uint32_t bucket_of(const struct tide_window_store *store, int64_t start_ms)
{
    return (uint32_t)tide_hash_mix((uint64_t)start_ms ^ store->seed.words[0],
                                   store->seed.words[1] | 1) &
           store->bucket_mask;
}

static bool grow(struct tide_window_store *store)
{
    uint32_t capacity = store->heap_capacity * 2;
    struct tide_pane **heap = tide_realloc(store->heap, capacity * sizeof *heap);
    if (!heap) return false;
    store->heap = heap;
    struct tide_pane **buckets = tide_alloc_zeroed(capacity, sizeof *buckets);
    if (!buckets) return false;
    tide_free(store->buckets);
    store->buckets = buckets;
    store->bucket_mask = capacity - 1;
    store->heap_capacity = capacity;
    for (uint32_t i = 0; i < store->open_count; i++) {
        struct tide_pane **bucket = &buckets[bucket_of(store, heap[i]->start_ms)];
        heap[i]->next = *bucket;
        *bucket = heap[i];
    }
    return true;
}

static void sift_up(struct tide_window_store *store, uint32_t at, struct tide_pane *pane)
{
    for (; at > 0 && store->heap[(at - 1) / 2]->start_ms > pane->start_ms; at = (at - 1) / 2)
        store->heap[at] = store->heap[(at - 1) / 2];
    store->heap[at] = pane;
}

static void sift_down(struct tide_window_store *store, struct tide_pane *pane)
{
    uint32_t at = 0, count = store->open_count;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && store->heap[child + 1]->start_ms < store->heap[child]->start_ms)
            child++;
        if (store->heap[child]->start_ms >= pane->start_ms) break;
        store->heap[at] = store->heap[child];
    }
    store->heap[at] = pane;
}

struct tide_pane *tide_window_store_open(struct tide_window_store *store, int64_t start_ms,
                                         int64_t end_ms)
{
    for (struct tide_pane *pane = store->buckets[bucket_of(store, start_ms)]; pane;
         pane = pane->next)
        if (pane->start_ms == start_ms) return pane;

    if (store->open_count == store->heap_capacity && !grow(store)) return NULL;
    struct tide_pane *pane = store->spare;
    if (pane) store->spare = pane->next;
    else pane = tide_pane_create(store->state_stride);
    if (!pane) return NULL;
    pane->start_ms = start_ms;
    pane->end_ms = end_ms;
    struct tide_pane **bucket = &store->buckets[bucket_of(store, start_ms)];
    pane->next = *bucket;
    *bucket = pane;
    sift_up(store, store->open_count++, pane);
    return pane;
}

void tide_window_store_close_first(struct tide_window_store *store)
{
    TIDE_ASSERT(store->open_count > 0);
    struct tide_pane *pane = store->heap[0];
    struct tide_pane **link = &store->buckets[bucket_of(store, pane->start_ms)];
    while (*link != pane) link = &(*link)->next;
    *link = pane->next;
    if (--store->open_count > 0) sift_down(store, store->heap[store->open_count]);
    tide_pane_clear(pane, &store->seed);
    pane->next = store->spare;
    store->spare = pane;
}

uint64_t tide_window_store_entry_count(const struct tide_window_store *store)
{
    uint64_t entries = 0;
    for (uint32_t i = 0; i < store->open_count; i++) entries += store->heap[i]->entry_count;
    return entries;
}
