/* Is no more claimed than the limit allows, by one thread and by several, and is a refusal told? */
#include "engine/base/memory.h"
#include "engine/base/memory_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

enum { MIB = 1 << 20, LIMIT_MIB = 512, START_MIB = 64, THREADS = 8, BLOCKS_MAX = 4096 };

/* What is left by the accounts: a part in 32 is the allocator's. */
enum { LEFT_MIB = LIMIT_MIB - LIMIT_MIB / 32 - START_MIB };

static void assert_refused(size_t bytes)
{
    struct tide_error error = {0};
    assert_null(tide_alloc(bytes));
    assert_false(tide_error_memory(&error, "a test"));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_non_null(strstr(error.text, "no room for a test within --memory"));
}

static void a_block_beyond_the_limit_is_refused_and_said_once(void **state)
{
    (void)state;
    struct tide_error error = {0};
    assert_refused((size_t)LIMIT_MIB * 2 * MIB);
    assert_refused((size_t)(LEFT_MIB + 1) * MIB);
    assert_false(tide_error_memory(&error, "another"));
    assert_string_equal(error.text, "out of memory for another");
}

static void a_product_that_overflows_is_no_claim(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX / 2 + 1;
    assert_null(tide_alloc_zeroed(huge, 2));
    char *block = tide_alloc((size_t)(LEFT_MIB - 1) * MIB);
    assert_non_null(block);
    tide_free(block);
}

static void what_is_freed_can_be_taken_again(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        char *block = tide_alloc_aligned(TIDE_PAGE_BYTES, (size_t)(LEFT_MIB - 1) * MIB);
        assert_non_null(block);
        assert_refused((size_t)2 * MIB);
        tide_free(block);
    }
}

static void growth_needs_room_for_both_blocks(void **state)
{
    (void)state;
    char *block = tide_alloc((size_t)LEFT_MIB / 2 * MIB);
    assert_non_null(block);
    assert_null(tide_realloc(block, (size_t)(LEFT_MIB / 2 + 1) * MIB));
    block = tide_realloc(block, (size_t)LEFT_MIB / 4 * MIB);
    assert_non_null(block);
    block = tide_realloc(block, (size_t)LEFT_MIB / 2 * MIB);
    assert_non_null(block);
    tide_free(block);
}

static void small_blocks_add_up(void **state)
{
    (void)state;
    static char *blocks[(size_t)LIMIT_MIB * 1024];
    unsigned count = 0;
    while (count < sizeof blocks / sizeof *blocks && (blocks[count] = tide_alloc(1024))) count++;
    assert_in_range(count, (uint64_t)LEFT_MIB * 1024 * 9 / 10, (uint64_t)LEFT_MIB * 1024);
    assert_refused(TIDE_PAGE_BYTES);
    while (count > 0) tide_free(blocks[--count]);
}

struct taker {
    pthread_t thread;
    char *blocks[BLOCKS_MAX];
    unsigned count;
};

static void *take_all(void *context)
{
    struct taker *taker = context;
    while (taker->count < BLOCKS_MAX && (taker->blocks[taker->count] = tide_alloc((size_t)MIB / 8)))
        taker->count++;
    return NULL;
}

static void threads_together_take_no_more_than_one(void **state)
{
    (void)state;
    static struct taker takers[THREADS];
    unsigned count = 0;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take_all, &takers[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(takers[i].thread, NULL);
        count += takers[i].count;
    }
    assert_in_range(count, (uint64_t)LEFT_MIB * 8 * 9 / 10, (uint64_t)LEFT_MIB * 8);
    for (unsigned i = 0; i < THREADS; i++)
        while (takers[i].count > 0) tide_free(takers[i].blocks[--takers[i].count]);
}

static void a_process_within_its_limit_passes(void **state)
{
    (void)state;
    struct tide_error error = {0};
    assert_true(tide_memory_limit_check(&error));
    assert_int_equal(error.exit, TIDE_EXIT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_beyond_the_limit_is_refused_and_said_once),
        cmocka_unit_test(a_product_that_overflows_is_no_claim),
        cmocka_unit_test(what_is_freed_can_be_taken_again),
        cmocka_unit_test(growth_needs_room_for_both_blocks),
        cmocka_unit_test(small_blocks_add_up),
        cmocka_unit_test(threads_together_take_no_more_than_one),
        cmocka_unit_test(a_process_within_its_limit_passes),
    };
    tide_memory_limit_set((uint64_t)LIMIT_MIB * MIB, (uint64_t)START_MIB * MIB);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
