/* Is what a key comes to over the counted panes what adding up its rows there gives, whatever panes
 * came, went, or got rows late? */
#include "engine/state/key_totals.h"

#include "operators/aggregates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chance.h"

enum { KEYS = 40, ROWS_MAX = 20000, PANES_MAX = 4000, PANE_MS = 10, STATES_BYTES = 512 };

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};
static const struct tide_aggregate *const stateful[] = {&tide_aggregate_min, &tide_aggregate_max,
                                                        &tide_aggregate_first, &tide_aggregate_last,
                                                        &tide_aggregate_stddev};
enum { STATEFUL = sizeof stateful / sizeof stateful[0] };

struct given {
    unsigned key, pane;
    int64_t amount, time_ms;
};

struct fixture {
    struct chance chance;
    struct tide_merging merging;
    struct tide_key_totals totals;
    struct tide_pane *panes[PANES_MAX]; /* by start / PANE_MS; NULL: there is none */
    unsigned begin, counted, end;       /* panes below begin are forgotten */
    struct given rows[ROWS_MAX];
    unsigned row_count;
};

static struct tide_merging make_merging(unsigned count)
{
    struct tide_merging merging = {.count = count};
    for (unsigned i = 0; i < count; i++) {
        merging.parts[i].aggregate = stateful[i];
        merging.parts[i].offset = merging.stride;
        merging.stride += stateful[i]->state_bytes;
    }
    return merging;
}

/* A third of the keys are long. */
static struct tide_key key_of(unsigned number, char text[64], uint64_t *hash)
{
    struct tide_key key = {
        .bytes =
            (uint32_t)sprintf(text, number % 3 ? "k%u" : "a key of many bytes, number %u", number)};
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text, key.bytes);
        *hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
    } else {
        *hash = tide_hash_bytes(&seed, text, key.bytes);
        key.words[0] = (uint64_t)(uintptr_t)text;
        key.words[1] = *hash;
    }
    return key;
}

static struct fixture *set_up(unsigned stateful_count, uint64_t chance_seed)
{
    struct fixture *fixture = tide_alloc_zeroed(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->chance = (struct chance){chance_seed};
    fixture->merging = make_merging(stateful_count);
    assert_true(tide_key_totals_init(&fixture->totals, &fixture->merging, &seed));
    return fixture;
}

static void tear_down(struct fixture *fixture)
{
    for (unsigned i = 0; i < PANES_MAX; i++) tide_pane_destroy(fixture->panes[i]);
    tide_key_totals_fini(&fixture->totals);
    tide_free(fixture);
}

static struct tide_pane *make_pane(struct fixture *fixture, unsigned at)
{
    struct tide_pane *pane = tide_pane_create(tide_key_totals_pane_stride(fixture->merging.stride));
    assert_non_null(pane);
    pane->start_ms = (int64_t)at * PANE_MS;
    pane->end_ms = pane->start_ms + PANE_MS;
    fixture->panes[at] = pane;
    return pane;
}

static void fold(struct fixture *fixture, unsigned at, unsigned key_number)
{
    char text[64];
    uint64_t hash;
    const struct tide_key key = key_of(key_number, text, &hash);
    struct tide_pane *pane = fixture->panes[at];
    const uint64_t row = fixture->row_count;
    struct given *given = &fixture->rows[fixture->row_count++];
    assert_true(row < ROWS_MAX);
    *given = (struct given){key_number, at, (int64_t)chance_below(&fixture->chance, 2001) - 1000,
                            pane->start_ms + chance_below(&fixture->chance, PANE_MS)};
    struct tide_entry *entry = tide_pane_find(pane, &key, hash);
    if (!entry) {
        entry = tide_pane_add(pane, &key, hash, &seed);
        assert_non_null(entry);
        entry->first_row = row;
        entry->first_time_ms = given->time_ms;
    }
    const uint8_t fresh = entry->count == 0;
    const tide_int128 amount = given->amount;
    for (unsigned i = 0; i < fixture->merging.count; i++) {
        void *states[] = {tide_pane_states(pane, entry) + fixture->merging.parts[i].offset};
        stateful[i]->fold(states, &amount, &fresh, &row, 1);
    }
    entry->sum += amount;
    entry->count++;
}

/* What a key comes to in panes [begin, end), from its rows. */
static void expect(const struct fixture *fixture, unsigned key, unsigned begin, unsigned end,
                   struct tide_entry *entry, char *states)
{
    *entry = (struct tide_entry){.first_row = UINT64_MAX};
    for (uint64_t i = 0; i < fixture->row_count; i++) {
        const struct given *given = &fixture->rows[i];
        if (given->key != key || given->pane < begin || given->pane >= end) continue;
        const uint8_t fresh = entry->count == 0;
        const tide_int128 amount = given->amount;
        if (fresh) {
            entry->first_row = i;
            entry->first_time_ms = given->time_ms;
        }
        for (unsigned j = 0; j < fixture->merging.count; j++) {
            void *at[] = {states + fixture->merging.parts[j].offset};
            stateful[j]->fold(at, &amount, &fresh, &i, 1);
        }
        entry->sum += amount;
        entry->count++;
    }
}

static void compare(const struct fixture *fixture, const struct tide_entry *found,
                    const char *found_states, const struct tide_entry *expected,
                    const char *expected_states)
{
    assert_true(found->sum == expected->sum);
    assert_int_equal(found->count, expected->count);
    assert_int_equal(found->first_row, expected->first_row);
    assert_int_equal(found->first_time_ms, expected->first_time_ms);
    for (unsigned i = 0; i < fixture->merging.count; i++) {
        const uint32_t offset = fixture->merging.parts[i].offset;
        struct tide_value value = stateful[i]->value(found, found_states + offset, 2);
        struct tide_value wanted = stateful[i]->value(expected, expected_states + offset, 2);
        assert_int_equal(value.null, wanted.null);
        if (!value.null) assert_true(value.units == wanted.units);
    }
}

static void check_key(const struct fixture *fixture, unsigned number, unsigned *live)
{
    _Alignas(16) char states[STATES_BYTES], expected_states[STATES_BYTES];
    char text[64];
    uint64_t hash;
    const struct tide_key key = key_of(number, text, &hash);
    struct tide_entry entry, expected;
    expect(fixture, number, fixture->counted, fixture->end, &expected, expected_states);
    const struct tide_key_total *total = tide_key_table_find(&fixture->totals.table, &key, hash);
    if (expected.count == 0) {
        assert_null(total);
        return;
    }
    assert_non_null(total);
    ++*live;
    assert_int_equal(tide_key_total_first_row(total), expected.first_row);
    tide_key_totals_read(&fixture->totals, total->key.number, &entry, states);
    assert_true(tide_key_total_is_live(total));
    assert_int_equal(entry.key_bytes, key.bytes);
    assert_memory_equal(tide_entry_key(&entry), text, key.bytes);
    compare(fixture, &entry, states, &expected, expected_states);
}

/* Totals of all keys, and what one comes to in some of the panes, kept ones too. */
static void check(struct fixture *fixture)
{
    _Alignas(16) char states[STATES_BYTES], expected_states[STATES_BYTES];
    char text[64];
    uint64_t hash;
    struct tide_entry entry, expected;
    unsigned live = 0, number = chance_below(&fixture->chance, KEYS),
             begin =
                 fixture->begin + chance_below(&fixture->chance, fixture->end - fixture->begin + 1),
             end = begin + chance_below(&fixture->chance, fixture->end - begin + 1);
    for (unsigned i = 0; i < KEYS; i++) check_key(fixture, i, &live);
    assert_int_equal(fixture->totals.table.count, live);
    const struct tide_key key = key_of(number, text, &hash);
    expect(fixture, number, begin, end, &expected, expected_states);
    assert_int_equal(tide_key_totals_find(&fixture->totals, &key, hash, (int64_t)begin * PANE_MS,
                                          (int64_t)end * PANE_MS, &entry, states),
                     expected.count > 0);
    if (expected.count > 0) compare(fixture, &entry, states, &expected, expected_states);
}

/* A pane further on, perhaps leaving some out. */
static void add_newest(struct fixture *fixture)
{
    unsigned at = fixture->end + (chance_is(&fixture->chance, 3) ? 2 : 0),
             keys = 1 + chance_below(&fixture->chance, KEYS);
    make_pane(fixture, at);
    for (unsigned i = chance_below(&fixture->chance, 20) + 1; i > 0; i--)
        fold(fixture, at, chance_below(&fixture->chance, keys));
    fixture->end = at + 1;
    assert_true(tide_key_totals_add(&fixture->totals, fixture->panes[at]));
}

static void drop_oldest(struct fixture *fixture, unsigned panes)
{
    fixture->counted += panes;
    if (fixture->counted > fixture->end) fixture->counted = fixture->end;
    tide_key_totals_drop(&fixture->totals, (int64_t)fixture->counted * PANE_MS);
}

static void forget_some(struct fixture *fixture)
{
    while (fixture->begin < fixture->counted && !chance_is(&fixture->chance, 4)) {
        struct tide_pane *pane = fixture->panes[fixture->begin];
        if (pane) {
            assert_ptr_equal(tide_key_totals_first_kept(&fixture->totals), pane);
            tide_key_totals_forget_first(&fixture->totals);
            tide_pane_destroy(pane);
            fixture->panes[fixture->begin] = NULL;
        }
        fixture->begin++;
    }
}

/* A row for a pane that is counted or kept, perhaps born by it. */
static void fold_late(struct fixture *fixture)
{
    if (fixture->begin == fixture->end) return;
    unsigned at = fixture->begin + chance_below(&fixture->chance, fixture->end - fixture->begin),
             number = chance_below(&fixture->chance, KEYS);
    if (!fixture->panes[at])
        assert_true(tide_key_totals_insert(&fixture->totals, make_pane(fixture, at),
                                           (int64_t)fixture->counted * PANE_MS));
    fold(fixture, at, number);
    char text[64];
    uint64_t hash;
    const struct tide_key key = key_of(number, text, &hash);
    if (at >= fixture->counted) assert_true(tide_key_totals_recount(&fixture->totals, &key, hash));
}

static void run_schedule(unsigned stateful_count, uint64_t chance_seed, unsigned late_odds)
{
    struct fixture *fixture = set_up(stateful_count, chance_seed);
    const unsigned held = 1 + chance_below(&fixture->chance, 12);
    for (unsigned step = 0; step < 150; step++) {
        if (chance_is(&fixture->chance, late_odds)) fold_late(fixture);
        else if (fixture->end - fixture->counted < held) add_newest(fixture);
        else if (chance_is(&fixture->chance, 12)) drop_oldest(fixture, held);
        else drop_oldest(fixture, 1 + chance_below(&fixture->chance, 2));
        if (chance_is(&fixture->chance, 40)) assert_true(tide_key_totals_shrink(&fixture->totals));
        if (chance_is(&fixture->chance, 5)) forget_some(fixture);
        check(fixture);
    }
    tear_down(fixture);
}

static void totals_of_no_panes_are_none(void **state)
{
    (void)state;
    struct fixture *fixture = set_up(STATEFUL, 1);
    check(fixture);
    tide_key_totals_drop(&fixture->totals, 1000);
    assert_null(tide_key_totals_first_kept(&fixture->totals));
    assert_null(tide_key_totals_first_counted(&fixture->totals));
    assert_false(tide_key_totals_are_sparse(&fixture->totals));
    assert_true(tide_key_totals_shrink(&fixture->totals));
    tear_down(fixture);
}

static void totals_are_those_of_the_counted_rows(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 40; round++)
        run_schedule(round % 3 ? STATEFUL : round % 2, 5000 + round, 1000);
}

static void late_rows_count_as_if_they_had_come_in_time(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 60; round++)
        run_schedule(round % 3 ? STATEFUL : 0, 9000 + round, 2 + round % 5);
}

static void room_for_many_keys_is_given_back(void **state)
{
    (void)state;
    struct fixture *fixture = set_up(1, 3);
    struct tide_pane *pane = make_pane(fixture, 0);
    for (uint64_t i = 0; i < 10000; i++) {
        const struct tide_key key = {{i + 1, 0}, tide_key_inline_bytes((uint64_t[]){i + 1, 0})};
        const uint64_t hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
        struct tide_entry *entry = tide_pane_add(pane, &key, hash, &seed);
        assert_non_null(entry);
        entry->count = 1;
        entry->first_row = i;
        *(tide_int128 *)(void *)tide_pane_states(pane, entry) = 0;
    }
    fixture->end = 1;
    assert_true(tide_key_totals_add(&fixture->totals, pane));
    assert_int_equal(fixture->totals.table.count, 10000);
    add_newest(fixture);
    assert_false(tide_key_totals_are_sparse(&fixture->totals));
    drop_oldest(fixture, 1);
    assert_true(tide_key_totals_are_sparse(&fixture->totals));
    assert_true(tide_key_totals_shrink(&fixture->totals));
    assert_false(tide_key_totals_are_sparse(&fixture->totals));
    assert_true(fixture->totals.table.record_count <= KEYS);
    check(fixture);
    tear_down(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_of_no_panes_are_none),
        cmocka_unit_test(totals_are_those_of_the_counted_rows),
        cmocka_unit_test(late_rows_count_as_if_they_had_come_in_time),
        cmocka_unit_test(room_for_many_keys_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
