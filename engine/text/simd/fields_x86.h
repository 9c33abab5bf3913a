/*
 * fields_x86: the scanner's primitives on one field, on 16-byte vectors: both vector headers use
 *           them. (Masked loads of AVX-512 were tried here and are slower: the load has to wait for
 *           its mask.)
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   reads 16 bytes from a key on, 16 bytes before a number's end.
 */
#ifndef TIDE_TEXT_SIMD_FIELDS_X86_H
#define TIDE_TEXT_SIMD_FIELDS_X86_H

#include "engine/text/scan.h"

#include <immintrin.h>
#include <string.h>

/* Sixteen bytes of ones between zeroes: a window on it keeps the first or the last n bytes of a
 * vector. */
static const uint8_t ones_amid_zeroes[48] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

static inline __m128i first_bytes(uint32_t bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(ones_amid_zeroes + 32 - bytes));
}

static inline __m128i last_bytes(uint32_t bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(ones_amid_zeroes + bytes));
}

/* The first `bytes` (<= 16) bytes at p, zero padded. */
static inline void load_key(const char *p, uint32_t bytes, uint64_t key[2])
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)p);
    _mm_storeu_si128((__m128i *)(void *)key, _mm_and_si128(text, first_bytes(bytes)));
}

/* Three bytes, the first one lowest; reads one before them too. */
static inline uint32_t load_3(const char *p)
{
    uint32_t bytes;
    memcpy(&bytes, p - 1, sizeof bytes);
    return bytes >> 8;
}

static inline bool same_16(const char *a, const char *b)
{
    __m128i differ = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)a),
                                   _mm_loadu_si128((const __m128i *)(const void *)b));
    return _mm_testz_si128(differ, differ);
}

/* The last `bytes` bytes before end, right-aligned and less '0', with zeroes in front; *marks:
 * where a mark is. */
static inline __m128i load_number(const char *end, uint32_t bytes, char mark, unsigned *marks)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(end - 16)),
            inside = last_bytes(bytes);
    *marks = (unsigned)_mm_movemask_epi8(
        _mm_and_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(mark)), inside));
    return _mm_and_si128(_mm_sub_epi8(text, _mm_set1_epi8('0')), inside);
}

/* Reads `bytes` (0 .. 16) bytes before `end` as digits with at most one decimal mark. *place: where
 * the mark would stand if the number ended at byte 15, or TIDE_DECODE_NO_MARK. False if anything
 * else is in it, or no digit. Digits are gathered into one right-aligned vector by a shuffle that
 * takes out the mark, then added up pairwise: tens, hundreds, ten thousands. */
static inline bool read_number(const char *end, uint32_t bytes, char mark, uint64_t *digits,
                               uint32_t *place)
{
    /* Row [p]: the mark stands at byte p, what is before it moves up by one; row [16]: no mark. */
    static const int8_t gather[17][16] = {
        {-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    };
    unsigned marks;
    __m128i value =
        load_number(end, bytes, mark, &marks); /* a second mark stays, and is no digit */
    *place = (uint32_t)_tzcnt_u32(marks | 1u << TIDE_DECODE_NO_MARK);

    value = _mm_shuffle_epi8(value, _mm_loadu_si128((const __m128i *)(const void *)gather[*place]));
    __m128i beyond_nine = _mm_subs_epu8(value, _mm_set1_epi8(9));

    __m128i pairs = _mm_maddubs_epi16(value, _mm_set1_epi16(0x010A));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    uint64_t two = (uint64_t)_mm_cvtsi128_si64(eights);
    *digits = (two & 0xFFFFFFFFu) * 100000000u + (two >> 32);
    return _mm_testz_si128(beyond_nine, beyond_nine) & (bytes != (marks != 0));
}

#endif
