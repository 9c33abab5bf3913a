/*
 * key_totals: what each key comes to over a range of panes that moves on: the newest one is added,
 *           the oldest taken out.
 * Owns:     the totals; the panes are borrowed until they are forgotten.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when it holds more keys or panes than ever before.
 * Errors:   init, add, keep, insert, recount, find and shrink return false without memory.
 * Limits:   as key_table.h.
 *
 * Sums and counts are exact, so what a pane added can be subtracted again. For what cannot be taken
 * back (the first row, and whatever an aggregate keeps beside the entries) the counted panes are
 * two stacks: the newer ones, whose parts are merged as they come, and the older ones, of which
 * each entry knows what its key comes to in the panes behind its own, up to the newer stack. When
 * the older stack is empty the newer one is turned over. So a row's share of a pane is looked at
 * three times, however many windows it is in. (Two stacks for a queue: the folklore that K.
 * Tangwongsan, M. Hirzel and S. Schneider describe in "In-Order Sliding-Window Aggregation in
 * Worst-Case Constant Time", VLDB Journal 2021.)
 *
 * All panes stand in one row, by start: kept for late rows | older stack | newer stack.
 */
#ifndef TIDE_STATE_KEY_TOTALS_H
#define TIDE_STATE_KEY_TOTALS_H

#include "engine/state/key_table.h"

/* The aggregates' states beside an entry that have to be merged. */
struct tide_merging {
    uint32_t stride; /* bytes of all states of an entry */
    unsigned count;
    struct {
        const struct tide_aggregate *aggregate;
        uint32_t offset;
    } parts[TIDE_AGGREGATE_COUNT_MAX];
};

/* The first row of a part of a window. */
struct tide_first {
    uint64_t row; /* UINT64_MAX: the part has none */
    int64_t time_ms;
};

/* How each total begins; behind it lie the aggregates' states of the older and of the newer stack.
 */
struct tide_key_total {
    struct tide_key_record key;
    uint64_t count;
    struct tide_first older, newer;
};

struct tide_key_totals {
    struct tide_hash_seed seed;
    struct tide_merging merging;
    struct tide_key_table table;
    tide_int128 *sums; /* by a total's number, side by side: firing looks through all of them */
    uint32_t sum_capacity;

    struct tide_pane **panes; /* [begin, older) are kept, [older, newer) and [newer, end) counted */
    uint32_t begin, older, newer, end, capacity;
};

/* Bytes that the entries' states need in panes that are counted: the aggregates' own, and the same
 * of what lies behind with its first row. */
uint32_t tide_key_totals_pane_stride(uint32_t state_stride);

/* What is allocated for this many keys at once, whose entries have so many bytes of states, without
 * the bytes of long keys and the row of panes as it grows. */
uint64_t tide_key_totals_bytes(uint32_t key_count, uint32_t state_stride);

TIDE_MUST_USE bool tide_key_totals_init(struct tide_key_totals *totals,
                                        const struct tide_merging *merging,
                                        const struct tide_hash_seed *seed);
void tide_key_totals_fini(struct tide_key_totals *totals); /* a zeroed one is fine */

/* Counts a pane that starts after all others. */
TIDE_MUST_USE bool tide_key_totals_add(struct tide_key_totals *totals, struct tide_pane *pane);

/* Keeps a pane that starts after all others and does not count, while none is counted. */
TIDE_MUST_USE bool tide_key_totals_keep(struct tide_key_totals *totals, struct tide_pane *pane);

/* Takes the panes that start before start_ms out of the totals; they are kept. */
void tide_key_totals_drop(struct tide_key_totals *totals, int64_t start_ms);

/* Puts an empty pane in its place among the others; it counts if it starts at counted_ms or later.
 */
TIDE_MUST_USE bool tide_key_totals_insert(struct tide_key_totals *totals, struct tide_pane *pane,
                                          int64_t counted_ms);

/* Counts a key anew, after a row of it has gone into a pane that is counted. O(counted panes). */
TIDE_MUST_USE bool tide_key_totals_recount(struct tide_key_totals *totals,
                                           const struct tide_key *key, uint64_t hash);

/* The first pane kept, or NULL; and forgets it: its owner may close it. */
struct tide_pane *tide_key_totals_first_kept(const struct tide_key_totals *totals);
void tide_key_totals_forget_first(struct tide_key_totals *totals);

/* The first counted pane, or NULL. */
struct tide_pane *tide_key_totals_first_counted(const struct tide_key_totals *totals);

/* Is more room taken than the keys there are call for? Then shrink gives it back: O(entries of the
 * counted panes). */
bool tide_key_totals_are_sparse(const struct tide_key_totals *totals);
TIDE_MUST_USE bool tide_key_totals_shrink(struct tide_key_totals *totals);

/* The total of a number as an entry with its aggregates' states; the key's bytes are shared. */
void tide_key_totals_read(const struct tide_key_totals *totals, uint32_t number,
                          struct tide_entry *entry, char *states);

static inline bool tide_key_total_is_live(const struct tide_key_total *total)
{
    return total->key.key_bytes != UINT32_MAX;
}

static inline void tide_key_totals_prefetch(const struct tide_key_totals *totals, uint32_t number)
{
    const struct tide_key_total *total = tide_key_table_at(&totals->table, number);
    __builtin_prefetch(total, 1);
    __builtin_prefetch(&total->newer, 1);
    __builtin_prefetch(&totals->sums[number], 1);
}

/* The first row of a total. */
static inline uint64_t tide_key_total_first_row(const struct tide_key_total *total)
{
    return total->older.row < total->newer.row ? total->older.row : total->newer.row;
}

static inline struct tide_key_total *tide_key_totals_at(const struct tide_key_totals *totals,
                                                        uint32_t number)
{
    return tide_key_table_at(&totals->table, number);
}

/* What a key comes to in the panes, kept or counted, that start in [start_ms, end_ms), made anew
 * from these. False: nothing. O(panes). */
bool tide_key_totals_find(const struct tide_key_totals *totals, const struct tide_key *key,
                          uint64_t hash, int64_t start_ms, int64_t end_ms, struct tide_entry *entry,
                          char *states);

#endif
