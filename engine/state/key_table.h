/*
 * key_table: keyed state that keys may leave again: a record of a fixed size for each key.
 * Owns:     slots, records and the bytes of long keys.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates when it holds more keys than ever before, and for each long key.
 * Errors:   init false and put NULL without memory, or past TIDE_KEY_TABLE_RECORDS_MAX keys.
 * Limits:   TIDE_KEY_TABLE_RECORDS_MAX keys; the room of records and slots is kept until fini.
 *
 * A slot is the low half of the hash and a 32-bit index, eight slots a cache line. As the low half
 * says where a slot belongs, growing and removing never read a record. A record never moves while
 * its key is there: records lie in blocks, each twice the one before, and a removed one is used
 * again first. Removing closes the gap in the run of slots behind it, so there are no tombstones
 * (D. Knuth, The Art of Computer Programming 3, 6.4, algorithm R).
 */
#ifndef TIDE_STATE_KEY_TABLE_H
#define TIDE_STATE_KEY_TABLE_H

#include "engine/state/pane.h"

#define TIDE_KEY_TABLE_RECORDS_MAX ((uint32_t)1 << 31)

enum { TIDE_KEY_TABLE_BLOCK_FIRST = 64, TIDE_KEY_TABLE_BLOCK_COUNT = 26 };

/* How each record begins; the rest is the caller's. */
struct tide_key_record {
    uint64_t key[2];    /* as in struct tide_entry */
    uint32_t key_bytes; /* UINT32_MAX: no record, its room is free */
    uint32_t number;    /* below the most keys there ever were at once */
    uint64_t hash;
};

struct tide_key_table {
    uint64_t *slots; /* low half of the hash << 32 | number + 1; 0 = free */
    uint32_t slot_mask;
    uint32_t count;        /* keys there are */
    uint32_t record_count; /* records that have ever been in use: numbers are below */
    uint32_t free_first;   /* number + 1 of the record removed last; 0: none */
    uint32_t record_bytes;
    unsigned block_count;
    char *blocks[TIDE_KEY_TABLE_BLOCK_COUNT];
};

/* What a table allocates that has held this many keys at once, without the bytes of keys longer
 * than TIDE_KEY_INLINE_BYTES. While it grows, the old and the new slots are there for a moment. */
uint64_t tide_key_table_bytes(uint32_t count, uint32_t record_bytes);

/* record_bytes: a multiple of 16, with the head. */
TIDE_MUST_USE bool tide_key_table_init(struct tide_key_table *table, uint32_t record_bytes);
void tide_key_table_fini(struct tide_key_table *table); /* a zeroed one is fine */

/* The record of a key, or NULL. */
void *tide_key_table_find(const struct tide_key_table *table, const struct tide_key *key,
                          uint64_t hash);

/* The record of a key, added if need be: then *is_new, and all behind its head is zero. */
TIDE_MUST_USE void *tide_key_table_put(struct tide_key_table *table, const struct tide_key *key,
                                       uint64_t hash, bool *is_new);

/* Forgets the key of a record; its room is used again. */
void tide_key_table_remove(struct tide_key_table *table, void *record);

/* The record with the least number at or above `number`, or NULL. */
void *tide_key_table_next(const struct tide_key_table *table, uint32_t number);

static inline const char *tide_key_record_key(const struct tide_key_record *record)
{
    return record->key_bytes <= TIDE_KEY_INLINE_BYTES ? (const char *)record->key
                                                      : (const char *)(uintptr_t)record->key[0];
}

/* The place of a record, in use or free, by its number. */
static inline void *tide_key_table_at(const struct tide_key_table *table, uint32_t number)
{
    uint64_t place = (uint64_t)number + TIDE_KEY_TABLE_BLOCK_FIRST;
    unsigned block =
        63 - (unsigned)__builtin_clzll(place) - (unsigned)__builtin_ctz(TIDE_KEY_TABLE_BLOCK_FIRST);
    place -= (uint64_t)TIDE_KEY_TABLE_BLOCK_FIRST << block;
    return table->blocks[block] + place * table->record_bytes;
}

/* For groups of keys: first the slots of all are called into cache, then the records these lead to,
 * then they are found. */
static inline void tide_key_table_prefetch(const struct tide_key_table *table, uint64_t hash)
{
    __builtin_prefetch(&table->slots[(uint32_t)hash & table->slot_mask]);
}

/* (Not inlined at once, GCC takes it for a function without effect and drops the calls.) */
static inline __attribute__((always_inline)) void
tide_key_table_prefetch_record(const struct tide_key_table *table, uint64_t hash)
{
    uint64_t slot = table->slots[(uint32_t)hash & table->slot_mask];
    if (!slot) return;
    const char *record = tide_key_table_at(table, (uint32_t)slot - 1);
    __builtin_prefetch(record);
    __builtin_prefetch(record + TIDE_LINE_BYTES);
}

/* The record of an inline key, or NULL. Two 64-bit words equal = the same key, because keys hold no
 * NUL at their end. */
static inline void *tide_key_table_find_inline(const struct tide_key_table *table, uint64_t low,
                                               uint64_t high, uint64_t hash)
{
    const uint64_t *slots = table->slots;
    const uint32_t mask = table->slot_mask;
    for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
        uint64_t slot = slots[at];
        if (slot == 0) return NULL;
        if (slot >> 32 != (uint32_t)hash) continue;
        struct tide_key_record *record = tide_key_table_at(table, (uint32_t)slot - 1);
        if (TIDE_LIKELY((record->key[0] == low) & (record->key[1] == high) &
                        (record->key_bytes <= TIDE_KEY_INLINE_BYTES)))
            return record;
    }
}

#endif
