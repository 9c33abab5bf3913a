/*
 * vector_avx2: the scanner's primitives on AVX2 and BMI2.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   reads TIDE_CSV_STEP_BYTES from p, 16 bytes from a key on, 16 bytes before a number's
 *           end.
 */
#ifndef TIDE_TEXT_SIMD_VECTOR_AVX2_H
#define TIDE_TEXT_SIMD_VECTOR_AVX2_H

#include "engine/text/simd/fields_x86.h"

#include <immintrin.h>
#include <stdint.h>

#define TIDE_SCANNER      tide_scanner_avx2
#define TIDE_SCANNER_NAME "avx2"
#define TIDE_VECTOR_BYTES 32

struct step_masks {
    uint64_t delimiter, lf;
    uint64_t
        rare; /* not zero: the step holds a quote, CR or NUL, whose masks then have to be made */
};

static inline uint64_t both_masks(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t byte_mask(const char *p, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    return both_masks(
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p), wanted),
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(p + 32)), wanted));
}

static inline __m256i rare_bytes(__m256i bytes)
{
    __m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    __m256i cr = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\r'));
    __m256i nul = _mm256_cmpeq_epi8(bytes, _mm256_setzero_si256());
    return _mm256_or_si256(_mm256_or_si256(quote, cr), nul);
}

static inline struct step_masks classify(const char *p, char delimiter)
{
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    __m256i wanted = _mm256_set1_epi8(delimiter), lf = _mm256_set1_epi8('\n');
    __m256i rare = _mm256_or_si256(rare_bytes(low), rare_bytes(high));
    return (struct step_masks){
        .delimiter = both_masks(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted)),
        .lf = both_masks(_mm256_cmpeq_epi8(low, lf), _mm256_cmpeq_epi8(high, lf)),
        .rare = (uint64_t)!_mm256_testz_si256(rare, rare),
    };
}

/* Bit i of the result: the parity of bits 0 .. i. */
static inline uint64_t prefix_xor(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Writes base + the place of each set bit; may write up to 8 entries too many, which the next call
 * overwrites. */
static inline uint32_t *flatten(uint32_t *out, uint64_t bits, uint32_t base)
{
    unsigned count = (unsigned)_mm_popcnt_u64(bits);
    for (unsigned i = 0; i < 4; i++, bits = _blsr_u64(bits))
        out[i] = base + (uint32_t)_tzcnt_u64(bits);
    if (count > 4) {
        for (unsigned i = 4; i < 8; i++, bits = _blsr_u64(bits))
            out[i] = base + (uint32_t)_tzcnt_u64(bits);
        for (unsigned i = 8; i < count; i++, bits = _blsr_u64(bits))
            out[i] = base + (uint32_t)_tzcnt_u64(bits);
    }
    return out + count;
}

static inline unsigned count_bits(uint64_t bits)
{
    return (unsigned)_mm_popcnt_u64(bits);
}

#endif
