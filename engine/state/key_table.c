#include "engine/state/key_table.h"

enum { SLOTS_FIRST = 16 };

#define FREE_RECORD UINT32_MAX /* the key_bytes of a record without a key */

/* A table of slots is half full at most. */
static bool slots_are_full(uint32_t count, uint32_t slot_mask)
{
    return (uint64_t)count * 2 > slot_mask;
}

uint64_t tide_key_table_bytes(uint32_t count, uint32_t record_bytes)
{
    uint64_t slot_count = SLOTS_FIRST, records = 0, block = TIDE_KEY_TABLE_BLOCK_FIRST;
    while (count > 0 && slots_are_full(count - 1, (uint32_t)(slot_count - 1))) slot_count *= 2;
    for (; records < count; block *= 2) records += block;
    return slot_count * sizeof(uint64_t) + records * record_bytes;
}

bool tide_key_table_init(struct tide_key_table *table, uint32_t record_bytes)
{
    TIDE_ASSERT(record_bytes % 16 == 0 && record_bytes >= sizeof(struct tide_key_record));
    *table = (struct tide_key_table){.slot_mask = SLOTS_FIRST - 1, .record_bytes = record_bytes};
    table->slots = tide_alloc_zeroed(SLOTS_FIRST, sizeof *table->slots);
    return table->slots != NULL;
}

static void free_key(struct tide_key_record *record)
{
    if (record->key_bytes > TIDE_KEY_INLINE_BYTES && record->key_bytes != FREE_RECORD)
        tide_free((void *)(uintptr_t)record->key[0]);
}

void tide_key_table_fini(struct tide_key_table *table)
{
    for (uint32_t i = 0; i < table->record_count; i++) free_key(tide_key_table_at(table, i));
    for (unsigned i = 0; i < table->block_count; i++) tide_free(table->blocks[i]);
    tide_free(table->slots);
    *table = (struct tide_key_table){0};
}

void *tide_key_table_find(const struct tide_key_table *table, const struct tide_key *key,
                          uint64_t hash)
{
    if (key->bytes <= TIDE_KEY_INLINE_BYTES)
        return tide_key_table_find_inline(table, key->words[0], key->words[1], hash);
    for (uint32_t at = (uint32_t)hash & table->slot_mask;; at = (at + 1) & table->slot_mask) {
        uint64_t slot = table->slots[at];
        if (slot == 0) return NULL;
        if (slot >> 32 != (uint32_t)hash) continue;
        struct tide_key_record *record = tide_key_table_at(table, (uint32_t)slot - 1);
        if (record->key_bytes == key->bytes && record->hash == hash &&
            memcmp(tide_key_record_key(record), (const char *)(uintptr_t)key->words[0],
                   key->bytes) == 0)
            return record;
    }
}

static void insert(uint64_t *slots, uint32_t mask, uint64_t slot)
{
    uint32_t at = (uint32_t)(slot >> 32) & mask;
    while (slots[at]) at = (at + 1) & mask;
    slots[at] = slot;
}

static bool grow_slots(struct tide_key_table *table)
{
    uint32_t mask = table->slot_mask * 2 + 1;
    uint64_t *slots = tide_alloc_zeroed((size_t)mask + 1, sizeof *slots);
    if (!slots) return false;
    for (uint64_t at = 0; at <= table->slot_mask; at++)
        if (table->slots[at]) insert(slots, mask, table->slots[at]);
    tide_free(table->slots);
    table->slots = slots;
    table->slot_mask = mask;
    return true;
}

/* Room for a record: the one removed last, or the next that was never used, perhaps in a new block.
 * Taken only when its number is written into a slot. */
static struct tide_key_record *find_room(struct tide_key_table *table, uint32_t *number)
{
    if (table->free_first) {
        *number = table->free_first - 1;
        return tide_key_table_at(table, *number);
    }
    *number = table->record_count;
    uint64_t held = ((uint64_t)TIDE_KEY_TABLE_BLOCK_FIRST << table->block_count) -
                    TIDE_KEY_TABLE_BLOCK_FIRST; /* records of all blocks */
    if (*number == held) {
        size_t bytes = (size_t)(held + TIDE_KEY_TABLE_BLOCK_FIRST) * table->record_bytes;
        char *block = tide_alloc_aligned(TIDE_LINE_BYTES, bytes);
        if (!block) return NULL;
        table->blocks[table->block_count++] = block;
    }
    return tide_key_table_at(table, *number);
}

/* A key's words as its record keeps them. */
static bool keep_key(const struct tide_key *key, uint64_t words[2])
{
    words[0] = key->words[0];
    words[1] = key->words[1];
    if (key->bytes <= TIDE_KEY_INLINE_BYTES) return true;
    char *text = tide_alloc(key->bytes);
    if (!text) return false;
    memcpy(text, (const char *)(uintptr_t)key->words[0], key->bytes);
    words[0] = (uint64_t)(uintptr_t)text;
    return true;
}

void *tide_key_table_put(struct tide_key_table *table, const struct tide_key *key, uint64_t hash,
                         bool *is_new)
{
    struct tide_key_record *record = tide_key_table_find(table, key, hash);
    *is_new = record == NULL;
    if (record) return record;

    uint32_t number;
    uint64_t words[2];
    if (table->count == TIDE_KEY_TABLE_RECORDS_MAX) return NULL;
    if (slots_are_full(table->count, table->slot_mask) && !grow_slots(table)) return NULL;
    record = find_room(table, &number);
    if (!record || !keep_key(key, words)) return NULL;
    if (table->free_first) table->free_first = (uint32_t)record->key[0];
    else table->record_count++;
    memset(record, 0, table->record_bytes);
    *record = (struct tide_key_record){
        .key = {words[0], words[1]}, .key_bytes = key->bytes, .number = number, .hash = hash};
    insert(table->slots, table->slot_mask, hash << 32 | (number + 1));
    table->count++;
    return record;
}

/* Slots behind the hole move up, each unless that would put it in front of where it belongs. */
static void close_gap(uint64_t *slots, uint32_t mask, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & mask; slots[at]; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)(slots[at] >> 32) & mask;
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        slots[hole] = slots[at];
        hole = at;
    }
    slots[hole] = 0;
}

void tide_key_table_remove(struct tide_key_table *table, void *record)
{
    struct tide_key_record *removed = record;
    TIDE_ASSERT(removed->key_bytes != FREE_RECORD);
    uint32_t at = (uint32_t)removed->hash & table->slot_mask;
    while ((uint32_t)table->slots[at] != removed->number + 1) at = (at + 1) & table->slot_mask;
    close_gap(table->slots, table->slot_mask, at);
    free_key(removed);
    removed->key[0] = table->free_first;
    removed->key_bytes = FREE_RECORD;
    table->free_first = removed->number + 1;
    table->count--;
}

void *tide_key_table_next(const struct tide_key_table *table, uint32_t number)
{
    for (; number < table->record_count; number++) {
        struct tide_key_record *record = tide_key_table_at(table, number);
        if (record->key_bytes != FREE_RECORD) return record;
    }
    return NULL;
}
