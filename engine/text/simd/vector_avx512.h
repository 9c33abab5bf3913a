/*
 * vector_avx512: the scanner's primitives on AVX-512 with byte masks and byte compression (VBMI2).
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   as vector_avx2.h.
 *
 * A comparison gives its mask at once, and the places of the set bits are had by pressing the
 * numbers 0 to 63 together under the mask: a third of the instructions AVX2 needs for the index.
 */
#ifndef TIDE_TEXT_SIMD_VECTOR_AVX512_H
#define TIDE_TEXT_SIMD_VECTOR_AVX512_H

#include "engine/text/simd/fields_x86.h"

#include <immintrin.h>
#include <stdint.h>

#define TIDE_SCANNER      tide_scanner_avx512
#define TIDE_SCANNER_NAME "avx512"
#define TIDE_VECTOR_BYTES 64

struct step_masks {
    uint64_t delimiter, lf;
    uint64_t rare; /* quotes, CRs and NULs */
};

static inline uint64_t byte_mask(const char *p, char byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(byte));
}

static inline struct step_masks classify(const char *p, char delimiter)
{
    __m512i bytes = _mm512_loadu_si512(p);
    return (struct step_masks){
        .delimiter = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(delimiter)),
        .lf = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
        .rare = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')) |
                _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r')) |
                _mm512_testn_epi8_mask(bytes, bytes),
    };
}

/* Bit i of the result: the parity of bits 0 .. i. */
static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline unsigned count_bits(uint64_t bits)
{
    return (unsigned)_mm_popcnt_u64(bits);
}

/* Writes base + the place of each set bit; may write up to 16 entries too many, which the next call
 * overwrites. */
static inline uint32_t *flatten(uint32_t *out, uint64_t bits, uint32_t base)
{
    const __m512i places = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41,
        40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18,
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i pressed = _mm512_maskz_compress_epi8(bits, places),
            bases = _mm512_set1_epi32((int)base);
    unsigned count = count_bits(bits);
    _mm512_storeu_si512(
        out, _mm512_add_epi32(bases, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(pressed))));
    if (count > 16) {
        _mm512_storeu_si512(
            out + 16,
            _mm512_add_epi32(bases, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(pressed, 1))));
        _mm512_storeu_si512(
            out + 32,
            _mm512_add_epi32(bases, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(pressed, 2))));
        _mm512_storeu_si512(
            out + 48,
            _mm512_add_epi32(bases, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(pressed, 3))));
    }
    return out + count;
}

#endif
