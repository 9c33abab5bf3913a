#include "engine/state/pane.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 16, ENTRIES_FIRST = 8, KEY_CHUNK_BYTES = 4096, KEY_CHUNK_BYTES_MAX = 1 << 20 };

/* A table of slots is half full at most. */
static bool slots_are_full(uint32_t entry_count, uint32_t slot_mask)
{
    return (uint64_t)entry_count * 2 > slot_mask;
}

uint64_t tide_pane_bytes(uint32_t entry_count, uint32_t state_stride)
{
    uint64_t slot_count = SLOTS_FIRST, capacity = ENTRIES_FIRST;
    while (entry_count > 0 && slots_are_full(entry_count - 1, (uint32_t)(slot_count - 1)))
        slot_count *= 2;
    while (capacity < entry_count) capacity *= 2;
    return sizeof(struct tide_pane) + slot_count * sizeof(uint64_t) +
           capacity * (sizeof(struct tide_entry) + state_stride);
}

struct tide_pane *tide_pane_create(uint32_t state_stride)
{
    TIDE_ASSERT(state_stride % 16 == 0);
    struct tide_pane *pane = tide_alloc_zeroed(1, sizeof *pane);
    if (!pane) return NULL;
    pane->state_stride = state_stride;
    pane->slot_mask = SLOTS_FIRST - 1;
    pane->entry_capacity = ENTRIES_FIRST;
    pane->slots = tide_alloc_zeroed(SLOTS_FIRST, sizeof *pane->slots);
    pane->entries = tide_alloc_aligned(TIDE_LINE_BYTES, ENTRIES_FIRST * sizeof *pane->entries);
    if (state_stride > 0)
        pane->states = tide_alloc_aligned(16, (size_t)ENTRIES_FIRST * state_stride);
    if (pane->slots && pane->entries && (pane->states || state_stride == 0)) return pane;
    tide_pane_destroy(pane);
    return NULL;
}

void tide_pane_destroy(struct tide_pane *pane)
{
    if (!pane) return;
    for (struct tide_key_chunk *chunk = pane->keys, *next; chunk; chunk = next) {
        next = chunk->next;
        tide_free(chunk);
    }
    tide_free(pane->slots);
    tide_free(pane->entries);
    tide_free(pane->states);
    tide_free(pane);
}

static uint64_t entry_hash(const struct tide_entry *entry, const struct tide_hash_seed *seed)
{
    if (entry->key_bytes > TIDE_KEY_INLINE_BYTES) return entry->key[1];
    return tide_hash_inline(seed, entry->key[0], entry->key[1]);
}

/* Slots are cleared one by one when they are few, so that a small window in a large table closes
 * fast. */
static void clear_slots(struct tide_pane *pane, const struct tide_hash_seed *seed)
{
    uint32_t slot_count = pane->slot_mask + 1;
    if (pane->entry_count > slot_count / 16) {
        memset(pane->slots, 0, slot_count * sizeof *pane->slots);
        return;
    }
    /* Newest first, and past slots that are free already: a chain is never cut in front of what is
     * still to be found. */
    for (uint32_t i = pane->entry_count; i > 0; i--) {
        uint32_t at = (uint32_t)entry_hash(&pane->entries[i - 1], seed) & pane->slot_mask;
        while ((uint32_t)pane->slots[at] != i) at = (at + 1) & pane->slot_mask;
        pane->slots[at] = 0;
    }
}

void tide_pane_clear(struct tide_pane *pane, const struct tide_hash_seed *seed)
{
    clear_slots(pane, seed);
    pane->entry_count = 0;
    while (pane->keys && pane->keys->next) { /* the newest and largest chunk stays */
        struct tide_key_chunk *old = pane->keys->next;
        pane->keys->next = old->next;
        tide_free(old);
    }
    if (pane->keys) pane->keys->bytes = 0;
}

/* Slots that are free get what leads to the entries. */
static void fill_slots(const struct tide_pane *pane, uint64_t *slots, uint32_t mask,
                       const struct tide_hash_seed *seed)
{
    for (uint32_t i = 0; i < pane->entry_count; i++) {
        uint64_t hash = entry_hash(&pane->entries[i], seed);
        uint32_t at = (uint32_t)hash & mask;
        while (slots[at]) at = (at + 1) & mask;
        slots[at] = hash >> 32 << 32 | (i + 1);
    }
}

static bool grow_slots(struct tide_pane *pane, const struct tide_hash_seed *seed)
{
    uint32_t mask = pane->slot_mask * 2 + 1;
    uint64_t *slots = tide_alloc_zeroed((size_t)mask + 1, sizeof *slots);
    if (!slots) return false;
    fill_slots(pane, slots, mask, seed);
    tide_free(pane->slots);
    pane->slots = slots;
    pane->slot_mask = mask;
    return true;
}

/* A larger block with the same contents; the old one is freed. NULL leaves it. */
static void *grow_block(void *block, size_t alignment, size_t used_bytes, size_t bytes)
{
    void *larger = tide_alloc_aligned(alignment, bytes);
    if (!larger) return NULL;
    memcpy(larger, block, used_bytes);
    tide_free(block);
    return larger;
}

static bool grow_entries(struct tide_pane *pane)
{
    size_t count = pane->entry_count, capacity = (size_t)pane->entry_capacity * 2;
    struct tide_entry *entries = grow_block(pane->entries, TIDE_LINE_BYTES, count * sizeof *entries,
                                            capacity * sizeof *entries);
    if (!entries) return false;
    pane->entries = entries;
    if (pane->state_stride > 0) {
        char *states =
            grow_block(pane->states, 16, count * pane->state_stride, capacity * pane->state_stride);
        if (!states) return false;
        pane->states = states;
    }
    pane->entry_capacity = (uint32_t)capacity;
    return true;
}

/* Room in the newest chunk, or in a new one of twice the size. */
static char *keep_key(struct tide_pane *pane, const char *text, size_t bytes)
{
    struct tide_key_chunk *chunk = pane->keys;
    if (!chunk || chunk->capacity - chunk->bytes < bytes) {
        size_t capacity = chunk ? chunk->capacity * 2 : KEY_CHUNK_BYTES;
        if (capacity > KEY_CHUNK_BYTES_MAX) capacity = KEY_CHUNK_BYTES_MAX;
        if (capacity < bytes) capacity = bytes;
        chunk = tide_alloc(sizeof *chunk + capacity);
        if (!chunk) return NULL;
        chunk->next = pane->keys;
        chunk->bytes = 0;
        chunk->capacity = capacity;
        pane->keys = chunk;
    }
    char *kept = chunk->text + chunk->bytes;
    memcpy(kept, text, bytes);
    chunk->bytes += bytes;
    return kept;
}

struct tide_entry *tide_pane_add(struct tide_pane *pane, const struct tide_key *key, uint64_t hash,
                                 const struct tide_hash_seed *seed)
{
    if (pane->entry_count == TIDE_PANE_ENTRIES_MAX) return NULL;
    if (pane->entry_count == pane->entry_capacity && !grow_entries(pane)) return NULL;
    if (slots_are_full(pane->entry_count, pane->slot_mask) && !grow_slots(pane, seed)) return NULL;

    uint64_t words[2] = {key->words[0], key->words[1]};
    if (key->bytes > TIDE_KEY_INLINE_BYTES) {
        const char *kept = keep_key(pane, (const char *)(uintptr_t)key->words[0], key->bytes);
        if (!kept) return NULL;
        words[0] = (uint64_t)(uintptr_t)kept;
    }
    uint32_t at = (uint32_t)hash & pane->slot_mask;
    while (pane->slots[at]) at = (at + 1) & pane->slot_mask;
    struct tide_entry *entry = tide_pane_append(pane, at, hash);
    *entry = (struct tide_entry){.key = {words[0], words[1]}, .key_bytes = key->bytes};
    return entry;
}

struct tide_entry *tide_pane_find(const struct tide_pane *pane, const struct tide_key *key,
                                  uint64_t hash)
{
    uint32_t free_slot;
    if (key->bytes <= TIDE_KEY_INLINE_BYTES)
        return tide_pane_find_inline(pane, key->words[0], key->words[1], hash, &free_slot);
    for (uint32_t at = (uint32_t)hash & pane->slot_mask;; at = (at + 1) & pane->slot_mask) {
        uint64_t slot = pane->slots[at];
        if (slot == 0) return NULL;
        if ((slot ^ hash) >> 32) continue;
        struct tide_entry *entry = &pane->entries[(uint32_t)slot - 1];
        if (entry->key_bytes == key->bytes && entry->key[1] == key->words[1] &&
            memcmp(tide_entry_key(entry), (const char *)(uintptr_t)key->words[0], key->bytes) == 0)
            return entry;
    }
}

struct place {
    uint64_t first_row;
    uint32_t index;
};

static int by_first_row(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return (left->first_row > right->first_row) - (left->first_row < right->first_row);
}

static bool is_sorted(const struct tide_pane *pane)
{
    for (uint32_t i = 1; i < pane->entry_count; i++)
        if (pane->entries[i].first_row < pane->entries[i - 1].first_row) return false;
    return true;
}

bool tide_pane_sort(struct tide_pane *pane, const struct tide_hash_seed *seed)
{
    if (is_sorted(pane)) return true;
    const uint32_t count = pane->entry_count, stride = pane->state_stride;
    struct place *places = tide_alloc(count * sizeof *places);
    struct tide_entry *entries =
        tide_alloc_aligned(TIDE_LINE_BYTES, pane->entry_capacity * sizeof *entries);
    char *states =
        stride > 0 ? tide_alloc_aligned(16, (size_t)pane->entry_capacity * stride) : NULL;
    const bool has_room = places && entries && (states || stride == 0);
    if (has_room) {
        for (uint32_t i = 0; i < count; i++)
            places[i] = (struct place){pane->entries[i].first_row, i};
        qsort(places, count, sizeof *places, by_first_row);
        for (uint32_t i = 0; i < count; i++) {
            entries[i] = pane->entries[places[i].index];
            if (stride > 0)
                memcpy(states + (size_t)i * stride, pane->states + (size_t)places[i].index * stride,
                       stride);
        }
        tide_free(pane->entries);
        tide_free(pane->states);
        pane->entries = entries;
        pane->states = states;
        memset(pane->slots, 0, ((size_t)pane->slot_mask + 1) * sizeof *pane->slots);
        fill_slots(pane, pane->slots, pane->slot_mask, seed);
    } else {
        tide_free(entries);
        tide_free(states);
    }
    tide_free(places);
    return has_room;
}
