/*
 * session_store: a worker's sessions: for each key the windows that no pause of its rows has ended
 *           yet, found by key and time, fired by end, then kept for as long as late rows may come.
 * Owns:     its keys, sessions, timers, and the list of what is due.
 * Threads:  one: the worker's.
 * Blocks:   never; allocates when more keys or sessions are there than ever before.
 * Errors:   init false, join TIDE_JOIN_NO_MEMORY, collect false without memory.
 * Limits:   as key_table.h and timers.h; keys without a session are forgotten.
 *
 * A row that goes on with the only session of its key touches nothing but the key's record. A key
 * has one timer, for the first of its sessions that is due. As a session goes on its end moves
 * away; the timer stays, and is set anew when it comes up. When a row opens a session before all
 * others of its key, the key gets a second timer, and the first one does nothing any more. Timers
 * that do nothing are swept out when there are more of them than sessions.
 */
#ifndef TIDE_STATE_SESSION_STORE_H
#define TIDE_STATE_SESSION_STORE_H

#include "engine/state/history.h"
#include "engine/state/session_key.h"
#include "engine/state/timers.h"

struct tide_session_due {
    struct tide_session *session;
    struct tide_session_key *key;
};

struct tide_session_store {
    struct tide_key_table keys;
    struct tide_timers timers;
    int64_t lateness_ms;
    uint32_t state_stride;

    /* Makes the states of `into` what both sessions come to; the entries are not merged yet. */
    void (*merge_states)(void *context, struct tide_session *into, const struct tide_session *from);
    void *merge_context;

    struct tide_history *history; /* is told when a session it knows grows; NULL: there is none */

    uint64_t session_count;       /* open, or fired and kept */
    uint64_t open_count;          /* not fired, or grown since */
    struct tide_session_due *due; /* sessions that end together, by first row */
    uint32_t due_count, due_capacity;
};

/* What a store allocates whose keys have one session each, without the bytes of keys longer than
 * TIDE_KEY_INLINE_BYTES. */
uint64_t tide_session_store_bytes(uint32_t session_count, uint32_t state_stride);

/* The members that are not set here are zero: set merge_states, and perhaps history, before the
 * first join. */
TIDE_MUST_USE bool tide_session_store_init(struct tide_session_store *store, uint32_t state_stride,
                                           int64_t lateness_ms);
void tide_session_store_fini(struct tide_session_store *store); /* a zeroed one is fine */

/* Is the window [start_ms, end_ms) of a row of this key gone, and does it touch no session? All
 * sessions that are gone at this watermark must have been collected. */
bool tide_session_store_is_late(const struct tide_session_store *store, const struct tide_key *key,
                                uint64_t hash, int64_t start_ms, int64_t end_ms,
                                int64_t watermark_ms);

/* The session of the row whose window is [start_ms, end_ms): a new one, whose entry has the key and
 * a count of 0, or what it makes of those it touches. It is marked as fired if its end - 1 is at or
 * below the watermark. NULL without memory. */
TIDE_MUST_USE struct tide_session *tide_session_store_join(struct tide_session_store *store,
                                                           const struct tide_key *key,
                                                           uint64_t hash, int64_t start_ms,
                                                           int64_t end_ms, int64_t watermark_ms);

/* The least time that lets something fire or go; INT64_MAX: none. */
static inline int64_t tide_session_store_deadline(const struct tide_session_store *store)
{
    const struct tide_timer *first = tide_timers_first(&store->timers);
    return first ? first->deadline_ms : INT64_MAX;
}

/* Forgets what is gone at this time and fills `due` with the next sessions to fire: those of the
 * least end; none when nothing more fires. They are open until they are settled. False without
 * memory. */
TIDE_MUST_USE bool tide_session_store_collect(struct tide_session_store *store, int64_t fire_ms);

/* The sessions that were due have fired: they are forgotten if they are gone at this time, else
 * kept. */
void tide_session_store_settle(struct tide_session_store *store, int64_t fire_ms);

/* Its sessions have been read from a checkpoint that was taken at this watermark: makes what
 * follows from them, which is what has fired and the timers. False without memory. */
TIDE_MUST_USE bool tide_session_store_restore(struct tide_session_store *store,
                                              int64_t watermark_ms);

/* What join does of nearly every row: the key has one session, which is open and which the row goes
 * on with. NULL: it takes join. */
static inline struct tide_session *tide_session_store_extend(const struct tide_session_store *store,
                                                             uint64_t low, uint64_t high,
                                                             uint64_t hash, int64_t start_ms,
                                                             int64_t end_ms)
{
    struct tide_session_key *key = tide_key_table_find_inline(&store->keys, low, high, hash);
    if (!key || key->session_count != 1) return NULL;
    struct tide_session *session = &key->one;
    if (session->end_ms < start_ms || session->start_ms > end_ms || session->entry.mark)
        return NULL;
    if (start_ms < session->start_ms) session->start_ms = start_ms;
    if (end_ms > session->end_ms) session->end_ms = end_ms;
    return session;
}

#endif
