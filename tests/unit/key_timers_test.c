/* Does a set of timers hold one of each key and time, give the one that is due first, by its key's
 * bytes where several are, and lose none when it grows or others are taken out? */
#include "engine/state/key_timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chance.h"

enum { OWNERS = 40, TIMES = 30, STEPS = 200000, MANY = 5000 };

static const struct tide_hash_seed seed = {{3, 5}};

/* How many leaves an owner's timers have: the record's room behind its head. */
static uint64_t *held(struct tide_key_record *owner)
{
    return (uint64_t *)(void *)(owner + 1);
}

static void let_go(void *context, struct tide_key_record *owner)
{
    (void)context;
    assert_true(*held(owner) > 0);
    --*held(owner);
}

/* Records as a table makes them: owner i's key is a text that does not sort like i does. */
struct owners {
    struct tide_key_table table;
    struct tide_key_record *at[OWNERS];
};

static struct tide_key_record *record_of(struct tide_key_table *table, const char *text)
{
    struct tide_key key = {.bytes = (uint32_t)strlen(text)};
    uint64_t hash;
    bool is_new;
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text, key.bytes);
        hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
    } else {
        hash = tide_hash_bytes(&seed, text, key.bytes);
        key.words[0] = (uint64_t)(uintptr_t)text;
        key.words[1] = hash;
    }
    struct tide_key_record *record = tide_key_table_put(table, &key, hash, &is_new);
    assert_non_null(record);
    return record;
}

static void open_owners(struct owners *owners)
{
    char text[64];
    assert_true(tide_key_table_init(&owners->table, 48));
    for (int i = 0; i < OWNERS; i++) {
        snprintf(text, sizeof text, i % 3 ? "%d" : "%d and a key that is longer than sixteen", i);
        owners->at[i] = record_of(&owners->table, text);
    }
}

static void add(struct tide_key_timers *timers, struct tide_key_record *owner, int64_t time_ms)
{
    assert_int_equal(tide_key_timers_add(timers, owner, time_ms, time_ms), TIDE_TIMER_ADDED);
    ++*held(owner);
}

/* Takes the first one out and expects it to be this one. */
static void take(struct tide_key_timers *timers, const struct tide_key_record *owner,
                 int64_t time_ms)
{
    const struct tide_key_timer *first = tide_key_timers_first(timers);
    assert_non_null(first);
    assert_ptr_equal(first->owner, owner);
    assert_int_equal(first->time_ms, time_ms);
    assert_true(tide_key_timers_remove(timers, owner, time_ms));
}

static void empty_set_has_no_first_timer_and_nothing_to_remove(void **state)
{
    (void)state;
    struct owners owners;
    struct tide_key_timers timers;
    open_owners(&owners);
    assert_true(tide_key_timers_init(&timers, let_go, NULL));
    assert_null(tide_key_timers_first(&timers));
    assert_false(tide_key_timers_remove(&timers, owners.at[0], 5));
    add(&timers, owners.at[0], 5);
    assert_false(tide_key_timers_remove(&timers, owners.at[0], 6));
    assert_false(tide_key_timers_remove(&timers, owners.at[1], 5));
    take(&timers, owners.at[0], 5);
    assert_null(tide_key_timers_first(&timers));
    tide_key_timers_fini(&timers);
    tide_key_table_fini(&owners.table);
}

static void the_same_key_and_time_is_there_once(void **state)
{
    (void)state;
    struct owners owners;
    struct tide_key_timers timers;
    open_owners(&owners);
    assert_true(tide_key_timers_init(&timers, let_go, NULL));
    add(&timers, owners.at[3], INT64_MAX);
    assert_int_equal(tide_key_timers_add(&timers, owners.at[3], INT64_MAX, INT64_MAX),
                     TIDE_TIMER_IS_THERE);
    add(&timers, owners.at[4], INT64_MAX);
    add(&timers, owners.at[3], INT64_MIN);
    take(&timers, owners.at[3], INT64_MIN);
    assert_true(tide_key_timers_remove(&timers, owners.at[3], INT64_MAX));
    add(&timers, owners.at[3], INT64_MAX);
    assert_int_equal(timers.count, 2);
    tide_key_timers_fini(&timers);
    tide_key_table_fini(&owners.table);
}

static void equal_times_come_by_key_bytes_and_one_that_is_due_later_than_its_time_then(void **state)
{
    (void)state;
    struct tide_key_table table;
    struct tide_key_timers timers;
    static const char *const sorted[] = {
        "", "A", "B", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaab", "ab", "\x7f", "\x80"};
    enum { COUNT = sizeof sorted / sizeof sorted[0] };
    struct tide_key_record *records[COUNT];
    assert_true(tide_key_table_init(&table, 48));
    assert_true(tide_key_timers_init(&timers, let_go, NULL));
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned at = (i * 5 + 3) % COUNT;
        records[at] = record_of(&table, sorted[at]);
        add(&timers, records[at], 70);
    }
    assert_int_equal(tide_key_timers_add(&timers, records[2], 60, 70), TIDE_TIMER_ADDED);
    ++*held(records[2]);
    for (unsigned i = 0; i < COUNT; i++) {
        take(&timers, records[i], 70);
        if (i == 2) take(&timers, records[i], 60);
    }
    assert_null(tide_key_timers_first(&timers));
    tide_key_timers_fini(&timers);
    tide_key_table_fini(&table);
}

static void first_is_what_a_naive_search_finds(void **state)
{
    (void)state;
    struct owners owners;
    struct tide_key_timers timers;
    static bool there[OWNERS][TIMES];
    struct chance chance = chance_begin();
    unsigned count = 0;
    open_owners(&owners);
    assert_true(tide_key_timers_init(&timers, let_go, NULL));
    memset(there, 0, sizeof there);
    for (int step = 0; step < STEPS; step++) {
        unsigned i = chance_below(&chance, OWNERS), time = chance_below(&chance, TIMES);
        if (chance_is(&chance, 2)) {
            enum tide_timer_added added =
                tide_key_timers_add(&timers, owners.at[i], (int64_t)time - 15, (int64_t)time - 15);
            assert_int_equal(added, there[i][time] ? TIDE_TIMER_IS_THERE : TIDE_TIMER_ADDED);
            *held(owners.at[i]) += added == TIDE_TIMER_ADDED;
            count += !there[i][time];
            there[i][time] = true;
        } else {
            bool removed = tide_key_timers_remove(&timers, owners.at[i], (int64_t)time - 15);
            assert_true(removed == there[i][time]);
            count -= there[i][time];
            there[i][time] = false;
        }
        assert_int_equal(timers.count, count);
        const struct tide_key_timer *first = tide_key_timers_first(&timers);
        unsigned least = 0;
        for (bool any = false; least < TIMES && !any; least += !any)
            for (unsigned j = 0; j < OWNERS; j++) any = any || there[j][least];
        uint64_t leaves = 0;
        for (unsigned j = 0; j < OWNERS; j++) leaves += *held(owners.at[j]);
        assert_true(leaves >= count && leaves <= 2 * count + 64);
        if (least == TIMES) assert_null(first);
        else assert_int_equal(first->time_ms, (int64_t)least - 15);
    }
    tide_key_timers_fini(&timers);
    tide_key_table_fini(&owners.table);
}

static void many_timers_of_one_key_come_in_order(void **state)
{
    (void)state;
    struct owners owners;
    struct tide_key_timers timers;
    open_owners(&owners);
    assert_true(tide_key_timers_init(&timers, let_go, NULL));
    for (int64_t i = 0; i < MANY; i++) add(&timers, owners.at[0], i * 1237 % MANY);
    for (int64_t i = 0; i < MANY; i += 2)
        assert_true(tide_key_timers_remove(&timers, owners.at[0], i));
    for (int64_t i = 1; i < MANY; i += 2) take(&timers, owners.at[0], i);
    assert_null(tide_key_timers_first(&timers));
    assert_int_equal(*held(owners.at[0]), 0);
    tide_key_timers_fini(&timers);
    tide_key_table_fini(&owners.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_set_has_no_first_timer_and_nothing_to_remove),
        cmocka_unit_test(the_same_key_and_time_is_there_once),
        cmocka_unit_test(
            equal_times_come_by_key_bytes_and_one_that_is_due_later_than_its_time_then),
        cmocka_unit_test(first_is_what_a_naive_search_finds),
        cmocka_unit_test(many_timers_of_one_key_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
