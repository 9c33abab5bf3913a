#include "engine/flow/watermark.h"

bool tide_watermark_init(struct tide_watermark *watermark, unsigned input_count)
{
    TIDE_ASSERT(input_count >= 1);
    watermark->inputs_ms = tide_alloc(tide_watermark_bytes(input_count));
    if (!watermark->inputs_ms) return false;
    watermark->input_count = input_count;
    watermark->least_ms = TIDE_WATERMARK_NONE;
    for (unsigned i = 0; i < input_count; i++) watermark->inputs_ms[i] = TIDE_WATERMARK_NONE;
    return true;
}

void tide_watermark_fini(struct tide_watermark *watermark)
{
    tide_free(watermark->inputs_ms);
    *watermark = (struct tide_watermark){0};
}

int64_t tide_watermark_advance(struct tide_watermark *watermark, unsigned input,
                               int64_t watermark_ms)
{
    TIDE_ASSERT(input < watermark->input_count && watermark_ms >= watermark->inputs_ms[input]);
    int64_t before_ms = watermark->inputs_ms[input];
    watermark->inputs_ms[input] = watermark_ms;
    if (before_ms > watermark->least_ms || watermark_ms == before_ms) return watermark->least_ms;
    int64_t least_ms = TIDE_WATERMARK_END;
    for (unsigned i = 0; i < watermark->input_count; i++)
        if (watermark->inputs_ms[i] < least_ms) least_ms = watermark->inputs_ms[i];
    return watermark->least_ms = least_ms;
}
