/*
 * session_key: the sessions of one key in the order of time, in its record.
 * Owns:     the sessions beyond the first, and the list of them.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when a key has more than one session.
 * Errors:   insert returns NULL without memory, and changes nothing.
 * Limits:   2^31 sessions a key, found in O(log n), inserted and removed in O(n).
 *
 * Nearly every key has one session: it lies in the record, two cache lines in all. More of them lie
 * each on its own, and the record has the list of them instead.
 */
#ifndef TIDE_STATE_SESSION_KEY_H
#define TIDE_STATE_SESSION_KEY_H

#include "engine/state/key_table.h"

/* In the mark of a session's entry. */
enum {
    TIDE_SESSION_FIRED = 1, /* the watermark is past it */
    TIDE_SESSION_KNOWN = 2, /* the history knows it, or what has become part of it */
};

/* One window of one key. The aggregates' states lie behind it. */
struct tide_session {
    int64_t start_ms, end_ms; /* from the first row's time to the last one's + gap */
    struct tide_entry entry;
};

struct tide_session_key {
    struct tide_key_record head;
    int64_t armed_ms;     /* deadline of the timer that counts; INT64_MAX: none does */
    uint32_t timer_count; /* of this key in the queue */
    uint32_t session_count;
    union {
        struct tide_session one; /* the only one */
        struct {
            struct tide_session **sessions; /* two or more by time; no two of them touch */
            uint32_t capacity;
        } many;
    };
};

/* The states behind a session. */
static inline char *tide_session_states(struct tide_session *session)
{
    return (char *)(session + 1);
}

static inline bool tide_session_has_fired(const struct tide_session *session)
{
    return session->entry.mark & TIDE_SESSION_FIRED;
}

/* Session i of a key that has more than i. */
static inline struct tide_session *tide_session_at(struct tide_session_key *key, uint32_t i)
{
    return key->session_count == 1 ? &key->one : key->many.sessions[i];
}

/* The first session that ends at or after start_ms, session_count if none does: if any touches
 * [start_ms, end_ms) then this one, and perhaps the one behind it. */
uint32_t tide_session_key_find(struct tide_session_key *key, int64_t start_ms);

/* Does session i, if there is one, begin at or before the end of a window? */
static inline bool tide_session_touches(struct tide_session_key *key, uint32_t i, int64_t end_ms)
{
    return i < key->session_count && tide_session_at(key, i)->start_ms <= end_ms;
}

/* The first session that has not fired; session_count: all have. Those that have end before those
 * that have not. */
uint32_t tide_session_key_first_open(struct tide_session_key *key);

/* A session at place i, with states of this many bytes: all of it is garbage. Others may move. NULL
 * without memory. */
TIDE_MUST_USE struct tide_session *tide_session_key_insert(struct tide_session_key *key, uint32_t i,
                                                           uint32_t state_stride);

/* Forgets sessions [begin, end). Others may move. */
void tide_session_key_remove(struct tide_session_key *key, uint32_t begin, uint32_t end,
                             uint32_t state_stride);

#endif
