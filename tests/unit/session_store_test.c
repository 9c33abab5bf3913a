/* Do sessions grow, touch, merge, fire by end and first row, and go, as a plain list of rows says,
 * and does what they take follow how many there are? */
#include "counted_memory.h"

#include "chance.h"
#include "engine/state/session_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { GAP = 10, KEYS = 7, ROWS_MAX = 4000, SESSIONS_MAX = 400, STRIDE = 16 };

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};

/* The states are a greatest row number: it must survive every move and merge. */
static void merge_greatest(void *context, struct tide_session *into,
                           const struct tide_session *from)
{
    ++*(unsigned *)context;
    uint64_t *greatest = (void *)tide_session_states(into);
    const uint64_t *other = (const void *)(from + 1);
    if (*other > *greatest) *greatest = *other;
}

struct fixture {
    struct tide_session_store store;
    unsigned merges;
    uint64_t row;
    int64_t watermark_ms;
};

static void begin(struct fixture *fixture, int64_t lateness_ms)
{
    *fixture = (struct fixture){.watermark_ms = INT64_MIN};
    assert_true(tide_session_store_init(&fixture->store, STRIDE, lateness_ms));
    fixture->store.merge_states = merge_greatest;
    fixture->store.merge_context = &fixture->merges;
}

static void end(struct fixture *fixture)
{
    tide_session_store_fini(&fixture->store);
}

/* Half of the keys are long. */
static struct tide_key key_of(unsigned number, char text[32], uint64_t *hash)
{
    struct tide_key key = {
        .bytes = (uint32_t)snprintf(text, 32, number % 2 ? "a long key with the number %u" : "k%u",
                                    number)};
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

/* Gives a row to the store; NULL: it is late. */
static struct tide_session *take(struct fixture *fixture, unsigned number, int64_t time_ms)
{
    struct tide_session_store *store = &fixture->store;
    char text[32];
    uint64_t hash, row = fixture->row++;
    struct tide_key key = key_of(number, text, &hash);
    if (tide_session_store_is_late(store, &key, hash, time_ms, time_ms + GAP,
                                   fixture->watermark_ms))
        return NULL;
    struct tide_session *session = NULL;
    if (key.bytes <= TIDE_KEY_INLINE_BYTES && time_ms + GAP - 1 > fixture->watermark_ms)
        session = tide_session_store_extend(store, key.words[0], key.words[1], hash, time_ms,
                                            time_ms + GAP);
    if (!session)
        session = tide_session_store_join(store, &key, hash, time_ms, time_ms + GAP,
                                          fixture->watermark_ms);
    assert_non_null(session);
    uint64_t *greatest = (void *)tide_session_states(session);
    if (session->entry.count == 0) {
        session->entry.first_row = row;
        session->entry.first_time_ms = time_ms;
        *greatest = row;
    }
    session->entry.count++;
    session->entry.sum += (tide_int128)row;
    assert_true(*greatest <= row);
    *greatest = row;
    return session;
}

/* --- by hand --- */

static void assert_next_due(struct fixture *fixture, int64_t fire_ms, int64_t start_ms,
                            int64_t end_ms, uint64_t count)
{
    struct tide_session_store *store = &fixture->store;
    assert_true(tide_session_store_collect(store, fire_ms));
    assert_int_equal(store->due_count, 1);
    const struct tide_session *session = store->due[0].session;
    assert_int_equal(session->start_ms, start_ms);
    assert_int_equal(session->end_ms, end_ms);
    assert_int_equal(session->entry.count, count);
    tide_session_store_settle(store, fire_ms);
}

static void assert_nothing_due(struct fixture *fixture, int64_t fire_ms)
{
    assert_true(tide_session_store_collect(&fixture->store, fire_ms));
    assert_int_equal(fixture->store.due_count, 0);
}

static void empty_store_has_no_deadline_and_nothing_due(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0);
    assert_int_equal(tide_session_store_deadline(&fixture.store), INT64_MAX);
    assert_nothing_due(&fixture, INT64_MAX);
    end(&fixture);
}

static void sessions_a_millisecond_apart_are_two_and_touching_ones_are_one(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0);
    take(&fixture, 0, 0);
    take(&fixture, 0, 11); /* [0, 10) and [11, 21) */
    assert_int_equal(fixture.store.session_count, 2);
    take(&fixture, 2, 0);
    take(&fixture, 2, 10); /* touches */
    assert_int_equal(fixture.store.session_count, 3);
    assert_nothing_due(&fixture, 8);
    assert_next_due(&fixture, 19, 0, 10, 1);
    assert_next_due(&fixture, 19, 0, 20, 2);
    assert_nothing_due(&fixture, 19);
    assert_next_due(&fixture, 20, 11, 21, 1);
    assert_int_equal(fixture.store.keys.count, 0);
    end(&fixture);
}

static void row_that_bridges_two_sessions_makes_them_one_with_the_first_arrival(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0);
    take(&fixture, 1, 20); /* row 0 */
    take(&fixture, 1, 0);
    struct tide_session *session = take(&fixture, 1, 10);
    assert_int_equal(fixture.merges, 1);
    assert_int_equal(session->entry.first_row, 0);
    assert_int_equal(session->entry.first_time_ms, 20);
    assert_int_equal(*(uint64_t *)(void *)tide_session_states(session), 2);
    assert_next_due(&fixture, 29, 0, 30, 3);
    end(&fixture);
}

static void late_row_joins_a_live_session_and_else_is_late(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0);
    take(&fixture, 0, 12); /* [12, 22) */
    fixture.watermark_ms = 15;
    assert_nothing_due(&fixture, 15);
    assert_null(take(&fixture, 0, 1)); /* [1, 11) is gone and touches nothing */
    assert_null(take(&fixture, 1, 2)); /* another key's */
    assert_non_null(take(&fixture, 0, 2));
    assert_next_due(&fixture, 21, 2, 22, 2);
    end(&fixture);
}

static void fired_session_grows_fires_again_and_goes(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 20);
    take(&fixture, 0, 0);
    assert_next_due(&fixture, 9, 0, 10, 1);
    fixture.watermark_ms = 9;
    assert_int_equal(fixture.store.open_count, 0);
    assert_int_equal(tide_session_store_deadline(&fixture.store), 29);
    struct tide_session *session = take(&fixture, 0, 5); /* [0, 15): open again, ... */
    assert_int_equal(session->entry.mark, 0);
    assert_int_equal(fixture.store.open_count, 1);
    assert_int_equal(tide_session_store_deadline(&fixture.store), 14); /* ... and before it goes */
    assert_next_due(&fixture, 16, 0, 15, 2);
    fixture.watermark_ms = 16;
    session = take(&fixture, 0, 4);
    assert_int_equal(session->entry.mark, TIDE_SESSION_FIRED); /* its end has been passed */
    assert_int_equal(session->entry.count, 3);
    assert_nothing_due(&fixture, 33);
    assert_int_equal(fixture.store.session_count, 1);
    assert_nothing_due(&fixture, 34);
    assert_int_equal(fixture.store.keys.count, 0);
    end(&fixture);
}

static void session_at_the_end_of_time_fires_at_the_last_watermark(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, INT64_MAX / 2);
    char text[32];
    uint64_t hash;
    struct tide_key key = key_of(0, text, &hash);
    struct tide_session *session = tide_session_store_join(&fixture.store, &key, hash,
                                                           INT64_MAX - 1, INT64_MAX, INT64_MAX - 2);
    assert_non_null(session);
    assert_nothing_due(&fixture, INT64_MAX - 2);
    assert_next_due(&fixture, INT64_MAX, INT64_MAX - 1, INT64_MAX, 0);
    assert_nothing_due(&fixture, INT64_MAX);
    assert_int_equal(fixture.store.keys.count, 0);
    end(&fixture);
}

/* --- against plain lists --- */

struct plain {
    unsigned key;
    int64_t start_ms, end_ms;
    uint64_t first_row, last_row, count;
    bool has_fired;
};

struct plain_store {
    struct plain sessions[SESSIONS_MAX];
    unsigned count;
};

static void plain_remove(struct plain_store *plain, unsigned i)
{
    plain->sessions[i] = plain->sessions[--plain->count];
}

/* What a row makes; false: it is late. */
static bool plain_take(struct plain_store *plain, unsigned key, int64_t time_ms, uint64_t row,
                       int64_t watermark_ms, int64_t lateness_ms, struct plain *made)
{
    bool touches = false;
    *made = (struct plain){key, time_ms, time_ms + GAP, row, row, 1, false};
    for (unsigned i = plain->count; i > 0; i--) {
        struct plain *other = &plain->sessions[i - 1];
        if (other->key != key || other->start_ms > time_ms + GAP || other->end_ms < time_ms)
            continue;
        touches = true;
        if (other->start_ms < made->start_ms) made->start_ms = other->start_ms;
        if (other->end_ms > made->end_ms) made->end_ms = other->end_ms;
        if (other->first_row < made->first_row) made->first_row = other->first_row;
        made->count += other->count;
        plain_remove(plain, i - 1);
    }
    if (!touches && made->end_ms - 1 + lateness_ms <= watermark_ms) return false;
    made->has_fired = made->end_ms - 1 <= watermark_ms;
    assert_true(plain->count < SESSIONS_MAX);
    plain->sessions[plain->count++] = *made;
    return true;
}

/* The next session that fires; NULL: none. */
static struct plain *plain_due(struct plain_store *plain, int64_t fire_ms)
{
    struct plain *due = NULL;
    for (unsigned i = 0; i < plain->count; i++) {
        struct plain *other = &plain->sessions[i];
        if (other->has_fired || other->end_ms - 1 > fire_ms) continue;
        if (!due || other->end_ms < due->end_ms ||
            (other->end_ms == due->end_ms && other->first_row < due->first_row))
            due = other;
    }
    return due;
}

static void assert_same(const struct tide_session *session, const struct plain *plain)
{
    assert_int_equal(session->start_ms, plain->start_ms);
    assert_int_equal(session->end_ms, plain->end_ms);
    assert_int_equal(session->entry.first_row, plain->first_row);
    assert_int_equal(session->entry.count, plain->count);
    assert_int_equal(session->entry.mark, plain->has_fired);
}

static void advance_both(struct fixture *fixture, struct plain_store *plain, int64_t watermark_ms,
                         int64_t lateness_ms)
{
    struct tide_session_store *store = &fixture->store;
    fixture->watermark_ms = watermark_ms;
    for (;;) {
        assert_true(tide_session_store_collect(store, watermark_ms));
        if (store->due_count == 0) break;
        for (uint32_t i = 0; i < store->due_count; i++) {
            struct plain *due = plain_due(plain, watermark_ms);
            assert_non_null(due);
            assert_same(store->due[i].session, due);
            due->has_fired = true;
        }
        tide_session_store_settle(store, watermark_ms);
    }
    assert_null(plain_due(plain, watermark_ms));
    unsigned open_count = 0;
    for (unsigned i = plain->count; i > 0; i--) {
        if (plain->sessions[i - 1].end_ms - 1 + lateness_ms <= watermark_ms)
            plain_remove(plain, i - 1);
    }
    for (unsigned i = 0; i < plain->count; i++) open_count += !plain->sessions[i].has_fired;
    assert_int_equal(store->session_count, plain->count);
    assert_int_equal(store->open_count, open_count);
}

static void sessions_are_those_of_plain_lists(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const int64_t latenesses[] = {0, 3, 40, 500};
    for (unsigned round = 0; round < 60; round++) {
        int64_t lateness_ms = latenesses[round % 4], now_ms = -100;
        uint32_t disorder = 1 + chance_below(&chance, 200), bound = chance_below(&chance, 100);
        struct fixture fixture;
        static struct plain_store plain;
        plain.count = 0;
        begin(&fixture, lateness_ms);
        for (unsigned i = 0; i < ROWS_MAX / 4; i++) {
            now_ms += chance_below(&chance, 8);
            unsigned key = chance_below(&chance, KEYS);
            int64_t time_ms = now_ms - chance_below(&chance, disorder);
            struct plain made;
            bool is_taken = plain_take(&plain, key, time_ms, fixture.row, fixture.watermark_ms,
                                       lateness_ms, &made);
            struct tide_session *session = take(&fixture, key, time_ms);
            assert_int_equal(session != NULL, is_taken);
            if (session) assert_same(session, &made);
            if (now_ms - bound > fixture.watermark_ms)
                advance_both(&fixture, &plain, now_ms - bound, lateness_ms);
        }
        advance_both(&fixture, &plain, INT64_MAX - 1000, lateness_ms);
        assert_int_equal(fixture.store.keys.count, 0);
        assert_int_equal(fixture.store.timers.count, 0);
        end(&fixture);
    }
}

static void many_sessions_of_one_key_come_out_in_the_order_of_time(void **state)
{
    (void)state;
    enum { SESSIONS = 50021 }; /* a prime: every step below it meets all of them */
    struct fixture fixture;
    for (int64_t stride = 1; stride < SESSIONS; stride += SESSIONS / 3) {
        begin(&fixture, 0);
        for (int64_t i = 0; i < SESSIONS; i++) take(&fixture, 1, i * stride % SESSIONS * 2 * GAP);
        assert_int_equal(fixture.store.session_count, SESSIONS);
        assert_int_equal(fixture.store.keys.count, 1);
        for (int64_t i = 0; i < SESSIONS; i++)
            assert_next_due(&fixture, INT64_MAX, 2 * i * GAP, 2 * i * GAP + GAP, 1);
        assert_int_equal(fixture.store.keys.count, 0);
        assert_int_equal(fixture.store.timers.count, 0);
        end(&fixture);
    }
}

/* --- memory --- */

/* Times go back, so each row opens a session before all others, and then one joins it to them. */
static void timers_of_what_has_merged_are_swept_out(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 0);
    for (int64_t i = 0; i < 100000; i++) {
        take(&fixture, 0, 10000000 - 20 * i);
        take(&fixture, 0, 10000000 - 20 * i + 10);
    }
    assert_int_equal(fixture.store.session_count, 1);
    assert_in_range(fixture.store.timers.count, 1, 100);
    assert_next_due(&fixture, INT64_MAX, 10000000 - 20 * 99999, 10000020, 200000);
    assert_int_equal(fixture.store.timers.count, 0);
    assert_int_equal(fixture.store.keys.count, 0);
    end(&fixture);
}

static void room_is_that_of_the_most_sessions_at_once(void **state)
{
    (void)state;
    enum { OPEN = 1000, ALL = 50000 };
    struct fixture fixture;
    uint64_t before = counted_held;
    begin(&fixture, 0);
    for (unsigned i = 0; i < ALL; i++) {
        take(&fixture, 2 * i, i);
        if (i >= OPEN) {
            fixture.watermark_ms = (int64_t)i - OPEN + GAP;
            for (;;) {
                assert_true(tide_session_store_collect(&fixture.store, fixture.watermark_ms));
                if (fixture.store.due_count == 0) break;
                tide_session_store_settle(&fixture.store, fixture.watermark_ms);
            }
        }
    }
    assert_in_range(fixture.store.session_count, 1, OPEN);
    uint64_t due = fixture.store.due_capacity * sizeof *fixture.store.due;
    assert_in_range(counted_held - before, 1, tide_session_store_bytes(OPEN + 1, STRIDE) + due);
    end(&fixture);
    assert_int_equal(counted_held, before);
}

/* Memory ends at each allocation in turn; after that the store is only good for fini. */
static void without_memory_join_or_collect_says_so_and_nothing_leaks(void **state)
{
    (void)state;
    uint64_t before = counted_held;
    unsigned refused = 0;
    for (int64_t left = 0;; left++) {
        struct fixture fixture = {.watermark_ms = INT64_MIN};
        bool is_complete = false;
        counted_left = left;
        if (tide_session_store_init(&fixture.store, STRIDE, 0)) {
            fixture.store.merge_states = merge_greatest;
            fixture.store.merge_context = &fixture.merges;
            unsigned i = 0;
            for (; i < 200; i++) {
                char text[32];
                uint64_t hash;
                struct tide_key key = key_of(i % 90, text, &hash);
                struct tide_session *session = tide_session_store_join(
                    &fixture.store, &key, hash, 50 * i, 50 * i + GAP, INT64_MIN);
                if (!session) break;
                memset(tide_session_states(session), 0, STRIDE);
            }
            is_complete = i == 200 && tide_session_store_collect(&fixture.store, INT64_MAX);
        }
        counted_left = INT64_MAX;
        tide_session_store_fini(&fixture.store);
        assert_int_equal(counted_held, before);
        if (is_complete) break;
        refused++;
    }
    assert_true(refused > 100);
}

static void fini_of_a_zeroed_store_is_fine(void **state)
{
    (void)state;
    struct tide_session_store store = {0};
    tide_session_store_fini(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_store_has_no_deadline_and_nothing_due),
        cmocka_unit_test(sessions_a_millisecond_apart_are_two_and_touching_ones_are_one),
        cmocka_unit_test(row_that_bridges_two_sessions_makes_them_one_with_the_first_arrival),
        cmocka_unit_test(late_row_joins_a_live_session_and_else_is_late),
        cmocka_unit_test(fired_session_grows_fires_again_and_goes),
        cmocka_unit_test(session_at_the_end_of_time_fires_at_the_last_watermark),
        cmocka_unit_test(sessions_are_those_of_plain_lists),
        cmocka_unit_test(many_sessions_of_one_key_come_out_in_the_order_of_time),
        cmocka_unit_test(timers_of_what_has_merged_are_swept_out),
        cmocka_unit_test(room_is_that_of_the_most_sessions_at_once),
        cmocka_unit_test(without_memory_join_or_collect_says_so_and_nothing_leaks),
        cmocka_unit_test(fini_of_a_zeroed_store_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
