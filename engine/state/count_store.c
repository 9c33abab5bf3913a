#include "engine/state/count_store.h"

_Static_assert(sizeof(struct tide_count_key) % 16 == 0, "states lie right behind it");
_Static_assert(sizeof(struct tide_count_whole) % 16 == 0, "states lie right behind it");

static size_t whole_bytes(uint32_t state_stride)
{
    return TIDE_COUNT_WHOLE_MAX * (sizeof(struct tide_count_whole) + state_stride);
}

static uint32_t record_bytes(uint32_t state_stride)
{
    return (uint32_t)sizeof(struct tide_count_key) + state_stride;
}

size_t tide_count_store_bytes(uint32_t state_stride)
{
    return tide_key_table_bytes(0, record_bytes(state_stride)) +
           tide_aligned_bytes(16, whole_bytes(state_stride));
}

bool tide_count_store_init(struct tide_count_store *store, uint32_t state_stride)
{
    TIDE_ASSERT(state_stride % 16 == 0);
    *store = (struct tide_count_store){.state_stride = state_stride};
    store->whole = tide_alloc_aligned(16, whole_bytes(state_stride));
    return tide_key_table_init(&store->keys, record_bytes(state_stride)) && store->whole;
}

void tide_count_store_fini(struct tide_count_store *store)
{
    tide_key_table_fini(&store->keys);
    tide_free(store->whole);
    *store = (struct tide_count_store){0};
}

struct tide_count_key *tide_count_store_enter(struct tide_count_store *store,
                                              const struct tide_key *key, uint64_t hash)
{
    bool is_new;
    struct tide_count_key *record = tide_key_table_put(&store->keys, key, hash, &is_new);
    if (!record || !is_new) return record;
    record->entry.key[0] = record->head.key[0];
    record->entry.key[1] = record->head.key[1];
    record->entry.key_bytes = record->head.key_bytes;
    return record;
}

struct tide_count_whole *tide_count_store_finish(struct tide_count_store *store,
                                                 struct tide_count_key *key)
{
    TIDE_CHECK(store->whole_count < TIDE_COUNT_WHOLE_MAX);
    struct tide_count_whole *whole = tide_count_store_whole(store, store->whole_count++);
    *whole = (struct tide_count_whole){.entry = key->entry, .key = key};
    memcpy(whole + 1, tide_count_key_states(key), store->state_stride);
    key->entry.mark++;
    key->entry.sum = 0;
    key->entry.count = 0;
    return whole;
}

void tide_count_store_settle(struct tide_count_store *store)
{
    for (uint32_t i = 0; i < store->whole_count; i++) {
        struct tide_count_key *key = tide_count_store_whole(store, i)->key;
        bool is_last = --key->entry.mark == 0; /* a key may be in the list more than once */
        if (is_last && key->entry.count == 0) tide_key_table_remove(&store->keys, key);
    }
    store->whole_count = 0;
}

void tide_count_store_save(const struct tide_count_store *store, struct tide_snapshot *snapshot)
{
    struct tide_count_key *key;
    TIDE_ASSERT(store->whole_count == 0);
    tide_put_u64(snapshot, store->keys.count);
    for (uint32_t i = 0; (key = tide_key_table_next(&store->keys, i)); i = key->head.number + 1) {
        tide_put_entry(snapshot, &key->entry);
        if (store->state_stride > 0)
            tide_put_bytes(snapshot, tide_count_key_states(key), store->state_stride);
    }
}

struct tide_count_key *tide_count_store_load(struct tide_count_store *store,
                                             const struct tide_entry *entry,
                                             const struct tide_key *key, uint64_t hash,
                                             uint64_t row_limit,
                                             struct tide_snapshot_reader *reader)
{
    const char *states = tide_get_bytes(reader, store->state_stride);
    if (!states) return NULL;
    struct tide_count_key *record = tide_count_store_enter(store, key, hash);
    if (!record) return NULL;
    const char *damage = NULL;
    if (record->entry.count > 0) damage = "a key comes twice";
    else if (entry->count >= row_limit) damage = "a window that is whole has not gone out";
    else if (entry->mark != 0) damage = "a count window has an unknown mark";
    if (damage) {
        tide_damage(reader, damage);
        return NULL;
    }
    record->entry = *entry;
    record->entry.key[0] = record->head.key[0];
    record->entry.key[1] = record->head.key[1];
    if (store->state_stride > 0) memcpy(tide_count_key_states(record), states, store->state_stride);
    return record;
}
