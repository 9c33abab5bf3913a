/* Does each key go to the subtask to which Flink routes what PyFlink makes of it? */
#include "operators/flink_subtask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/plan/plan.h"

enum { LONG_KEY_BYTES = 1 << 16 };

static unsigned subtask_of(const char *key, unsigned parallelism)
{
    return tide_flink_subtask(tide_flink_key_hash(key, strlen(key), 1), parallelism);
}

/* The hashes below are 62 + Arrays.hashCode(pickle.dumps(key, 5)), computed with CPython 3.11. */

static void text_that_is_no_utf8_is_pickled_as_a_lone_surrogate(void **state)
{
    (void)state;
    assert_int_equal(tide_flink_key_hash("\xff", 1, 1), 1353630834);
}

static void hash_of_a_text_is_that_of_its_pickle_in_a_row(void **state)
{
    (void)state;
    assert_int_equal(tide_flink_key_hash("", 0, 1), -889207977);
    assert_int_equal(tide_flink_key_hash("a", 1, 1), -2088826310);
    assert_int_equal(tide_flink_key_hash("tx1", 3, 1), 1484284550);
    assert_int_equal(tide_flink_key_hash("é", strlen("é"), 1), -838434659);
    assert_int_equal(tide_flink_key_hash("漢字", strlen("漢字"), 1), 66181370);
}

static void longer_texts_have_longer_lengths_and_the_longest_no_frame(void **state)
{
    (void)state;
    static char key[LONG_KEY_BYTES];
    memset(key, 'a', sizeof key);
    assert_int_equal(tide_flink_key_hash(key, 255, 1), 1653164537);
    assert_int_equal(tide_flink_key_hash(key, 256, 1), -906160472);
    assert_int_equal(tide_flink_key_hash(key, LONG_KEY_BYTES - 1, 1), 901185353);
    assert_int_equal(tide_flink_key_hash(key, LONG_KEY_BYTES, 1), -1802725623);
}

static void several_columns_are_a_tuple(void **state)
{
    (void)state;
    assert_int_equal(tide_flink_key_hash("a\0b", 3, 2), 841634219);
    assert_int_equal(tide_flink_key_hash("a\0b\0c", 5, 3), -1417819670);
}

static void one_character_twice_in_a_tuple_is_one_object(void **state)
{
    (void)state;
    assert_int_equal(tide_flink_key_hash("a\0a", 3, 2), 2122883224);
    assert_int_equal(tide_flink_key_hash("ab\0ab", 5, 2), -1062787556);
    assert_int_equal(tide_flink_key_hash("a\0b\0a\0d", 7, 4), 915435957);
    assert_int_equal(tide_flink_key_hash("é\0é", 5, 2), -2122826253);
}

/* tests/golden/pyflink/slow_p2.txt */
static void keys_go_where_a_recorded_run_at_parallelism_2_had_them(void **state)
{
    (void)state;
    static const char *const first[] = {"a", "b", "c", "d"};
    for (unsigned i = 0; i < 4; i++) assert_int_equal(subtask_of(first[i], 2), 1);
    assert_int_equal(subtask_of("e", 2), 2);
}

static void key_groups_are_at_least_128_and_at_most_32768(void **state)
{
    (void)state;
    assert_int_equal(subtask_of("e", 1), 1);
    assert_int_equal(subtask_of("e", 3), 3);
    assert_int_equal(subtask_of("e", 7), 6);
    assert_int_equal(subtask_of("c", 100), 15); /* of 256 groups */
    assert_int_equal(subtask_of("d", TIDE_FLINK_PARALLELISM_MAX), 28849);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_no_utf8_is_pickled_as_a_lone_surrogate),
        cmocka_unit_test(hash_of_a_text_is_that_of_its_pickle_in_a_row),
        cmocka_unit_test(longer_texts_have_longer_lengths_and_the_longest_no_frame),
        cmocka_unit_test(several_columns_are_a_tuple),
        cmocka_unit_test(one_character_twice_in_a_tuple_is_one_object),
        cmocka_unit_test(keys_go_where_a_recorded_run_at_parallelism_2_had_them),
        cmocka_unit_test(key_groups_are_at_least_128_and_at_most_32768),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
