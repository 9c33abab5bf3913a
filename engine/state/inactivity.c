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
