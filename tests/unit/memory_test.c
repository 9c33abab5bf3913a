/* Is memory what was asked for: aligned, zeroed, copied, and NULL when there cannot be that much?
 */
#include "engine/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* Sanitizers stop at a request that cannot be met unless they are told not to. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void request_that_overflows_gives_null(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX / 2 + 1;
    assert_null(tide_alloc_zeroed(huge, 2));
    assert_null(tide_alloc_zeroed(2, huge));
    assert_null(tide_alloc_aligned(TIDE_PAGE_BYTES, huge + (huge - 1)));
}

static void failed_growth_leaves_the_old_block(void **state)
{
    (void)state;
    volatile size_t huge = PTRDIFF_MAX;
    char *block = tide_alloc(4);
    assert_non_null(block);
    memcpy(block, "abc", 4);
    assert_null(tide_realloc(block, huge));
    assert_string_equal(block, "abc");
    tide_free(block);
}

static void request_of_no_bytes_gives_a_block_to_free(void **state)
{
    (void)state;
    void *blocks[] = {tide_alloc(0), tide_alloc_zeroed(0, 8), tide_alloc_zeroed(8, 0),
                      tide_alloc_aligned(TIDE_LINE_BYTES, 0), tide_realloc(NULL, 0)};
    for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        assert_non_null(blocks[i]);
        tide_free(blocks[i]);
    }
    tide_free(NULL);
}

static void aligned_blocks_are_aligned_and_as_large_as_asked(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 63, 64, 65, 4096, 100001};
    for (size_t alignment = 16; alignment <= TIDE_PAGE_BYTES; alignment *= 2)
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            char *block = tide_alloc_aligned(alignment, sizes[i]);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % alignment, 0);
            memset(block, 1, sizes[i]);
            tide_free(block);
        }
}

static void zeroed_block_is_zero(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 4; round++) {
        unsigned char *block = tide_alloc_zeroed(100, 7);
        assert_non_null(block);
        for (unsigned i = 0; i < 700; i++) assert_int_equal(block[i], 0);
        memset(block, 0xFF, 700); /* what the next round may get again */
        tide_free(block);
    }
}

static void copies_end_in_nul(void **state)
{
    (void)state;
    char *whole = tide_strdup("tide"), *part = tide_strndup("tidemark", 4),
         *none = tide_strndup("", 0);
    assert_string_equal(whole, "tide");
    assert_string_equal(part, "tide");
    assert_string_equal(none, "");
    tide_free(whole);
    tide_free(part);
    tide_free(none);
}

static void allocator_has_a_name(void **state)
{
    (void)state;
    assert_true(strlen(tide_allocator_name()) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_that_overflows_gives_null),
        cmocka_unit_test(failed_growth_leaves_the_old_block),
        cmocka_unit_test(request_of_no_bytes_gives_a_block_to_free),
        cmocka_unit_test(aligned_blocks_are_aligned_and_as_large_as_asked),
        cmocka_unit_test(zeroed_block_is_zero),
        cmocka_unit_test(copies_end_in_nul),
        cmocka_unit_test(allocator_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
