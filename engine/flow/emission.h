/*
 * emission: finished text on its way to the sink, with the order key that puts it in the order of
 *           parallelism 1.
 * Owns:     its texts and records.
 * Threads:  one owner at a time: a worker or the parser, a ring, or the sink.
 * Blocks:   never; allocates in init, and when one line needs more room than a whole batch had.
 * Errors:   init and reserve return false without memory.
 * Limits:   one line below 2^32 bytes.
 */
#ifndef TIDE_FLOW_EMISSION_H
#define TIDE_FLOW_EMISSION_H

#include "engine/flow/ring.h"

enum { TIDE_SIDE_OUTPUT_MAX = 16 };

/* Which output a line goes to. The parser writes rejects, and late rows where it can tell that they
 * are late; workers write the rest. */
enum tide_channel {
    TIDE_CHANNEL_RESULTS,
    TIDE_CHANNEL_ALERTS,
    TIDE_CHANNEL_LATE,
    TIDE_CHANNEL_REJECTS,
    TIDE_CHANNEL_TRACE,
    TIDE_CHANNEL_SIDE, /* the first of the named side outputs */
    TIDE_CHANNEL_KEYS = TIDE_CHANNEL_SIDE + TIDE_SIDE_OUTPUT_MAX, /* no output's: keys that order
                                                                     keys point to */
    TIDE_CHANNEL_ROWS, /* no output's: what --order flink tells the sink of rows */
    TIDE_CHANNEL_COUNT,
};

enum {
    TIDE_EMISSION_TEXT_BYTES_A_RECORD = 64
}; /* sets how many records fit a batch: a usual line is longer */

/* What came first at parallelism 1: the row that caused it; of one row, what its arrival let fire,
 * then what the row itself caused, then what its watermark let fire, then timers; then the window's
 * end; then its first row. A process function's timers come behind all of theirs: by deadline, then
 * the keys' bytes. */
enum tide_phase {
    TIDE_PHASE_ARRIVAL,
    TIDE_PHASE_ARRIVAL_PROCESS,
    TIDE_PHASE_ROW,
    TIDE_PHASE_WINDOW,
    TIDE_PHASE_TIMER,
    TIDE_PHASE_PROCESS,
};

/* A key, where the order asks for its bytes. */
struct tide_key_text {
    uint32_t bytes;
    char text[];
};

struct tide_order_key {
    uint64_t cause_row;
    int64_t end_ms;
    uint64_t first_row; /* of a process function's timer: where its tide_key_text is */
    uint32_t phase;
};

struct tide_record {
    struct tide_order_key key;
    uint32_t channel;
    uint32_t bytes; /* of the channel's text, in turn */
};

struct tide_channel_text {
    char *text;
    size_t bytes, capacity;
};

struct tide_emission_batch {
    _Alignas(TIDE_PARTY_BYTES) struct tide_channel_text channels[TIDE_CHANNEL_COUNT];
    struct tide_record *records; /* none when nothing has to be merged */
    uint32_t record_count, record_capacity;
    size_t text_bytes;     /* usual capacity of a channel */
    uint64_t complete_row; /* emissions caused by rows below this one are all in this batch or an
                              earlier one */
    int64_t watermark_ms;
    bool is_last;
    bool is_barrier; /* a checkpoint is taken behind it */
};

/* Records that fit a batch whose channels hold text_bytes each, and what init allocates for them.
 */
uint32_t tide_emission_record_capacity(size_t text_bytes);
size_t tide_emission_batch_bytes(size_t text_bytes);

/* A batch whose channels hold text_bytes each, allocated when they are first used. */
TIDE_MUST_USE bool tide_emission_batch_init(struct tide_emission_batch *batch, size_t text_bytes);
void tide_emission_batch_fini(struct tide_emission_batch *batch); /* a zeroed one is fine */
void tide_emission_batch_reset(struct tide_emission_batch *batch);

enum tide_room { TIDE_ROOM, TIDE_ROOM_FULL, TIDE_ROOM_NO_MEMORY };

/* Is there room for one more record of at most `bytes` in this channel? A batch whose channel is
 * empty grows to fit; one that holds something is full instead, and should be sent. */
TIDE_MUST_USE enum tide_room tide_emission_reserve(struct tide_emission_batch *batch,
                                                   unsigned channel, size_t bytes);

/* The same, when there is room already, which is nearly always. */
static inline bool tide_emission_has_room(const struct tide_emission_batch *batch, unsigned channel,
                                          size_t bytes)
{
    const struct tide_channel_text *text = &batch->channels[channel];
    return text->capacity - text->bytes >= bytes &&
           batch->record_count + TIDE_CHANNEL_COUNT <= batch->record_capacity;
}

/* Room that a key takes in its channel, and the key put there, where there is that room. It stays
 * where it is until the batch is reset. */
size_t tide_emission_key_bytes(uint32_t bytes);
const struct tide_key_text *tide_emission_keep_key(struct tide_emission_batch *batch,
                                                   const char *key, uint32_t bytes);

/* Is it a phase of a process function's timers? */
static inline bool tide_phase_has_key(uint32_t phase)
{
    return phase == TIDE_PHASE_PROCESS || phase == TIDE_PHASE_ARRIVAL_PROCESS;
}

bool tide_key_text_before(const struct tide_order_key *a, const struct tide_order_key *b);

static inline bool tide_order_before(const struct tide_order_key *a, const struct tide_order_key *b)
{
    if (a->cause_row != b->cause_row) return a->cause_row < b->cause_row;
    if (a->phase != b->phase) return a->phase < b->phase;
    if (a->end_ms != b->end_ms) return a->end_ms < b->end_ms;
    if (TIDE_UNLIKELY(tide_phase_has_key(a->phase))) return tide_key_text_before(a, b);
    return a->first_row < b->first_row;
}

#endif
