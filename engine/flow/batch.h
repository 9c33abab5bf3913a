/*
 * batch: rows on their way from the parser to one worker, and the news that concerns them.
 * Owns:     its rows, row numbers, arrival times, side bytes and notes.
 * Threads:  one owner at a time: the parser's open batch, a ring, or the worker.
 * Blocks:   never; allocates in init, when a long key or wide amount needs more side room than any
 *           before, and when more rows have notes than ever before.
 * Errors:   init, reserve and add_note return false without memory.
 * Limits:   row_capacity rows; side bytes of one batch below 2^32.
 */
#ifndef TIDE_FLOW_BATCH_H
#define TIDE_FLOW_BATCH_H

#include "engine/flow/epoch.h"
#include "engine/text/decimal.h"
#include "engine/text/scan.h"

#include <string.h>

/* A row's number is the batch's row_base plus the low bits of its mark; the high bits say how to
 * read the row. */
#define TIDE_MARK_LONG_KEY    (1u << 31) /* key[0] = offset in side << 32 | bytes, key[1] = hash */
#define TIDE_MARK_WIDE_AMOUNT (1u << 30) /* amount = offset in side of a tide_int128 */
#define TIDE_MARK_ROW         (TIDE_MARK_WIDE_AMOUNT - 1)

enum tide_batch_flag {
    TIDE_BATCH_LEAVES_EPOCH = 1, /* nothing more of this epoch follows */
    TIDE_BATCH_FLUSH = 2,        /* nothing follows for a while: pass on what there is */
    TIDE_BATCH_END = 4,          /* nothing follows at all */
    TIDE_BATCH_MARKED = 8,       /* some row is marked long or wide */
    TIDE_BATCH_BARRIER = 16,     /* a checkpoint is taken behind it */
};

/* What the watermark before a row has made of its windows. */
enum tide_standing {
    TIDE_STANDING_AHEAD,  /* all have still to fire */
    TIDE_STANDING_PASSED, /* some have fired, or would have, and may do so again */
    TIDE_STANDING_GONE,   /* all are gone */
    TIDE_STANDING_GAP,    /* there is none */
};

/* A row that the worker has to look at on its own, because it may let something out at once. Only
 * the parser knows the watermark before each row. */
struct tide_note {
    uint32_t at; /* the row's index in the batch */
    enum tide_standing standing;
    int64_t watermark_ms; /* before the row */
    uint32_t late_offset,
        late_bytes; /* in side: its line for --late, should the worker find it so */
};

/* Batches lie side by side in an array, and their owners are different threads. */
struct tide_batch {
    _Alignas(TIDE_PARTY_BYTES) struct tide_row *rows;
    uint32_t *marks;
    int64_t *arrivals_ms; /* processing time at which each row came; NULL on the event clock */
    uint32_t row_count, row_capacity;
    uint32_t flags;
    uint32_t step_begin, step_end; /* what the worker may read of the epoch's steps */
    struct tide_epoch *epoch;
    uint64_t row_base;
    uint64_t
        complete_row; /* rows and steps below this one are all in this batch or an earlier one */
    int64_t watermark_ms; /* after row complete_row - 1 */
    char *side;
    size_t side_bytes, side_capacity;
    struct tide_note *notes; /* in the order of the rows */
    uint32_t note_count, note_capacity;
};

enum { TIDE_BATCH_SIDE_BYTES_KEPT = 1 << 16 }; /* a batch that comes home with more gives it up */

/* What init allocates. */
size_t tide_batch_bytes(uint32_t row_capacity, bool has_arrivals);

TIDE_MUST_USE bool tide_batch_init(struct tide_batch *batch, uint32_t row_capacity,
                                   bool has_arrivals);
void tide_batch_fini(struct tide_batch *batch); /* a zeroed one is fine */

/* Makes it empty, for rows from row_base on. */
void tide_batch_reset(struct tide_batch *batch, struct tide_epoch *epoch, uint64_t row_base);

/* Room for `bytes` side bytes aligned to 16: *offset is where. False without memory. */
TIDE_MUST_USE bool tide_batch_reserve(struct tide_batch *batch, size_t bytes, uint32_t *offset);

/* Adds a note on the last row. False without memory. */
TIDE_MUST_USE bool tide_batch_add_note(struct tide_batch *batch, enum tide_standing standing,
                                       int64_t watermark_ms);

/* The time by which a row is put into windows. */
static inline int64_t tide_batch_window_time(const struct tide_batch *batch, uint32_t at)
{
    return batch->arrivals_ms ? batch->arrivals_ms[at] : batch->rows[at].time_ms;
}

static inline tide_int128 tide_batch_amount(const struct tide_batch *batch, uint32_t at)
{
    if (TIDE_LIKELY(!(batch->marks[at] & TIDE_MARK_WIDE_AMOUNT))) return batch->rows[at].amount;
    tide_int128 amount;
    memcpy(&amount, batch->side + batch->rows[at].amount, sizeof amount);
    return amount;
}

static inline uint64_t tide_batch_row_number(const struct tide_batch *batch, uint32_t at)
{
    return batch->row_base + (batch->marks[at] & TIDE_MARK_ROW);
}

/* The first of rows [begin, row_count) whose number is above `row`. O(log n). */
uint32_t tide_batch_find_row(const struct tide_batch *batch, uint32_t begin, uint64_t row);

#endif
