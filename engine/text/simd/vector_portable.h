/*
 * vector_portable: the scanner's primitives in plain C, eight bytes a step.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   as vector_avx2.h.
 */
#ifndef TIDE_TEXT_SIMD_VECTOR_PORTABLE_H
#define TIDE_TEXT_SIMD_VECTOR_PORTABLE_H

#include "engine/text/scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TIDE_SCANNER      tide_scanner_portable
#define TIDE_SCANNER_NAME "portable"
#define TIDE_VECTOR_BYTES 16

struct step_masks {
    uint64_t delimiter, lf, rare;
};

/* Bit i: byte i of the eight equals `byte`. Zero bytes are found exactly (no carries between
 * bytes), then their high bits are gathered by a multiplication. (H. Warren, Hacker's Delight,
 * 6-1.) */
static inline uint64_t byte_mask_8(const char *p, char byte)
{
    const uint64_t ones = 0x0101010101010101u, low7 = 0x7F7F7F7F7F7F7F7Fu;
    uint64_t word;
    memcpy(&word, p, sizeof word);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) word = __builtin_bswap64(word);
    word ^= ones * (unsigned char)byte;
    uint64_t zero = ~(((word & low7) + low7) | word | low7);
    return (zero >> 7) * 0x0102040810204080u >> 56;
}

static inline uint64_t byte_mask(const char *p, char byte)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 8; i++) mask |= byte_mask_8(p + 8 * i, byte) << (8 * i);
    return mask;
}

static inline struct step_masks classify(const char *p, char delimiter)
{
    return (struct step_masks){
        .delimiter = byte_mask(p, delimiter),
        .lf = byte_mask(p, '\n'),
        .rare = byte_mask(p, '"') | byte_mask(p, '\r') | byte_mask(p, '\0'),
    };
}

static inline uint64_t prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

static inline uint32_t *flatten(uint32_t *out, uint64_t bits, uint32_t base)
{
    for (; bits; bits &= bits - 1) *out++ = base + (uint32_t)__builtin_ctzll(bits);
    return out;
}

static inline unsigned count_bits(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

static inline void load_key(const char *p, uint32_t bytes, uint64_t key[2])
{
    key[0] = key[1] = 0;
    memcpy(key, p, bytes);
}

/* Three bytes, the first one lowest. */
static inline uint32_t load_3(const char *p)
{
    const unsigned char *bytes = (const unsigned char *)p;
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
}

static inline bool same_16(const char *a, const char *b)
{
    return memcmp(a, b, 16) == 0;
}

static inline bool read_number(const char *end, uint32_t bytes, char mark, uint64_t *digits,
                               uint32_t *place)
{
    uint64_t value = 0;
    uint32_t digit_count = 0, mark_count = 0, behind = 0;
    for (const char *p = end - bytes; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9) {
            value = value * 10 + digit;
            digit_count++;
            behind += mark_count;
        } else {
            if (*p != mark) return false;
            mark_count++;
        }
    }
    *digits = value;
    *place = mark_count ? TIDE_DECODE_DIGITS_MAX - 1 - behind : TIDE_DECODE_NO_MARK;
    return digit_count > 0 && mark_count <= 1;
}

#endif
