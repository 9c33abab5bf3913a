#include "engine/state/inactivity.h"

uint64_t tide_inactivity_bytes(uint32_t key_count)
{
    return tide_key_table_bytes(key_count, sizeof(struct tide_inactive_key)) +
           tide_timers_bytes(key_count);
}

bool tide_inactivity_init(struct tide_inactivity *inactivity, int64_t after_ms)
{
    *inactivity = (struct tide_inactivity){.after_ms = after_ms};
    return tide_key_table_init(&inactivity->keys, sizeof(struct tide_inactive_key));
}

void tide_inactivity_fini(struct tide_inactivity *inactivity)
{
    tide_key_table_fini(&inactivity->keys);
    tide_timers_fini(&inactivity->timers);
    *inactivity = (struct tide_inactivity){0};
}

bool tide_inactivity_note(struct tide_inactivity *inactivity, const struct tide_key *key,
                          uint64_t hash, int64_t time_ms, uint64_t row, bool *is_first)
{
    bool is_new;
    struct tide_inactive_key *watched = tide_key_table_put(&inactivity->keys, key, hash, &is_new);
    *is_first = false;
    if (!watched) return false;
    if (!is_new && time_ms <= watched->last_ms) return true; /* an older row moves nothing */
    watched->last_ms = time_ms;
    watched->row = row;
    if (!is_new) return true;
    const struct tide_timer timer = {tide_inactivity_deadline(inactivity, watched), row, watched};
    if (!tide_timers_add(&inactivity->timers, timer)) {
        tide_key_table_remove(&inactivity->keys, watched);
        return false;
    }
    *is_first = tide_timers_first(&inactivity->timers)->owner == watched;
    return true;
}

const struct tide_inactive_key *tide_inactivity_first(struct tide_inactivity *inactivity)
{
    for (const struct tide_timer *first;
         (first = tide_timers_first(&inactivity->timers)) != NULL;) {
        const struct tide_inactive_key *key = first->owner;
        if (first->order == key->row) return key;
        tide_timers_rearm_first(&inactivity->timers, tide_inactivity_deadline(inactivity, key),
                                key->row);
    }
    return NULL;
}

void tide_inactivity_forget_first(struct tide_inactivity *inactivity)
{
    void *key = tide_timers_first(&inactivity->timers)->owner;
    tide_timers_remove_first(&inactivity->timers);
    tide_key_table_remove(&inactivity->keys, key);
}

void tide_inactivity_save(const struct tide_inactivity *inactivity, struct tide_snapshot *snapshot)
{
    const struct tide_key_table *keys = &inactivity->keys;
    tide_put_u64(snapshot, keys->count);
    const struct tide_inactive_key *key = tide_key_table_next(keys, 0);
    for (; key; key = tide_key_table_next(keys, key->head.number + 1)) {
        char *at =
            tide_put_room(snapshot, TIDE_INACTIVITY_SNAPSHOT_BYTES + (size_t)key->head.key_bytes);
        if (!at) return;
        at = tide_write_key(at, tide_key_record_key(&key->head), key->head.key_bytes);
        at = tide_write_u64(at, (uint64_t)key->last_ms);
        tide_write_u64(at, key->row);
    }
}

/* The timer is set for when it is due, however far the one before had still to be moved. */
bool tide_inactivity_load(struct tide_inactivity *inactivity, const struct tide_key *key,
                          uint64_t hash, struct tide_snapshot_reader *reader)
{
    const int64_t last_ms = tide_get_i64(reader);
    const uint64_t row = tide_get_row(reader);
    const uint32_t count = inactivity->keys.count;
    bool is_first;
    if (reader->damage || !tide_inactivity_note(inactivity, key, hash, last_ms, row, &is_first))
        return false;
    return inactivity->keys.count > count || tide_damage(reader, "a key comes twice");
}
