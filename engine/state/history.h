/*
 * history: the sums of each key's latest windows, in the order in which they first fired.
 * Owns:     a record a key, with its sums.
 * Threads:  one: the worker that owns the keys.
 * Blocks:   never; allocates for a new key, and when a key has more windows to keep than before.
 * Errors:   init, open, put: false or NULL without memory.
 * Limits:   TIDE_HISTORY_DEPTH_MAX windows to look back at; a key is never forgotten.
 *
 * With allowed lateness a window may fire again: it keeps its place, and looks back at what is in
 * front of it there. So what is kept are the windows that may still fire again, and `depth` in
 * front of the first of them; without, `depth` windows.
 */
#ifndef TIDE_STATE_HISTORY_H
#define TIDE_STATE_HISTORY_H

#include "engine/state/key_table.h"
#include "engine/state/snapshot.h"

enum { TIDE_HISTORY_DEPTH_MAX = 10000 };

/* What a window is known by among those of its key that may still fire. */
struct tide_span {
    int64_t start_ms, end_ms; /* [start, end) */
};

struct tide_history_record {
    struct tide_key_record head;
    tide_int128 *sums;       /* of windows [begin, end) by first firing */
    struct tide_span *spans; /* beside them, in the same block; NULL: none fires again */
    uint32_t begin, end, capacity;
    uint32_t settled; /* the first ones, which never fire again */
};

struct tide_history {
    struct tide_key_table table;
    uint32_t depth;
    int64_t lateness_ms; /* -1: no window fires twice */
};

/* What the record of a key with this many windows kept allocates at most. */
uint64_t tide_history_record_bytes(uint32_t kept_count, bool fires_twice);

TIDE_MUST_USE bool tide_history_init(struct tide_history *history, uint32_t depth,
                                     int64_t lateness_ms);
void tide_history_fini(struct tide_history *history); /* a zeroed one is fine */

/* The record of a key, made if need be; it stays where it is. */
TIDE_MUST_USE struct tide_history_record *
tide_history_open(struct tide_history *history, const struct tide_key *key, uint64_t hash);

/* The sums a window looks back at, oldest first, and their number: the `depth` in front of its
 * place, or the latest if it has not fired yet. Borrowed until put. */
const tide_int128 *tide_history_before(const struct tide_history *history,
                                       const struct tide_history_record *record,
                                       struct tide_span span, uint32_t *count);

/* A window has fired, perhaps again, at this watermark. Of several that have become this one
 * (tide_history_move) the earliest place is kept. */
TIDE_MUST_USE bool tide_history_put(struct tide_history *history,
                                    struct tide_history_record *record, struct tide_span span,
                                    tide_int128 sum, int64_t watermark_ms);

/* A session that has fired has grown, or become part of another: from now on it is known by `to`.
 */
void tide_history_move(struct tide_history *history, const struct tide_key *key, uint64_t hash,
                       struct tide_span from, struct tide_span to);

/* All keys with their windows, each at least TIDE_HISTORY_SNAPSHOT_BYTES, behind their number. */
enum { TIDE_HISTORY_SNAPSHOT_BYTES = TIDE_KEY_SNAPSHOT_BYTES + 2 * 4 + 16 };
void tide_history_save(const struct tide_history *history, struct tide_snapshot *snapshot);

/* The windows of one of them, whose key has been read. False: damaged, or without memory. */
TIDE_MUST_USE bool tide_history_load(struct tide_history *history, const struct tide_key *key,
                                     uint64_t hash, struct tide_snapshot_reader *reader);

#endif
