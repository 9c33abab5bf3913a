/*
 * session_key: the sessions of one key in the order of time, in its record.
 * Owns:     the sessions of a key that has several.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when a key has more than one session.
 * Errors:   insert returns NULL without memory, and changes nothing.
 * Limits:   2^32 - 1 sessions a key; each function takes O(log n) of them, by chance, or O(1) of
 * one.
 *
 * Nearly every key has one session: it lies in the record, two cache lines in all. More of them are
 * a search tree by time, whose root the record has instead. It is balanced by chance: a node's
 * priority is above those of its children (a treap: R. Seidel, C. Aragon, "Randomized Search
 * Trees", Algorithmica 1996), and is made of its address, which nobody can choose.
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

struct tide_session_node {
    struct tide_session_node *before, *after;
    uint64_t priority, unused; /* as the session is aligned to 16 bytes */
    struct tide_session session;
};

struct tide_session_key {
    struct tide_key_record head;
    int64_t armed_ms;     /* deadline of the timer that counts; INT64_MAX: none does */
    uint32_t timer_count; /* of this key in the queue */
    uint32_t session_count;
    union {
        struct tide_session one;        /* the only one */
        struct tide_session_node *root; /* of two or more, no two of which touch */
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

/* Of a tree: as find and first_open below. */
struct tide_session *tide_session_tree_find(struct tide_session_node *root, int64_t time_ms);
struct tide_session *tide_session_tree_first_open(struct tide_session_node *root);

/* The first session that ends at or after this time; NULL: none does. If any touches [start_ms,
 * end_ms) then the one found for start_ms, and perhaps the one behind it. */
static inline struct tide_session *tide_session_key_find(struct tide_session_key *key,
                                                         int64_t time_ms)
{
    if (key->session_count > 1) return tide_session_tree_find(key->root, time_ms);
    return key->session_count == 1 && key->one.end_ms >= time_ms ? &key->one : NULL;
}

/* The first session; NULL: there is none. */
static inline struct tide_session *tide_session_key_first(struct tide_session_key *key)
{
    return tide_session_key_find(key, INT64_MIN);
}

/* The session behind one of this key; NULL: it is the last. */
static inline struct tide_session *tide_session_key_next(struct tide_session_key *key,
                                                         const struct tide_session *session)
{
    return session->end_ms == INT64_MAX ? NULL : tide_session_key_find(key, session->end_ms + 1);
}

/* The first session that has not fired; NULL: all have. Those that have end before those that have
 * not. */
static inline struct tide_session *tide_session_key_first_open(struct tide_session_key *key)
{
    if (key->session_count > 1) return tide_session_tree_first_open(key->root);
    return key->session_count == 1 && !tide_session_has_fired(&key->one) ? &key->one : NULL;
}

/* A session [start_ms, end_ms) that touches none, with states of this many bytes; all else of it is
 * garbage. Others may move. NULL without memory. */
TIDE_MUST_USE struct tide_session *tide_session_key_insert(struct tide_session_key *key,
                                                           int64_t start_ms, int64_t end_ms,
                                                           uint32_t state_stride);

/* Forgets a session. Others may move. */
void tide_session_key_remove(struct tide_session_key *key, const struct tide_session *session,
                             uint32_t state_stride);

/* Forgets all. */
void tide_session_key_clear(struct tide_session_key *key);

#endif
