/* Does a table of keyed records find every key that is in it and no other, wherever keys were
 * removed, does no record move, and is nothing lost when memory runs out? */
#include "counted_memory.h"

#include "chance.h"
#include "engine/state/key_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { KEYS = 3000, KEY_BYTES_MAX = 64, MILLION = 1000000 };

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};

struct record {
    struct tide_key_record head;
    uint64_t payload[2];
};

struct text {
    char at[KEY_BYTES_MAX];
    uint32_t bytes;
};

/* As rows carry it; borrows the text when that is long. */
static struct tide_key key_of(const struct text *text, uint64_t *hash)
{
    struct tide_key key = {.bytes = text->bytes};
    if (text->bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text->at, text->bytes);
        *hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
    } else {
        *hash = tide_hash_bytes(&seed, text->at, text->bytes);
        key.words[0] = (uint64_t)(uintptr_t)text->at;
        key.words[1] = *hash;
    }
    return key;
}

static struct record *find(const struct tide_key_table *table, const struct text *text)
{
    uint64_t hash;
    struct tide_key key = key_of(text, &hash);
    return tide_key_table_find(table, &key, hash);
}

static struct record *put(struct tide_key_table *table, const struct text *text, bool *is_new)
{
    uint64_t hash;
    struct tide_key key = key_of(text, &hash);
    return tide_key_table_put(table, &key, hash, is_new);
}

/* Every third is longer than 16 bytes. */
static struct text text_of(unsigned number)
{
    struct text text = {.bytes = 0};
    const char *form = number % 3 ? "k%u" : "a key of more than 16 bytes %u";
    text.bytes = (uint32_t)snprintf(text.at, sizeof text.at, form, number);
    return text;
}

static struct tide_key number_key(uint64_t number)
{
    return (struct tide_key){.words = {number + 1, 0}, .bytes = 8};
}

static void begin(struct tide_key_table *table)
{
    assert_true(tide_key_table_init(table, sizeof(struct record)));
}

static void key_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    static const struct text texts[] = {{"", 0},
                                        {"a", 1},
                                        {"a\0b", 3},
                                        {"\0a", 2},
                                        {"1234567890123456", 16},
                                        {"12345678901234567", 17},
                                        {"12345678901234568", 17},
                                        {"12345678901234567890123456789012345678901234567890", 50}};
    enum { COUNT = sizeof texts / sizeof texts[0] };
    struct tide_key_table table;
    begin(&table);
    for (unsigned i = 0; i < COUNT; i++) {
        bool is_new;
        assert_null(find(&table, &texts[i]));
        struct record *record = put(&table, &texts[i], &is_new);
        assert_true(is_new);
        assert_int_equal(record->head.key_bytes, texts[i].bytes);
        assert_memory_equal(tide_key_record_key(&record->head), texts[i].at, texts[i].bytes);
        for (unsigned j = 0; j < COUNT; j++)
            assert_int_equal(find(&table, &texts[j]) != NULL, j <= i);
    }
    tide_key_table_fini(&table);
}

static void put_of_a_key_that_is_there_changes_nothing(void **state)
{
    (void)state;
    struct tide_key_table table;
    begin(&table);
    for (unsigned i = 0; i < 20; i++) {
        bool is_new;
        struct text text = text_of(i);
        struct record *record = put(&table, &text, &is_new);
        record->payload[0] = i + 1;
        assert_ptr_equal(put(&table, &text, &is_new), record);
        assert_false(is_new);
        assert_int_equal(record->payload[0], i + 1);
        assert_int_equal(table.count, i + 1);
    }
    tide_key_table_fini(&table);
}

static void long_keys_with_one_hash_are_told_apart_and_removed_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct tide_key_table table;
    struct text texts[COUNT];
    begin(&table);
    for (unsigned i = 0; i < COUNT; i++) {
        bool is_new;
        texts[i].bytes =
            (uint32_t)snprintf(texts[i].at, KEY_BYTES_MAX, "a key of one hash %02u", i);
        struct tide_key key = {{(uint64_t)(uintptr_t)texts[i].at, 77}, texts[i].bytes};
        assert_non_null(tide_key_table_put(&table, &key, 77, &is_new));
        assert_true(is_new);
    }
    for (unsigned gone = 0; gone < COUNT; gone++) {
        unsigned victim = gone * 7 % COUNT; /* 7 and COUNT have no common divisor */
        struct tide_key key = {{(uint64_t)(uintptr_t)texts[victim].at, 77}, texts[victim].bytes};
        tide_key_table_remove(&table, tide_key_table_find(&table, &key, 77));
        assert_null(tide_key_table_find(&table, &key, 77));
        for (unsigned i = gone + 1; i < COUNT; i++) {
            const struct text *text = &texts[i * 7 % COUNT];
            struct tide_key other = {{(uint64_t)(uintptr_t)text->at, 77}, text->bytes};
            struct record *record = tide_key_table_find(&table, &other, 77);
            assert_non_null(record);
            assert_memory_equal(tide_key_record_key(&record->head), text->at, text->bytes);
        }
    }
    assert_int_equal(table.count, 0);
    tide_key_table_fini(&table);
}

/* Hashes of the caller's choice: runs of slots that touch, and wrap around the end of the table. */
static void removing_from_crowded_slots_loses_no_other_key(void **state)
{
    (void)state;
    enum { COUNT = 200, ROUNDS = 20000 };
    struct chance chance = chance_begin();
    struct tide_key_table table;
    struct record *records[COUNT] = {NULL};
    uint64_t hashes[COUNT];
    begin(&table);
    for (unsigned i = 0; i < COUNT; i++)
        hashes[i] = UINT64_C(0xFFFFFFF0) + chance_below(&chance, 40) + ((uint64_t)i << 40);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned i = chance_below(&chance, COUNT);
        struct tide_key key = number_key(i);
        bool is_new;
        if (records[i] && chance_is(&chance, 2)) {
            tide_key_table_remove(&table, records[i]);
            records[i] = NULL;
        } else {
            struct record *record = tide_key_table_put(&table, &key, hashes[i], &is_new);
            assert_int_equal(is_new, records[i] == NULL);
            if (!is_new) assert_ptr_equal(record, records[i]);
            records[i] = record;
        }
        unsigned asked = chance_below(&chance, COUNT);
        key = number_key(asked);
        assert_ptr_equal(tide_key_table_find(&table, &key, hashes[asked]), records[asked]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        struct tide_key key = number_key(i);
        assert_ptr_equal(tide_key_table_find(&table, &key, hashes[i]), records[i]);
    }
    tide_key_table_fini(&table);
}

static void records_stay_where_they_are_and_begin_as_zero(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_key_table table;
    static struct record *records[KEYS];
    memset(records, 0, sizeof records);
    begin(&table);
    uint32_t count = 0;
    for (unsigned round = 0; round < KEYS * 8; round++) {
        unsigned i = chance_below(&chance, KEYS);
        struct text text = text_of(i);
        bool is_new;
        if (records[i] && chance_is(&chance, 3)) {
            assert_ptr_equal(find(&table, &text), records[i]);
            tide_key_table_remove(&table, records[i]);
            assert_null(find(&table, &text));
            records[i] = NULL;
            count--;
        } else {
            struct record *record = put(&table, &text, &is_new);
            if (is_new) {
                assert_int_equal(record->payload[0] | record->payload[1], 0);
                record->payload[0] = record->payload[1] = i + 1;
                count++;
            }
            assert_int_equal(record->payload[0], i + 1);
            if (records[i]) assert_ptr_equal(record, records[i]);
            records[i] = record;
        }
        assert_int_equal(table.count, count);
    }
    for (struct record *record = tide_key_table_next(&table, 0); record;
         record = tide_key_table_next(&table, record->head.number + 1)) {
        assert_ptr_equal(record, records[record->payload[0] - 1]);
        assert_ptr_equal(record, tide_key_table_at(&table, record->head.number));
        count--;
    }
    assert_int_equal(count, 0);
    tide_key_table_fini(&table);
}

static void a_million_keys_come_and_go_in_the_room_of_a_million(void **state)
{
    (void)state;
    struct tide_key_table table;
    uint64_t before = counted_held;
    begin(&table);
    for (uint64_t i = 0; i < 3 * MILLION; i++) {
        struct tide_key key = number_key(i);
        uint64_t hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
        bool is_new;
        struct record *record = tide_key_table_put(&table, &key, hash, &is_new);
        assert_true(record && is_new);
        record->payload[0] = i;
        if (i < MILLION) continue;
        key = number_key(i - MILLION);
        hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
        tide_key_table_prefetch(&table, hash);
        tide_key_table_prefetch_record(&table, hash);
        record = tide_key_table_find_inline(&table, key.words[0], key.words[1], hash);
        assert_true(record && record->payload[0] == i - MILLION);
        tide_key_table_remove(&table, record);
    }
    assert_int_equal(table.count, MILLION);
    assert_int_equal(table.record_count, MILLION + 1);
    assert_int_equal(counted_held - before,
                     tide_key_table_bytes(MILLION + 1, sizeof(struct record)));
    tide_key_table_fini(&table);
    assert_int_equal(counted_held, before);
}

static void it_holds_what_it_says_at_every_size(void **state)
{
    (void)state;
    struct tide_key_table table;
    uint64_t before = counted_held;
    begin(&table);
    for (uint64_t i = 0; i < KEYS; i++) {
        assert_int_equal(counted_held - before,
                         tide_key_table_bytes((uint32_t)i, sizeof(struct record)));
        struct tide_key key = number_key(i);
        bool is_new;
        assert_non_null(tide_key_table_put(
            &table, &key, tide_hash_inline(&seed, key.words[0], key.words[1]), &is_new));
    }
    tide_key_table_fini(&table);
}

/* Memory ends at each allocation in turn; what was refused is put again when there is some. */
static void without_memory_nothing_is_added_and_nothing_lost(void **state)
{
    (void)state;
    uint64_t before = counted_held;
    struct tide_key_table table;
    counted_left = 0;
    assert_false(tide_key_table_init(&table, sizeof(struct record)));
    tide_key_table_fini(&table);
    counted_left = INT64_MAX;
    begin(&table);
    unsigned refused = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        struct text text = text_of(i);
        bool is_new;
        for (int64_t left = 0;; left++) {
            counted_left = left;
            bool is_in = put(&table, &text, &is_new) != NULL;
            counted_left = INT64_MAX;
            if (is_in) break;
            refused++;
            assert_null(find(&table, &text));
            assert_int_equal(table.count, i);
        }
        assert_true(is_new);
        assert_int_equal(table.count, i + 1);
    }
    assert_true(refused > KEYS / 3);
    for (unsigned i = 0; i < KEYS; i++) {
        struct text text = text_of(i);
        assert_non_null(find(&table, &text));
    }
    tide_key_table_fini(&table);
    assert_int_equal(counted_held, before);
}

static void fini_of_a_zeroed_table_is_fine(void **state)
{
    (void)state;
    struct tide_key_table table = {0};
    tide_key_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_that_is_not_there_is_not_found),
        cmocka_unit_test(put_of_a_key_that_is_there_changes_nothing),
        cmocka_unit_test(long_keys_with_one_hash_are_told_apart_and_removed_one_by_one),
        cmocka_unit_test(removing_from_crowded_slots_loses_no_other_key),
        cmocka_unit_test(records_stay_where_they_are_and_begin_as_zero),
        cmocka_unit_test(a_million_keys_come_and_go_in_the_room_of_a_million),
        cmocka_unit_test(it_holds_what_it_says_at_every_size),
        cmocka_unit_test(without_memory_nothing_is_added_and_nothing_lost),
        cmocka_unit_test(fini_of_a_zeroed_table_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
