/*
 * session_snapshot: sessions in a snapshot.
 * Owns:     nothing.
 * Threads:  one: the worker's, or the main thread before workers run.
 * Blocks:   never; allocates as the snapshot and the store do.
 * Errors:   as snapshot.h; get false, load NULL: damaged, or without memory.
 * Limits:   as session_store.h.
 *
 * The sessions of a key come one behind the other, in the order of time. Which of them have fired
 * follows from the watermark, and the timers follow from the sessions: tide_session_store_restore.
 */
#ifndef TIDE_STATE_SESSION_SNAPSHOT_H
#define TIDE_STATE_SESSION_SNAPSHOT_H

#include "engine/state/pane_snapshot.h"
#include "engine/state/session_store.h"

/* Of one session, without a long key and without states. */
enum { TIDE_SESSION_SNAPSHOT_BYTES = 2 * 8 + TIDE_ENTRY_SNAPSHOT_BYTES };

/* How many, then each with its aggregates' states. Nothing is due. */
void tide_session_store_save(const struct tide_session_store *store,
                             struct tide_snapshot *snapshot);

/* What has been read of a session. Its states are next. */
struct tide_session_read {
    struct tide_session session; /* but for its key's words */
    struct tide_key key;
    uint64_t hash;
};

/* The key whose sessions are being read. */
struct tide_session_reading {
    const struct tide_session_key *key; /* NULL: none so far */
    int64_t end_ms;                     /* of the last one */
};

/* gap_ms: no session is shorter. */
TIDE_MUST_USE bool tide_session_get(struct tide_snapshot_reader *reader,
                                    const struct tide_hash_seed *seed, int64_t gap_ms,
                                    struct tide_session_read *read);

/* The session in the store that owns its key, with its states; the reading begins zeroed. NULL:
 * damaged (it does not come behind the one before it), or without memory. */
TIDE_MUST_USE struct tide_session *tide_session_store_load(struct tide_session_store *store,
                                                           const struct tide_session_read *read,
                                                           struct tide_session_reading *reading,
                                                           struct tide_snapshot_reader *reader);

#endif
