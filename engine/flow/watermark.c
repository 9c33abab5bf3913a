#include "engine/flow/watermark.h"

bool tide_watermark_init(struct tide_watermark *watermark, unsigned input_count)
{
    TIDE_ASSERT(input_count >= 1);
    *watermark = (struct tide_watermark){
        .input_count = input_count, .active_count = input_count, .least_ms = TIDE_WATERMARK_NONE};
    watermark->inputs = tide_alloc(tide_watermark_bytes(input_count));
    if (!watermark->inputs) return false;
    for (unsigned i = 0; i < input_count; i++)
        watermark->inputs[i] =
            (struct tide_watermark_input){.watermark_ms = TIDE_WATERMARK_NONE, .counts = true};
    return true;
}

void tide_watermark_fini(struct tide_watermark *watermark)
{
    tide_free(watermark->inputs);
    *watermark = (struct tide_watermark){0};
}

static struct tide_watermark_input *input_of(struct tide_watermark *watermark, unsigned input)
{
    TIDE_ASSERT(input < watermark->input_count);
    return &watermark->inputs[input];
}

/* Moves on to the least watermark that counts. */
static int64_t find_least(struct tide_watermark *watermark)
{
    int64_t least_ms = TIDE_WATERMARK_END;
    bool any = false;
    for (unsigned i = 0; i < watermark->input_count; i++) {
        const struct tide_watermark_input *input = &watermark->inputs[i];
        if (!input->counts) continue;
        any = true;
        if (input->watermark_ms < least_ms) least_ms = input->watermark_ms;
    }
    if (any && least_ms > watermark->least_ms) watermark->least_ms = least_ms;
    return watermark->least_ms;
}

/* Moves on to the greatest watermark of all that may still say something. */
static int64_t find_greatest(struct tide_watermark *watermark)
{
    for (unsigned i = 0; i < watermark->input_count; i++) {
        const struct tide_watermark_input *input = &watermark->inputs[i];
        if (!input->is_finished && input->watermark_ms > watermark->least_ms)
            watermark->least_ms = input->watermark_ms;
    }
    return watermark->least_ms;
}

int64_t tide_watermark_advance(struct tide_watermark *watermark, unsigned input,
                               int64_t watermark_ms)
{
    struct tide_watermark_input *moved = input_of(watermark, input);
    TIDE_ASSERT(!moved->is_finished);
    const int64_t before_ms = moved->watermark_ms;
    if (watermark_ms <= before_ms || moved->is_idle) return watermark->least_ms;
    moved->watermark_ms = watermark_ms;
    if (moved->counts && before_ms > watermark->least_ms) return watermark->least_ms;
    if (!moved->counts) moved->counts = watermark_ms >= watermark->least_ms;
    return find_least(watermark);
}

int64_t tide_watermark_set_idle(struct tide_watermark *watermark, unsigned input)
{
    struct tide_watermark_input *idle = input_of(watermark, input);
    TIDE_ASSERT(!idle->is_finished);
    if (idle->is_idle) return watermark->least_ms;
    idle->is_idle = true;
    idle->counts = false;
    watermark->active_count--;
    return watermark->active_count == 0 ? find_greatest(watermark) : find_least(watermark);
}

int64_t tide_watermark_set_active(struct tide_watermark *watermark, unsigned input)
{
    struct tide_watermark_input *active = input_of(watermark, input);
    TIDE_ASSERT(!active->is_finished);
    if (!active->is_idle) return watermark->least_ms;
    active->is_idle = false;
    active->counts = active->watermark_ms >= watermark->least_ms;
    watermark->active_count++;
    return find_least(watermark);
}

int64_t tide_watermark_finish(struct tide_watermark *watermark, unsigned input)
{
    struct tide_watermark_input *finished = input_of(watermark, input);
    TIDE_ASSERT(!finished->is_finished);
    if (!finished->is_idle) watermark->active_count--;
    finished->is_finished = true;
    finished->counts = false;
    watermark->finished_count++;
    if (watermark->finished_count == watermark->input_count)
        return watermark->least_ms = TIDE_WATERMARK_END;
    return watermark->active_count == 0 ? find_greatest(watermark) : find_least(watermark);
}
