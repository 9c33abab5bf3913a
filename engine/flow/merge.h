/*
 * merge: the order of parallelism 1 out of several inputs that are each in order: a k-way merge on
 *           a frontier.
 * Owns:     its heap; batches belong to the caller.
 * Threads:  one: the sink's.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   none of its own.
 *
 * A record may go out when nothing that comes before it can still arrive: each other input shows a
 * later record, or has said that it is complete through a later row. The frontier is a row number
 * and not a watermark, because rows cause emissions while the watermark stands still.
 */
#ifndef TIDE_FLOW_MERGE_H
#define TIDE_FLOW_MERGE_H

#include "engine/flow/emission.h"

struct tide_merge_input {
    struct tide_emission_batch *batch; /* NULL: waiting for the next one */
    uint32_t record_next;
    size_t taken[TIDE_CHANNEL_COUNT]; /* bytes of each channel's text that have gone out */
    uint64_t complete_row;            /* while waiting: nothing caused by rows below will come */
};

struct tide_merge {
    struct tide_merge_input *inputs;
    unsigned input_count;
    unsigned *heap; /* inputs with a batch, least record on top */
    unsigned heap_count;
};

/* What init allocates. */
size_t tide_merge_bytes(unsigned input_count);

TIDE_MUST_USE bool tide_merge_init(struct tide_merge *merge, unsigned input_count);
void tide_merge_fini(struct tide_merge *merge); /* a zeroed one is fine */

/* Is this input waiting for a batch? */
static inline bool tide_merge_is_waiting(const struct tide_merge *merge, unsigned input)
{
    return merge->inputs[input].batch == NULL;
}

/* Hands the next batch of an input that is waiting. A batch without records only moves its
 * frontier, and is not kept: false. */
TIDE_MUST_USE bool tide_merge_offer(struct tide_merge *merge, unsigned input,
                                    struct tide_emission_batch *batch);

/* Rows below which every waiting input is complete: what may go out now is caused by these.
 * O(inputs). */
uint64_t tide_merge_frontier(const struct tide_merge *merge);

/* Takes the least record if its cause lies below the frontier. *text: its bytes. *done: the batch,
 * if this was its last record; the text is valid until the batch is given back, and that input
 * waits again. NULL: nothing may go out. */
const struct tide_record *tide_merge_take(struct tide_merge *merge, uint64_t frontier,
                                          const char **text, unsigned *input,
                                          struct tide_emission_batch **done);

#endif
