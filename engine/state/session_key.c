#include "engine/state/session_key.h"

enum { SESSIONS_FIRST = 4 };

_Static_assert(sizeof(struct tide_session) % 16 == 0, "states lie right behind a session");
_Static_assert(sizeof(struct tide_session_key) == 128, "a key with one session is two cache lines");

uint32_t tide_session_key_find(struct tide_session_key *key, int64_t start_ms)
{
    uint32_t begin = 0, end = key->session_count;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (tide_session_at(key, middle)->end_ms < start_ms) begin = middle + 1;
        else end = middle;
    }
    return begin;
}

uint32_t tide_session_key_first_open(struct tide_session_key *key)
{
    uint32_t begin = 0, end = key->session_count;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (tide_session_has_fired(tide_session_at(key, middle))) begin = middle + 1;
        else end = middle;
    }
    return begin;
}

static size_t session_bytes(uint32_t state_stride)
{
    return sizeof(struct tide_session) + state_stride;
}

/* From one session, in the record, to a list of one with room for more. */
static bool make_list(struct tide_session_key *key, uint32_t state_stride)
{
    struct tide_session **sessions = tide_alloc(SESSIONS_FIRST * sizeof *sessions);
    struct tide_session *moved =
        sessions ? tide_alloc_aligned(16, session_bytes(state_stride)) : NULL;
    if (!moved) {
        tide_free(sessions);
        return false;
    }
    memcpy(moved, &key->one, session_bytes(state_stride));
    sessions[0] = moved;
    key->many.sessions = sessions;
    key->many.capacity = SESSIONS_FIRST;
    return true;
}

/* Back from a list of one. */
static void drop_list(struct tide_session_key *key, uint32_t state_stride)
{
    struct tide_session **sessions = key->many.sessions, *last = sessions[0];
    memcpy(&key->one, last, session_bytes(state_stride));
    tide_free(last);
    tide_free(sessions);
}

static bool grow_list(struct tide_session_key *key)
{
    if (key->session_count < key->many.capacity) return true;
    size_t capacity = (size_t)key->many.capacity * 2;
    struct tide_session **sessions = tide_realloc(key->many.sessions, capacity * sizeof *sessions);
    if (!sessions) return false;
    key->many.sessions = sessions;
    key->many.capacity = (uint32_t)capacity;
    return true;
}

struct tide_session *tide_session_key_insert(struct tide_session_key *key, uint32_t i,
                                             uint32_t state_stride)
{
    uint32_t count = key->session_count;
    if (count == 0) {
        key->session_count = 1;
        return &key->one;
    }
    if (count == 1 && !make_list(key, state_stride)) return NULL;
    struct tide_session *session =
        grow_list(key) ? tide_alloc_aligned(16, session_bytes(state_stride)) : NULL;
    if (!session) {
        if (count == 1) drop_list(key, state_stride);
        return NULL;
    }
    struct tide_session **sessions = key->many.sessions;
    memmove(sessions + i + 1, sessions + i, (count - i) * sizeof *sessions);
    sessions[i] = session;
    key->session_count++;
    return session;
}

void tide_session_key_remove(struct tide_session_key *key, uint32_t begin, uint32_t end,
                             uint32_t state_stride)
{
    uint32_t count = key->session_count;
    key->session_count = count - (end - begin);
    if (count < 2 || begin == end) return;
    struct tide_session **sessions = key->many.sessions;
    for (uint32_t i = begin; i < end; i++) tide_free(sessions[i]);
    memmove(sessions + begin, sessions + end, (count - end) * sizeof *sessions);
    if (key->session_count == 1) drop_list(key, state_stride);
    else if (key->session_count == 0) tide_free(sessions);
}
