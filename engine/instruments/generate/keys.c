#include "engine/instruments/generate/keys.h"

#include "engine/instruments/generate/shape_text.h"

#include <string.h>

static const char *const words[] = {
    [TIDE_KEYS_UNIFORM] = "uniform", [TIDE_KEYS_ZIPF] = "zipf",  [TIDE_KEYS_UNIQUE] = "unique",
    [TIDE_KEYS_HOT] = "hot",         [TIDE_KEYS_HOT + 1] = NULL,
};
static const char forms[] = "uniform, zipf:S, unique and hot:K%";
enum { MILLION = 1000000 };

/* `detail` is what stands behind the colon. */
static bool read_detail(struct tide_keys *keys, const struct tide_settings *settings, unsigned id,
                        const char *detail)
{
    static const struct tide_shape_number exponent = {
        .what = "exponent", .scale = 6, .least = 1, .most = 10 * MILLION};
    if (keys->shape == TIDE_KEYS_HOT)
        return tide_shape_share(settings, id, detail, strlen(detail), &keys->hot_share);
    uint64_t millionths;
    if (!tide_shape_number(settings, id, detail, strlen(detail), &exponent, &millionths))
        return false;
    tide_zipf_init(&keys->zipf, (double)millionths / MILLION, keys->count);
    return true;
}

bool tide_keys_read(struct tide_keys *keys, const struct tide_settings *settings, unsigned id,
                    uint64_t count)
{
    const char *text = tide_options_text(settings->options, id);
    size_t word_bytes = strcspn(text, ":");
    const char *detail = text[word_bytes] ? text + word_bytes + 1 : NULL;
    unsigned shape;
    if (!tide_shape_word(settings, id, text, word_bytes, words, forms, &shape)) return false;
    *keys = (struct tide_keys){.shape = (enum tide_key_shape)shape, .count = count};
    bool wants_detail = shape == TIDE_KEYS_ZIPF || shape == TIDE_KEYS_HOT;
    if (wants_detail != (detail != NULL))
        return tide_setting_refuse(settings, id, "'%s' is no shape; there are %s", text, forms);
    if (count == 0 && wants_detail)
        return tide_setting_refuse(settings, id, "'%s' needs a number of keys, and --keys is 0",
                                   text);
    if (count == 0) keys->shape = TIDE_KEYS_UNIQUE;
    return !wants_detail || read_detail(keys, settings, id, detail);
}

uint64_t tide_keys_draw_skewed(const struct tide_keys *keys, uint64_t draw)
{
    if (keys->shape == TIDE_KEYS_ZIPF) return tide_zipf_draw(&keys->zipf, draw);
    if (keys->count == 1 || tide_random_below(draw, TIDE_SHARE_WHOLE) < keys->hot_share) return 1;
    struct tide_random more = {.state = draw};
    return tide_random_below(tide_random_next(&more), keys->count - 1) + 2;
}
