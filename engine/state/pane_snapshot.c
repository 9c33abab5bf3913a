#include "engine/state/pane_snapshot.h"

/* An entry's words. */
enum { KEY_LOW, KEY_HIGH, SUM_LOW, SUM_HIGH, FIRST_TIME, FIRST_ROW, COUNT, KEY_BYTES_AND_MARK };

void tide_put_entry(struct tide_snapshot *snapshot, const struct tide_entry *entry)
{
    char *at = tide_put_room(snapshot, tide_entry_snapshot_bytes(entry));
    if (at) tide_write_entry(at, entry);
}

static bool get_key(struct tide_snapshot_reader *reader, const uint64_t words[2], uint32_t bytes,
                    const struct tide_hash_seed *seed, struct tide_key *key, uint64_t *hash)
{
    *key = (struct tide_key){{words[0], words[1]}, bytes};
    if (bytes <= TIDE_KEY_INLINE_BYTES) {
        *hash = tide_hash_inline(seed, words[0], words[1]);
        return tide_key_inline_bytes(words) == bytes ||
               tide_damage(reader, "a key is not as long as it says");
    }
    const char *text = tide_get_bytes(reader, bytes);
    if (!text) return false;
    if (text[bytes - 1] == '\0') return tide_damage(reader, "a key ends in a NUL byte");
    *hash = tide_hash_bytes(seed, text, bytes);
    key->words[0] = (uint64_t)(uintptr_t)text;
    key->words[1] = *hash;
    return true;
}

bool tide_get_entry(struct tide_snapshot_reader *reader, const struct tide_hash_seed *seed,
                    struct tide_entry *entry, struct tide_key *key, uint64_t *hash)
{
    uint64_t words[TIDE_ENTRY_SNAPSHOT_BYTES / 8] = {0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) words[i] = tide_get_u64(reader);
    if (reader->damage) return false;
    *entry = (struct tide_entry){
        .sum = (tide_int128)((tide_uint128)words[SUM_HIGH] << 64 | words[SUM_LOW]),
        .first_time_ms = (int64_t)words[FIRST_TIME],
        .first_row = words[FIRST_ROW],
        .count = words[COUNT],
        .key_bytes = (uint32_t)words[KEY_BYTES_AND_MARK],
        .mark = (uint32_t)(words[KEY_BYTES_AND_MARK] >> 32),
    };
    if (entry->first_row >= reader->row_count)
        return tide_damage(reader, "a row's number is beyond the rows read");
    return tide_check_entry_sum(reader, entry->sum, entry->count) &&
           get_key(reader, words, entry->key_bytes, seed, key, hash);
}

static size_t long_key_bytes(const struct tide_pane *pane)
{
    size_t bytes = 0;
    for (const struct tide_key_chunk *chunk = pane->keys; chunk; chunk = chunk->next)
        bytes += chunk->bytes;
    return bytes;
}

static size_t entries_bytes(const struct tide_pane *pane, uint32_t state_bytes)
{
    return pane->entry_count * (TIDE_ENTRY_SNAPSHOT_BYTES + (size_t)state_bytes) +
           long_key_bytes(pane);
}

size_t tide_pane_snapshot_bytes(const struct tide_pane *pane, uint32_t state_bytes)
{
    return TIDE_PANE_SNAPSHOT_BYTES + entries_bytes(pane, state_bytes);
}

void tide_pane_save(const struct tide_pane *pane, uint32_t state_bytes,
                    struct tide_snapshot *snapshot)
{
    tide_put_i64(snapshot, pane->start_ms);
    tide_put_i64(snapshot, pane->end_ms);
    tide_put_u64(snapshot, pane->entry_count);
    char *at = tide_put_room(snapshot, entries_bytes(pane, state_bytes));
    if (!at) return;
    for (uint32_t i = 0; i < pane->entry_count; i++) {
        at = tide_write_entry(at, &pane->entries[i]);
        if (state_bytes == 0) continue;
        memcpy(at, tide_pane_states(pane, &pane->entries[i]), state_bytes);
        at += state_bytes;
    }
    TIDE_ASSERT(at == snapshot->bytes + snapshot->count);
}

bool tide_pane_load_entry(struct tide_pane *pane, const struct tide_entry *entry,
                          const struct tide_key *key, uint64_t hash,
                          const struct tide_hash_seed *seed, uint32_t state_bytes,
                          struct tide_snapshot_reader *reader)
{
    if (tide_pane_find(pane, key, hash)) return tide_damage(reader, "a key comes twice");
    const char *states = tide_get_bytes(reader, state_bytes);
    if (!states) return false;
    struct tide_entry *added = tide_pane_add(pane, key, hash, seed);
    if (!added) return false;
    const uint64_t words[2] = {added->key[0], added->key[1]};
    *added = *entry;
    added->key[0] = words[0];
    added->key[1] = words[1];
    if (state_bytes > 0) memcpy(tide_pane_states(pane, added), states, state_bytes);
    return true;
}
