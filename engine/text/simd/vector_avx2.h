/*
 * vector_avx2: the scanner's primitives on AVX2 and BMI2.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   reads TIDE_CSV_STEP_BYTES from p, 16 bytes from a key on, 16 bytes before a number's end.
 */
#ifndef TIDE_TEXT_SIMD_VECTOR_AVX2_H
#define TIDE_TEXT_SIMD_VECTOR_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TIDE_SCANNER tide_scanner_avx2
#define TIDE_SCANNER_NAME "avx2"

struct step_masks {
    uint64_t delimiter, lf;
    uint64_t rare; /* not zero: the step holds a quote, CR or NUL, whose masks then have to be made */
};

static inline uint64_t both_masks(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t byte_mask(const char *p, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    return both_masks(_mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)p), wanted),
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
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)bits), _mm_set1_epi8((char)0xFF), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Writes base + the place of each set bit; may write up to 8 entries too many, which the next call overwrites. */
static inline uint32_t *flatten(uint32_t *out, uint64_t bits, uint32_t base)
{
    unsigned count = (unsigned)_mm_popcnt_u64(bits);
    for (unsigned i = 0; i < 4; i++, bits = _blsr_u64(bits)) out[i] = base + (uint32_t)_tzcnt_u64(bits);
    if (count > 4) {
        for (unsigned i = 4; i < 8; i++, bits = _blsr_u64(bits)) out[i] = base + (uint32_t)_tzcnt_u64(bits);
        for (unsigned i = 8; i < count; i++, bits = _blsr_u64(bits)) out[i] = base + (uint32_t)_tzcnt_u64(bits);
    }
    return out + count;
}

static inline unsigned count_bits(uint64_t bits)
{
    return (unsigned)_mm_popcnt_u64(bits);
}

/* The first `bytes` (<= 16) bytes at p, zero padded. */
static inline void load_key(const char *p, uint32_t bytes, uint64_t key[2])
{
    const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i keep = _mm_cmpgt_epi8(_mm_set1_epi8((char)bytes), places);
    _mm_storeu_si128((__m128i *)(void *)key, _mm_and_si128(text, keep));
}

static inline bool same_16(const char *a, const char *b)
{
    __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
                                   _mm_loadu_si128((const __m128i *)(const void *)b));
    return _mm_movemask_epi8(equal) == 0xFFFF;
}

/* Reads a number of digits with at most one decimal mark that ends before `end` and is `bytes` (1 .. 16) long.
 * False if anything else is in it, or no digit. Digits are gathered into one right-aligned vector by a shuffle that
 * takes out the mark, then added up pairwise: tens, hundreds, ten thousands. */
static inline bool read_number(const char *end, uint32_t bytes, char mark, uint64_t *digits, uint32_t *decimals)
{
    /* Row [p]: the mark stands at byte p, what is before it moves up by one; row [16]: no mark. */
    static const int8_t gather[17][16] = {
        {-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},  {-1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},  {-1, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},  {-1, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15},  {-1, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15},  {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15},   {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15},   {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15},
        {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15},   {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14},
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    };
    static const uint8_t decimals_behind[17] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0};
    const __m128i places = _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(end - 16));
    __m128i inside = _mm_cmpgt_epi8(_mm_set1_epi8((char)bytes), places);
    unsigned marks = (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(mark)), inside));
    unsigned place = (unsigned)_tzcnt_u32(marks | 1u << 16);
    uint32_t digit_count = bytes - (uint32_t)_mm_popcnt_u32(marks);

    __m128i value = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    value = _mm_shuffle_epi8(value, _mm_loadu_si128((const __m128i *)(const void *)gather[place]));
    value = _mm_and_si128(value, _mm_cmpgt_epi8(_mm_set1_epi8((char)digit_count), places));
    __m128i beyond_nine = _mm_subs_epu8(value, _mm_set1_epi8(9));

    __m128i pairs = _mm_maddubs_epi16(value, _mm_set1_epi16(0x010A));
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    uint64_t two = (uint64_t)_mm_cvtsi128_si64(eights);
    *digits = (two & 0xFFFFFFFFu) * 100000000u + (two >> 32);
    *decimals = decimals_behind[place];
    return _mm_testz_si128(beyond_nine, beyond_nine) && digit_count > 0 && (marks & (marks - 1)) == 0;
}

#endif
