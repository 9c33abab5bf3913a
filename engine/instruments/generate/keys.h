/*
 * keys: which key a generated row has: --keys and --skew.
 * Owns:     nothing.
 * Threads:  read-only after it is read.
 * Blocks:   never; allocates nothing.
 * Errors:   exit 2 for a text that is no shape.
 * Limits:   10^12 keys.
 */
#ifndef TIDE_INSTRUMENTS_GENERATE_KEYS_H
#define TIDE_INSTRUMENTS_GENERATE_KEYS_H

#include "engine/instruments/generate/random.h"
#include "engine/instruments/generate/zipf.h"
#include "engine/plan/setting.h"

enum tide_key_shape {
    TIDE_KEYS_UNIFORM,
    TIDE_KEYS_ZIPF, /* key k as often as k^-S */
    TIDE_KEYS_UNIQUE,
    TIDE_KEYS_HOT, /* key 1 in a share of the rows, the others alike in the rest */
};

struct tide_keys {
    enum tide_key_shape shape;
    uint64_t count;     /* unless unique */
    uint32_t hot_share; /* of TIDE_SHARE_WHOLE */
    struct tide_zipf zipf;
};

/* Reads `uniform`, `zipf:S`, `unique` or `hot:K%` from option `id`. count 0: every row its own key,
 * which is what uniform then means, and no other shape but unique allows. */
TIDE_MUST_USE bool tide_keys_read(struct tide_keys *keys, const struct tide_settings *settings,
                                  unsigned id, uint64_t count);

/* tide_keys_draw for zipf and hot. */
uint64_t tide_keys_draw_skewed(const struct tide_keys *keys, uint64_t draw);

/* The number of a row's key, from 1: takes one draw, none if keys are unique. */
static inline uint64_t tide_keys_draw(const struct tide_keys *keys, struct tide_random *random,
                                      uint64_t row)
{
    if (keys->shape == TIDE_KEYS_UNIQUE) return row + 1;
    uint64_t draw = tide_random_next(random);
    if (keys->shape == TIDE_KEYS_UNIFORM) return tide_random_below(draw, keys->count) + 1;
    return tide_keys_draw_skewed(keys, draw);
}

#endif
