/*
 * watermark: the least watermark over several inputs, which is what a stage may believe.
 * Owns:     its array of inputs.
 * Threads:  one.
 * Blocks:   never; allocates in init only.
 * Errors:   init returns false without memory.
 * Limits:   at least one input. A watermark never goes back; an input that has ended is at
 *           TIDE_WATERMARK_END.
 *
 * This is the min-merge of Flink's StatusWatermarkValve without idle inputs.
 */
#ifndef TIDE_FLOW_WATERMARK_H
#define TIDE_FLOW_WATERMARK_H

#include "engine/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define TIDE_WATERMARK_NONE INT64_MIN /* before the first row */
#define TIDE_WATERMARK_END  INT64_MAX /* the input has ended: everything fires */

struct tide_watermark {
    int64_t *inputs_ms;
    unsigned input_count;
    int64_t least_ms;
};

/* What init allocates. */
static inline size_t tide_watermark_bytes(unsigned input_count)
{
    return input_count * sizeof(int64_t);
}

TIDE_MUST_USE bool tide_watermark_init(struct tide_watermark *watermark, unsigned input_count);
void tide_watermark_fini(struct tide_watermark *watermark); /* a zeroed one is fine */

/* Input `input` has reached `watermark_ms` (not below what it had). Returns the new least. O(1)
 * unless that input held the least, then O(inputs). */
int64_t tide_watermark_advance(struct tide_watermark *watermark, unsigned input,
                               int64_t watermark_ms);

#endif
