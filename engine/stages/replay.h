/*
 * replay: puts what workers let out into the order of Flink: texts wait until those of one row and
 *           phase are complete, then they come out in that order.
 * Owns:     the waiting texts and the order.
 * Threads:  one: the sink's.
 * Blocks:   never; allocates when more waits than ever before, and as flink_order.h says.
 * Errors:   init and add return false without memory; load: damaged, or without memory; next ends
 *           with is_lost where what was loaded does not go with what comes.
 * Limits:   as flink_order.h.
 *
 * A worker tells of each row that is not late, in the hidden channel TIDE_CHANNEL_ROWS, before what
 * the row causes. So the merged stream of all workers is what the one operator of a Flink job at
 * parallelism 1 would see, and the order is the same at every parallelism.
 */
#ifndef TIDE_STAGES_REPLAY_H
#define TIDE_STAGES_REPLAY_H

#include "engine/flow/emission.h"
#include "engine/stages/flink_order.h"

/* What a worker tells of a row; its key stands behind. */
struct tide_row_told {
    int64_t time_ms, passed_ms, event_ms, watermark_ms; /* as in struct tide_flink_row */
    uint64_t hash;
};

/* One record's text. */
struct tide_replay_piece {
    struct tide_order_key key;
    size_t offset;
    uint32_t channel, bytes;
};

struct tide_replay {
    struct tide_flink_order order;
    struct tide_replay_piece *pieces; /* all of one row and phase, by end and first row */
    uint32_t piece_count, piece_capacity;
    uint32_t next, end; /* those of the result that is coming out */
    uint32_t out_count; /* those that have come out */
    char *text;
    size_t text_bytes, text_capacity;
    bool is_restored, is_lost;
};

size_t tide_replay_bytes(void); /* what init allocates */
TIDE_MUST_USE bool tide_replay_init(struct tide_replay *replay, const struct tide_plan *plan);
void tide_replay_fini(struct tide_replay *replay); /* a zeroed one is fine */

/* Is something waiting that has to come out before anything with this key is added? */
static inline bool tide_replay_must_go(const struct tide_replay *replay,
                                       const struct tide_order_key *key)
{
    return replay->piece_count > 0 && (replay->pieces[0].key.cause_row != key->cause_row ||
                                       replay->pieces[0].key.phase != key->phase);
}

/* Is something waiting that nothing below this row can join any more? */
static inline bool tide_replay_is_complete(const struct tide_replay *replay, uint64_t frontier)
{
    return replay->piece_count > 0 && replay->pieces[0].key.cause_row < frontier;
}

/* Takes in a record of the merged stream. */
TIDE_MUST_USE bool tide_replay_add(struct tide_replay *replay, const struct tide_record *record,
                                   const char *text);

/* For checkpoints: nothing waits then. load takes one that init has made. */
void tide_replay_save(const struct tide_replay *replay, struct tide_snapshot *snapshot);
TIDE_MUST_USE bool tide_replay_load(struct tide_replay *replay, const struct tide_hash_seed *seed,
                                    struct tide_snapshot_reader *reader);

/* The next text to come out, and its channel; false: nothing waits any more, or is_lost: a result
 * has come whose window is not among those that were loaded. */
bool tide_replay_next(struct tide_replay *replay, unsigned *channel, const char **text,
                      size_t *bytes);

#endif
