/*
 * watermark: the watermark that a stage may believe, out of those of its inputs.
 * Owns:     its array of inputs.
 * Threads:  one.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   at least one input. The watermark never goes back; an input's that would is passed
 * over.
 *
 * This is the merge of Flink's StatusWatermarkValve: the least watermark of the inputs that count.
 * An idle input does not count, nor does one that has finished. One that comes back from being idle
 * counts again (is aligned) once it has caught up with the watermark that was reached without it;
 * what it says before that is kept, but holds nobody back. When the last active input falls idle,
 * the greatest watermark of all becomes the watermark, for no input is left that could bring an
 * earlier row in time.
 */
#ifndef TIDE_FLOW_WATERMARK_H
#define TIDE_FLOW_WATERMARK_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define TIDE_WATERMARK_NONE INT64_MIN /* before the first row */
#define TIDE_WATERMARK_END  INT64_MAX /* the input has ended: everything fires */

struct tide_watermark_input {
    int64_t watermark_ms;
    bool is_idle, is_finished;
    bool counts; /* active, and not behind since it was idle */
};

struct tide_watermark {
    struct tide_watermark_input *inputs;
    unsigned input_count;
    unsigned active_count; /* neither idle nor finished */
    unsigned finished_count;
    int64_t least_ms;
};

/* What init allocates. */
static inline size_t tide_watermark_bytes(unsigned input_count)
{
    return input_count * sizeof(struct tide_watermark_input);
}

/* All inputs are active, and none has said anything yet. */
TIDE_MUST_USE bool tide_watermark_init(struct tide_watermark *watermark, unsigned input_count);
void tide_watermark_fini(struct tide_watermark *watermark); /* a zeroed one is fine */

/* All of these return the watermark as it is then: least_ms. They cost O(1), but O(inputs) where an
 * input moves or leaves that held the least. */

/* Input `input` has reached `watermark_ms`. Not heard while it is idle. */
int64_t tide_watermark_advance(struct tide_watermark *watermark, unsigned input,
                               int64_t watermark_ms);

/* No row is to be expected of the input for now. */
int64_t tide_watermark_set_idle(struct tide_watermark *watermark, unsigned input);

/* The input brings rows again. */
int64_t tide_watermark_set_active(struct tide_watermark *watermark, unsigned input);

/* Nothing will ever come of the input again. When the last one finishes, everything may fire. */
int64_t tide_watermark_finish(struct tide_watermark *watermark, unsigned input);

#endif
