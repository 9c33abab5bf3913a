#include "engine/state/key_totals.h"

enum {
    PANES_FIRST = 16,
    SUMS_FIRST = 64,
    AHEAD = 16,
    GROUP = 32,
    SPARSE_MIN = 4096,
    SPARSE_FACTOR = 8
};

#define NO_ROW UINT64_MAX

static const struct tide_first no_first = {.row = NO_ROW};

/* A part of a window: its first row, and the aggregates' states. */
struct part {
    struct tide_first *first;
    char *states;
};

static uint32_t total_bytes(uint32_t state_stride)
{
    uint32_t head = (sizeof(struct tide_key_total) + 15) / 16 * 16;
    return head + 2 * state_stride;
}

uint32_t tide_key_totals_pane_stride(uint32_t state_stride)
{
    return 2 * state_stride + sizeof(struct tide_first);
}

uint64_t tide_key_totals_bytes(uint32_t key_count, uint32_t state_stride)
{
    uint64_t sums = SUMS_FIRST;
    while (sums < key_count) sums *= 2;
    return tide_key_table_bytes(key_count, total_bytes(state_stride)) + sums * sizeof(tide_int128) +
           PANES_FIRST * sizeof(struct tide_pane *);
}

bool tide_key_totals_init(struct tide_key_totals *totals, const struct tide_merging *merging,
                          const struct tide_hash_seed *seed)
{
    *totals = (struct tide_key_totals){
        .seed = *seed, .merging = *merging, .sum_capacity = SUMS_FIRST, .capacity = PANES_FIRST};
    totals->panes = tide_alloc(PANES_FIRST * sizeof *totals->panes);
    totals->sums = tide_alloc(SUMS_FIRST * sizeof *totals->sums);
    return totals->panes && totals->sums &&
           tide_key_table_init(&totals->table, total_bytes(merging->stride));
}

void tide_key_totals_fini(struct tide_key_totals *totals)
{
    tide_key_table_fini(&totals->table);
    tide_free(totals->panes);
    tide_free(totals->sums);
    *totals = (struct tide_key_totals){0};
}

/* --- parts --- */

static struct part older_part(const struct tide_key_totals *totals, struct tide_key_total *total)
{
    return (struct part){&total->older,
                         (char *)total + totals->table.record_bytes - 2 * totals->merging.stride};
}

static struct part newer_part(const struct tide_key_totals *totals, struct tide_key_total *total)
{
    return (struct part){&total->newer,
                         (char *)total + totals->table.record_bytes - totals->merging.stride};
}

/* What an entry of a pane in the older stack knows of the panes behind. */
static struct part behind_part(const struct tide_key_totals *totals, const struct tide_pane *pane,
                               const struct tide_entry *entry)
{
    char *states = tide_pane_states(pane, entry) + totals->merging.stride;
    return (struct part){(struct tide_first *)(void *)states, states + sizeof(struct tide_first)};
}

static void copy_part(const struct tide_merging *merging, struct part into, struct part from)
{
    *into.first = *from.first;
    if (merging->stride > 0 && from.first->row != NO_ROW)
        memcpy(into.states, from.states, merging->stride);
}

static void merge_states(const struct tide_merging *merging, struct part into, struct part from)
{
    const struct tide_entry into_entry = {.first_row = into.first->row},
                            from_entry = {.first_row = from.first->row};
    for (unsigned i = 0; i < merging->count; i++)
        merging->parts[i].aggregate->merge(into.states + merging->parts[i].offset, &into_entry,
                                           from.states + merging->parts[i].offset, &from_entry);
}

static inline void merge_part(const struct tide_merging *merging, struct part into,
                              struct part from)
{
    if (from.first->row == NO_ROW) return;
    if (into.first->row == NO_ROW) {
        copy_part(merging, into, from);
        return;
    }
    if (merging->count > 0) merge_states(merging, into, from);
    if (from.first->row < into.first->row) *into.first = *from.first;
}

/* Merges what the rows of an entry came to. */
static inline void merge_entry(const struct tide_merging *merging, struct part into,
                               const struct tide_pane *pane, const struct tide_entry *entry)
{
    struct tide_first first = {entry->first_row, entry->first_time_ms};
    merge_part(merging, into, (struct part){&first, tide_pane_states(pane, entry)});
}

/* --- totals of keys --- */

static inline struct tide_key entry_key(const struct tide_key_totals *totals,
                                        const struct tide_entry *entry, uint64_t *hash)
{
    *hash = entry->key_bytes > TIDE_KEY_INLINE_BYTES
                ? entry->key[1]
                : tide_hash_inline(&totals->seed, entry->key[0], entry->key[1]);
    return (struct tide_key){{entry->key[0], entry->key[1]}, entry->key_bytes};
}

/* The total of a key, made if need be. NULL without memory. */
static struct tide_key_total *put_total(struct tide_key_totals *totals, const struct tide_key *key,
                                        uint64_t hash)
{
    bool is_new;
    struct tide_key_total *total = tide_key_table_put(&totals->table, key, hash, &is_new);
    if (!total || !is_new) return total;
    total->older = total->newer = no_first;
    if (total->key.number >= totals->sum_capacity) {
        uint32_t capacity = totals->sum_capacity * 2;
        tide_int128 *sums = tide_realloc(totals->sums, capacity * sizeof *sums);
        if (!sums) return NULL;
        totals->sums = sums;
        totals->sum_capacity = capacity;
    }
    totals->sums[total->key.number] = 0;
    return total;
}

static inline void subtract(struct tide_key_totals *totals, struct tide_key_total *total,
                            const struct tide_entry *entry)
{
    totals->sums[entry->mark] -= entry->sum;
    total->count -= entry->count;
    if (total->count == 0) tide_key_table_remove(&totals->table, total);
}

static inline void prefetch_total(const struct tide_key_totals *totals,
                                  const struct tide_pane *pane, uint32_t entry)
{
    if (entry < pane->entry_count) tide_key_totals_prefetch(totals, pane->entries[entry].mark);
}

static bool add_entry(struct tide_key_totals *totals, const struct tide_pane *pane,
                      struct tide_entry *entry)
{
    uint64_t hash;
    const struct tide_key key = entry_key(totals, entry, &hash);
    struct tide_key_total *total = put_total(totals, &key, hash);
    if (!total) return false;
    entry->mark = total->key.number;
    totals->sums[entry->mark] += entry->sum;
    total->count += entry->count;
    merge_entry(&totals->merging, newer_part(totals, total), pane, entry);
    return true;
}

/* Gives each entry of a pane its total, which it adds to. In groups, so that the cache misses of a
 * group overlap. */
static bool add_entries(struct tide_key_totals *totals, const struct tide_pane *pane)
{
    uint64_t hashes[GROUP];
    for (uint32_t begin = 0; begin < pane->entry_count; begin += GROUP) {
        const uint32_t left = pane->entry_count - begin, count = left < GROUP ? left : GROUP;
        struct tide_entry *entries = &pane->entries[begin];
        for (uint32_t i = 0; i < count; i++) {
            entry_key(totals, &entries[i], &hashes[i]);
            tide_key_table_prefetch(&totals->table, hashes[i]);
        }
        for (uint32_t i = 0; i < count; i++)
            tide_key_table_prefetch_record(&totals->table, hashes[i]);
        for (uint32_t i = 0; i < count; i++)
            if (!add_entry(totals, pane, &entries[i])) return false;
    }
    return true;
}

/* --- the row of panes --- */

static bool make_room(struct tide_key_totals *totals)
{
    if (totals->end < totals->capacity) return true;
    if (totals->begin >= totals->capacity / 2) {
        uint32_t by = totals->begin;
        memmove(totals->panes, totals->panes + by, (totals->end - by) * sizeof *totals->panes);
        totals->begin = 0;
        totals->older -= by;
        totals->newer -= by;
        totals->end -= by;
        return true;
    }
    struct tide_pane **panes =
        tide_realloc(totals->panes, (size_t)totals->capacity * 2 * sizeof *panes);
    if (!panes) return false;
    totals->panes = panes;
    totals->capacity *= 2;
    return true;
}

bool tide_key_totals_add(struct tide_key_totals *totals, struct tide_pane *pane)
{
    TIDE_ASSERT(totals->begin == totals->end ||
                totals->panes[totals->end - 1]->start_ms < pane->start_ms);
    if (!make_room(totals)) return false;
    totals->panes[totals->end++] = pane;
    return add_entries(totals, pane);
}

bool tide_key_totals_keep(struct tide_key_totals *totals, struct tide_pane *pane)
{
    TIDE_ASSERT(totals->older == totals->end);
    TIDE_ASSERT(totals->begin == totals->end ||
                totals->panes[totals->end - 1]->start_ms < pane->start_ms);
    if (!make_room(totals)) return false;
    totals->panes[totals->end++] = pane;
    totals->older = totals->newer = totals->end;
    return true;
}

/* The first of panes [begin, end) that starts at start_ms or later. */
static uint32_t find_place(const struct tide_key_totals *totals, int64_t start_ms)
{
    uint32_t begin = totals->begin, end = totals->end;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (totals->panes[middle]->start_ms >= start_ms) end = middle;
        else begin = middle + 1;
    }
    return begin;
}

bool tide_key_totals_insert(struct tide_key_totals *totals, struct tide_pane *pane,
                            int64_t counted_ms)
{
    TIDE_ASSERT(pane->entry_count == 0);
    if (!make_room(totals)) return false;
    uint32_t at = find_place(totals, pane->start_ms);
    TIDE_ASSERT(pane->start_ms < counted_ms ? at <= totals->older : at >= totals->older);
    memmove(totals->panes + at + 1, totals->panes + at, (totals->end - at) * sizeof *totals->panes);
    totals->panes[at] = pane;
    totals->end++;
    if (pane->start_ms < counted_ms) totals->older++;
    if (at < totals->newer || pane->start_ms < counted_ms) totals->newer++;
    return true;
}

/* The newer stack becomes the older one: each entry learns what lies behind it, from the last pane
 * to the first. */
static void turn_over(struct tide_key_totals *totals)
{
    for (uint32_t at = totals->end; at > totals->older; at--) {
        const struct tide_pane *pane = totals->panes[at - 1];
        for (uint32_t i = 0; i < AHEAD; i++) prefetch_total(totals, pane, i);
        for (uint32_t i = 0; i < pane->entry_count; i++) {
            const struct tide_entry *entry = &pane->entries[i];
            prefetch_total(totals, pane, i + AHEAD);
            struct tide_key_total *total = tide_key_totals_at(totals, entry->mark);
            struct part older = older_part(totals, total);
            copy_part(&totals->merging, behind_part(totals, pane, entry), older);
            merge_entry(&totals->merging, older, pane, entry);
            total->newer = no_first;
        }
    }
    totals->newer = totals->end;
}

/* The slot of a total that is about to go. */
static inline void prefetch_leaving(const struct tide_key_totals *totals,
                                    const struct tide_pane *pane, uint32_t at)
{
    if (at >= pane->entry_count) return;
    const struct tide_entry *entry = &pane->entries[at];
    const struct tide_key_total *total = tide_key_totals_at(totals, entry->mark);
    if (total->count == entry->count) tide_key_table_prefetch(&totals->table, total->key.hash);
}

/* The first pane of the older stack goes. */
static void take_out(struct tide_key_totals *totals, const struct tide_pane *pane)
{
    for (uint32_t i = 0; i < AHEAD; i++) prefetch_total(totals, pane, i);
    for (uint32_t i = 0; i < pane->entry_count; i++) {
        const struct tide_entry *entry = &pane->entries[i];
        prefetch_total(totals, pane, i + AHEAD);
        prefetch_leaving(totals, pane, i + AHEAD / 2);
        struct tide_key_total *total = tide_key_totals_at(totals, entry->mark);
        copy_part(&totals->merging, older_part(totals, total), behind_part(totals, pane, entry));
        subtract(totals, total, entry);
    }
}

/* Where no counted pane stays, nothing has to be known of what lies behind. */
static void take_out_all(struct tide_key_totals *totals)
{
    for (; totals->older < totals->end; totals->older++) {
        const struct tide_pane *pane = totals->panes[totals->older];
        for (uint32_t i = 0; i < pane->entry_count; i++)
            subtract(totals, tide_key_totals_at(totals, pane->entries[i].mark), &pane->entries[i]);
    }
    totals->newer = totals->end;
}

void tide_key_totals_drop(struct tide_key_totals *totals, int64_t start_ms)
{
    if (totals->older < totals->end && totals->panes[totals->end - 1]->start_ms < start_ms)
        take_out_all(totals);
    while (totals->older < totals->end && totals->panes[totals->older]->start_ms < start_ms) {
        if (totals->older == totals->newer) turn_over(totals);
        take_out(totals, totals->panes[totals->older++]);
    }
}

struct tide_pane *tide_key_totals_first_kept(const struct tide_key_totals *totals)
{
    return totals->begin < totals->older ? totals->panes[totals->begin] : NULL;
}

void tide_key_totals_forget_first(struct tide_key_totals *totals)
{
    TIDE_ASSERT(totals->begin < totals->older);
    totals->begin++;
}

struct tide_pane *tide_key_totals_first_counted(const struct tide_key_totals *totals)
{
    return totals->older < totals->end ? totals->panes[totals->older] : NULL;
}

/* --- rare --- */

bool tide_key_totals_recount(struct tide_key_totals *totals, const struct tide_key *key,
                             uint64_t hash)
{
    struct tide_key_total *total = put_total(totals, key, hash);
    if (!total) return false;
    tide_int128 sum = 0;
    struct part older = older_part(totals, total), newer = newer_part(totals, total);
    total->count = 0;
    *older.first = *newer.first = no_first;
    for (uint32_t at = totals->end; at > totals->older; at--) {
        const struct tide_pane *pane = totals->panes[at - 1];
        struct tide_entry *entry = tide_pane_find(pane, key, hash);
        if (!entry) continue;
        entry->mark = total->key.number;
        sum += entry->sum;
        total->count += entry->count;
        if (at <= totals->newer)
            copy_part(&totals->merging, behind_part(totals, pane, entry), older);
        merge_entry(&totals->merging, at <= totals->newer ? older : newer, pane, entry);
    }
    TIDE_ASSERT(total->count > 0);
    totals->sums[total->key.number] = sum;
    return true;
}

bool tide_key_totals_are_sparse(const struct tide_key_totals *totals)
{
    return totals->table.record_count > SPARSE_MIN &&
           totals->table.count < totals->table.record_count / SPARSE_FACTOR;
}

bool tide_key_totals_shrink(struct tide_key_totals *totals)
{
    tide_key_table_fini(&totals->table);
    tide_free(totals->sums);
    totals->sum_capacity = SUMS_FIRST;
    totals->sums = tide_alloc(SUMS_FIRST * sizeof *totals->sums);
    if (!totals->sums || !tide_key_table_init(&totals->table, total_bytes(totals->merging.stride)))
        return false;
    for (uint32_t at = totals->older; at < totals->end; at++)
        if (!add_entries(totals, totals->panes[at])) return false;
    turn_over(totals);
    return true;
}

static void merge_both(const struct tide_merging *merging, struct part into, struct part older,
                       struct part newer)
{
    *into.first = no_first;
    merge_part(merging, into, older);
    merge_part(merging, into, newer);
}

void tide_key_totals_read(const struct tide_key_totals *totals, uint32_t number,
                          struct tide_entry *entry, char *states)
{
    struct tide_key_total *total = tide_key_totals_at(totals, number);
    struct tide_first first;
    TIDE_CHECK(tide_key_total_is_live(total));
    merge_both(&totals->merging, (struct part){&first, states}, older_part(totals, total),
               newer_part(totals, total));
    *entry = (struct tide_entry){.key = {total->key.key[0], total->key.key[1]},
                                 .sum = totals->sums[number],
                                 .first_time_ms = first.time_ms,
                                 .first_row = first.row,
                                 .count = total->count,
                                 .key_bytes = total->key.key_bytes,
                                 .mark = number};
}

bool tide_key_totals_find(const struct tide_key_totals *totals, const struct tide_key *key,
                          uint64_t hash, int64_t start_ms, int64_t end_ms, struct tide_entry *entry,
                          char *states)
{
    struct tide_first first = no_first;
    *entry = (struct tide_entry){0};
    for (uint32_t at = find_place(totals, start_ms);
         at < totals->end && totals->panes[at]->start_ms < end_ms; at++) {
        const struct tide_pane *pane = totals->panes[at];
        const struct tide_entry *found = tide_pane_find(pane, key, hash);
        if (!found) continue;
        merge_entry(&totals->merging, (struct part){&first, states}, pane, found);
        entry->key[0] = found->key[0];
        entry->key[1] = found->key[1];
        entry->key_bytes = found->key_bytes;
        entry->sum += found->sum;
        entry->count += found->count;
    }
    entry->first_row = first.row;
    entry->first_time_ms = first.time_ms;
    return entry->count > 0;
}
