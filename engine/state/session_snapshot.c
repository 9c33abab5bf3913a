#include "engine/state/session_snapshot.h"

static void put_session(const struct tide_session_store *store, struct tide_session *session,
                        struct tide_snapshot *snapshot)
{
    const struct tide_entry *entry = &session->entry;
    struct tide_entry saved = *entry;
    char *at = tide_put_room(snapshot, 2 * sizeof(int64_t) + tide_entry_snapshot_bytes(entry) +
                                           store->state_stride);
    if (!at) return;
    saved.mark &= TIDE_SESSION_KNOWN;
    at = tide_write_u64(at, (uint64_t)session->start_ms);
    at = tide_write_u64(at, (uint64_t)session->end_ms);
    at = tide_write_entry(at, &saved);
    if (store->state_stride > 0) memcpy(at, tide_session_states(session), store->state_stride);
}

void tide_session_store_save(const struct tide_session_store *store, struct tide_snapshot *snapshot)
{
    const size_t usual_bytes = TIDE_SESSION_SNAPSHOT_BYTES + store->state_stride;
    struct tide_session_key *key;
    TIDE_ASSERT(store->due_count == 0);
    tide_put_u64(snapshot, store->session_count);
    tide_snapshot_reserve(snapshot, store->session_count * usual_bytes);
    for (uint32_t i = 0; (key = tide_key_table_next(&store->keys, i)); i = key->head.number + 1) {
        struct tide_session *session = tide_session_key_first(key);
        for (; session; session = tide_session_key_next(key, session))
            put_session(store, session, snapshot);
    }
}

/* A row's window is as long as the gap, or ends with time. */
static bool is_long_enough(int64_t start_ms, int64_t end_ms, int64_t gap_ms)
{
    int64_t least_ms;
    if (__builtin_add_overflow(start_ms, gap_ms, &least_ms)) least_ms = INT64_MAX;
    return start_ms < end_ms && end_ms >= least_ms;
}

bool tide_session_get(struct tide_snapshot_reader *reader, const struct tide_hash_seed *seed,
                      int64_t gap_ms, struct tide_session_read *read)
{
    read->session.start_ms = tide_get_i64(reader);
    read->session.end_ms = tide_get_i64(reader);
    if (!tide_get_entry(reader, seed, &read->session.entry, &read->key, &read->hash)) return false;
    if (!is_long_enough(read->session.start_ms, read->session.end_ms, gap_ms))
        return tide_damage(reader, "a session is shorter than its gap");
    return true;
}

static struct tide_session *fail(struct tide_snapshot_reader *reader, const char *damage)
{
    tide_damage(reader, damage);
    return NULL;
}

struct tide_session *tide_session_store_load(struct tide_session_store *store,
                                             const struct tide_session_read *read,
                                             struct tide_session_reading *reading,
                                             struct tide_snapshot_reader *reader)
{
    const uint32_t known = store->history ? TIDE_SESSION_KNOWN : 0;
    if (read->session.entry.mark & ~known) return fail(reader, "a session has an unknown mark");
    const char *states = tide_get_bytes(reader, store->state_stride);
    if (!states) return NULL;
    bool is_new;
    struct tide_session_key *key =
        tide_key_table_put(&store->keys, &read->key, read->hash, &is_new);
    if (!key) return NULL;
    if (!is_new && key != reading->key) return fail(reader, "a key comes twice");
    if (!is_new && read->session.start_ms <= reading->end_ms)
        return fail(reader, "two sessions of a key touch");
    *reading = (struct tide_session_reading){.key = key, .end_ms = read->session.end_ms};
    struct tide_session *session = tide_session_key_insert(
        key, read->session.start_ms, read->session.end_ms, store->state_stride);
    if (!session) return NULL;
    session->entry = read->session.entry;
    session->entry.key[0] = key->head.key[0];
    session->entry.key[1] = key->head.key[1];
    if (store->state_stride > 0) memcpy(tide_session_states(session), states, store->state_stride);
    store->session_count++;
    return session;
}
