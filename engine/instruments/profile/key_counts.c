#include "engine/instruments/profile/key_counts.h"

#include <stdlib.h>

enum { SKEW_WORKERS_FIRST = 2, SKEW_WORKERS_MAX = SKEW_WORKERS_FIRST << (TIDE_SKEW_LEVELS - 1) };
static const uint64_t mean = 1000000;

bool tide_key_counts_init(struct tide_key_counts *counts, const struct tide_hash_seed *seed)
{
    *counts = (struct tide_key_counts){.seed = *seed, .pane = tide_pane_create(0)};
    return counts->pane != NULL;
}

void tide_key_counts_fini(struct tide_key_counts *counts)
{
    tide_pane_destroy(counts->pane);
    *counts = (struct tide_key_counts){0};
}

void tide_key_counts_key(const struct tide_key_counts *counts, const char *text, size_t bytes,
                         struct tide_key *key, uint64_t *hash)
{
    *key = (struct tide_key){.bytes = (uint32_t)bytes};
    if (bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key->words, text, bytes);
        *hash = tide_hash_inline(&counts->seed, key->words[0], key->words[1]);
        return;
    }
    *hash = tide_hash_bytes(&counts->seed, text, bytes);
    key->words[0] = (uint64_t)(uintptr_t)text;
    key->words[1] = *hash;
}

bool tide_key_counts_add(struct tide_key_counts *counts, const struct tide_key *key, uint64_t hash)
{
    uint32_t free_slot;
    struct tide_entry *entry =
        TIDE_LIKELY(key->bytes <= TIDE_KEY_INLINE_BYTES)
            ? tide_pane_find_inline(counts->pane, key->words[0], key->words[1], hash, &free_slot)
            : tide_pane_find(counts->pane, key, hash);
    if (TIDE_UNLIKELY(!entry)) entry = tide_pane_add(counts->pane, key, hash, &counts->seed);
    if (TIDE_UNLIKELY(!entry)) return false;
    entry->count++;
    counts->row_count++;
    return true;
}

unsigned tide_key_counts_top(const struct tide_key_counts *counts,
                             const struct tide_entry *entries[], unsigned capacity)
{
    const struct tide_pane *pane = counts->pane;
    unsigned count = 0;
    for (uint32_t i = 0; i < pane->entry_count && capacity > 0; i++) {
        const struct tide_entry *entry = &pane->entries[i];
        if (count == capacity && entry->count <= entries[count - 1]->count) continue;
        unsigned at = count < capacity ? count++ : count - 1;
        for (; at > 0 && entries[at - 1]->count < entry->count; at--) entries[at] = entries[at - 1];
        entries[at] = entry;
    }
    return count;
}

static int falling(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left < right) - (left > right);
}

static int rising(const void *a, const void *b)
{
    return falling(b, a);
}

bool tide_key_counts_holding(const struct tide_key_counts *counts, unsigned percent,
                             uint64_t *key_count)
{
    const struct tide_pane *pane = counts->pane;
    *key_count = 0;
    if (pane->entry_count == 0) return true;
    uint64_t *rows = tide_alloc(pane->entry_count * sizeof *rows);
    if (!rows) return false;
    for (uint32_t i = 0; i < pane->entry_count; i++) rows[i] = pane->entries[i].count;
    qsort(rows, pane->entry_count, sizeof *rows, falling);
    uint64_t held = 0, keys = 0;
    while ((tide_uint128)held * 100 < (tide_uint128)counts->row_count * percent)
        held += rows[keys++];
    tide_free(rows);
    *key_count = keys;
    return true;
}

static uint64_t hash_under(const struct tide_entry *entry, const struct tide_hash_seed *seed)
{
    return entry->key_bytes <= TIDE_KEY_INLINE_BYTES
               ? tide_hash_inline(seed, entry->key[0], entry->key[1])
               : tide_hash_bytes(seed, tide_entry_key(entry), entry->key_bytes);
}

void tide_key_counts_loads(const struct tide_key_counts *counts, const struct tide_hash_seed *seed,
                           unsigned workers, uint64_t loads[])
{
    const struct tide_pane *pane = counts->pane;
    memset(loads, 0, workers * sizeof *loads);
    for (uint32_t i = 0; i < pane->entry_count; i++) {
        const struct tide_entry *entry = &pane->entries[i];
        loads[tide_hash_route(hash_under(entry, seed), workers)] += entry->count;
    }
}

/* Of the greatest load to the mean, in millionths. */
static uint64_t ratio(const uint64_t loads[], unsigned workers, uint64_t row_count)
{
    uint64_t greatest = 0;
    for (unsigned i = 0; i < workers; i++)
        if (loads[i] > greatest) greatest = loads[i];
    return row_count ? (uint64_t)((tide_uint128)greatest * workers * mean / row_count) : mean;
}

/* One walk over the keys: the owner among 2 w workers tells the owner among w, since a hash is
 * routed by its leading bits and w is a power of two. */
static void draw(const struct tide_key_counts *counts, const struct tide_hash_seed *seed,
                 uint64_t ratios[TIDE_SKEW_LEVELS])
{
    uint64_t loads[SKEW_WORKERS_MAX];
    unsigned workers = SKEW_WORKERS_MAX;
    tide_key_counts_loads(counts, seed, workers, loads);
    for (unsigned level = TIDE_SKEW_LEVELS; level > 0; level--) {
        ratios[level - 1] = ratio(loads, workers, counts->row_count);
        workers /= 2;
        for (unsigned i = 0; i < workers; i++) loads[i] = loads[2 * i] + loads[2 * i + 1];
    }
}

/* SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators"). */
static uint64_t next_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void tide_key_counts_skew(const struct tide_key_counts *counts, unsigned draws,
                          struct tide_skew skews[TIDE_SKEW_LEVELS])
{
    uint64_t ratios[TIDE_SKEW_LEVELS][TIDE_SKEW_DRAWS_MAX];
    TIDE_ASSERT(draws >= 1 && draws <= TIDE_SKEW_DRAWS_MAX);
    uint64_t state = counts->seed.words[0];
    struct tide_hash_seed seed = counts->seed;
    for (unsigned i = 0; i < draws; i++) {
        uint64_t drawn[TIDE_SKEW_LEVELS];
        draw(counts, &seed, drawn);
        for (unsigned level = 0; level < TIDE_SKEW_LEVELS; level++) ratios[level][i] = drawn[level];
        seed = (struct tide_hash_seed){{next_word(&state), next_word(&state)}};
    }
    for (unsigned level = 0; level < TIDE_SKEW_LEVELS; level++) {
        qsort(ratios[level], draws, sizeof **ratios, rising);
        skews[level] = (struct tide_skew){
            .workers = (unsigned)SKEW_WORKERS_FIRST << level,
            .draws = draws,
            .least = ratios[level][0],
            .median = ratios[level][draws / 2],
            .greatest = ratios[level][draws - 1],
        };
    }
}
