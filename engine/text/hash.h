/*
 * hash: 64 bits of a key, seeded, so that crafted keys cannot make the tables slow.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   no output may depend on the seed; rows are routed and found by it, never ordered by it.
 */
#ifndef TIDE_TEXT_HASH_H
#define TIDE_TEXT_HASH_H

#include "engine/text/decimal.h"

#include <string.h>

enum { TIDE_KEY_INLINE_BYTES = 16 };

struct tide_hash_seed {
    uint64_t words[2];
};

/* Both halves of a 128-bit product, folded. The mixing step of wyhash (Wang Yi) and of many after
 * it. */
static inline uint64_t tide_hash_mix(uint64_t a, uint64_t b)
{
    tide_uint128 product = (tide_uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Hash of an inline key: at most 16 bytes, zero padded. */
static inline uint64_t tide_hash_inline(const struct tide_hash_seed *seed, uint64_t low,
                                        uint64_t high)
{
    return tide_hash_mix(low ^ seed->words[0], high ^ seed->words[1]);
}

/* Hash of a longer key, 16 bytes a step; the last step overlaps instead of padding. */
static inline uint64_t tide_hash_bytes(const struct tide_hash_seed *seed, const char *key,
                                       size_t bytes)
{
    uint64_t low, high, hash = seed->words[0] ^ bytes;
    for (size_t done = 0; done + TIDE_KEY_INLINE_BYTES < bytes; done += TIDE_KEY_INLINE_BYTES) {
        memcpy(&low, key + done, 8);
        memcpy(&high, key + done + 8, 8);
        hash = tide_hash_mix(low ^ hash, high ^ seed->words[1]);
    }
    memcpy(&low, key + bytes - 16, 8);
    memcpy(&high, key + bytes - 8, 8);
    return tide_hash_mix(low ^ hash, high ^ seed->words[1]);
}

/* Which of `count` workers owns a hash; the tables use its low half as it is. One folded product
 * spreads short keys that look alike well for most seeds and badly for some (in one of a hundred a
 * worker of eight got 1.5 times its share), so it is multiplied once more (D. Knuth, The Art of
 * Computer Programming 3, 6.4: multiplicative hashing). */
static inline uint32_t tide_hash_route(uint64_t hash, uint32_t count)
{
    uint64_t spread = hash * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio, odd */
    return (uint32_t)((spread >> 32) * count >> 32);
}

#endif
