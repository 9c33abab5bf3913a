/* Do sessions that were saved and shared out among other stores go on as if nothing had been, and
 * is what cannot be refused? */
#include "chance.h"
#include "engine/state/session_snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { GAP = 10, KEYS = 9, STRIDE = 16, STORES_MAX = 5, DUE_MAX = 400 };

/* Each run draws its own. */
static const struct tide_hash_seed seeds[] = {{{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}},
                                              {{0x165667B19E3779F9u, 0x27D4EB2F165667C5u}}};

/* The states are a greatest row number: it must survive every move and merge. */
static void merge_greatest(void *context, struct tide_session *into,
                           const struct tide_session *from)
{
    (void)context;
    uint64_t *greatest = (void *)tide_session_states(into);
    const uint64_t *other = (const void *)(from + 1);
    if (*other > *greatest) *greatest = *other;
}

/* The stores of all workers of a run. */
struct crew {
    struct tide_session_store stores[STORES_MAX];
    struct tide_history histories[STORES_MAX];
    const struct tide_hash_seed *seed;
    unsigned count;
    int64_t watermark_ms;
};

static void begin(struct crew *crew, unsigned count, const struct tide_hash_seed *seed,
                  int64_t lateness_ms, int has_history)
{
    *crew = (struct crew){.seed = seed, .count = count, .watermark_ms = INT64_MIN};
    for (unsigned i = 0; i < count; i++) {
        assert_true(tide_session_store_init(&crew->stores[i], STRIDE, lateness_ms));
        assert_true(tide_history_init(&crew->histories[i], 2, lateness_ms));
        crew->stores[i].merge_states = merge_greatest;
        if (has_history) crew->stores[i].history = &crew->histories[i];
    }
}

static void end(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) {
        tide_session_store_fini(&crew->stores[i]);
        tide_history_fini(&crew->histories[i]);
    }
}

static struct tide_session_store *owner_of(struct crew *crew, uint64_t hash)
{
    return &crew->stores[tide_hash_route(hash, crew->count)];
}

/* Some keys are long. */
static struct tide_key key_of(const struct crew *crew, unsigned number, char text[32],
                              uint64_t *hash)
{
    struct tide_key key = {
        .bytes = (uint32_t)snprintf(text, 32, number % 3 ? "k%u" : "a long key with the number %u",
                                    number)};
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text, key.bytes);
        *hash = tide_hash_inline(crew->seed, key.words[0], key.words[1]);
    } else {
        *hash = tide_hash_bytes(crew->seed, text, key.bytes);
        key.words[0] = (uint64_t)(uintptr_t)text;
        key.words[1] = *hash;
    }
    return key;
}

/* NULL: the row is late. */
static struct tide_session *take(struct crew *crew, unsigned number, int64_t time_ms, uint64_t row)
{
    char text[32];
    uint64_t hash;
    const struct tide_key key = key_of(crew, number, text, &hash);
    struct tide_session_store *store = owner_of(crew, hash);
    if (tide_session_store_is_late(store, &key, hash, time_ms, time_ms + GAP, crew->watermark_ms))
        return NULL;
    struct tide_session *session =
        tide_session_store_join(store, &key, hash, time_ms, time_ms + GAP, crew->watermark_ms);
    assert_non_null(session);
    if (session->entry.count == 0) {
        session->entry.first_row = row;
        session->entry.first_time_ms = time_ms;
    }
    session->entry.count++;
    session->entry.sum += (tide_int128)row - 50;
    *(uint64_t *)(void *)tide_session_states(session) = row;
    return session;
}

static void save(const struct crew *crew, struct tide_snapshot *snapshot)
{
    for (unsigned i = 0; i < crew->count; i++) tide_session_store_save(&crew->stores[i], snapshot);
}

/* What one store has saved. */
static bool load_one(struct crew *crew, struct tide_snapshot_reader *reader)
{
    const uint64_t count = tide_get_count(reader, TIDE_SESSION_SNAPSHOT_BYTES);
    struct tide_session_reading reading = {.key = NULL};
    for (uint64_t i = 0; i < count; i++) {
        struct tide_session_read read;
        if (!tide_session_get(reader, crew->seed, GAP, &read)) return false;
        if (!tide_session_store_load(owner_of(crew, read.hash), &read, &reading, reader))
            return false;
    }
    return !reader->damage;
}

static bool load(struct crew *crew, struct tide_snapshot_reader *reader, unsigned stores_before)
{
    for (unsigned i = 0; i < stores_before; i++)
        if (!load_one(crew, reader)) return false;
    return true;
}

/* The same sessions in so many stores of another run. */
static void move(struct crew *crew, unsigned count, uint64_t row_count)
{
    struct tide_snapshot snapshot = {.bytes = NULL};
    save(crew, &snapshot);
    assert_false(snapshot.has_failed);
    struct crew next;
    begin(&next, count, crew->seed == &seeds[0] ? &seeds[1] : &seeds[0],
          crew->stores[0].lateness_ms, crew->stores[0].history != NULL);
    next.watermark_ms = crew->watermark_ms;
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = row_count};
    bool loaded = load(&next, &reader, crew->count);
    assert_null(reader.damage);
    assert_true(loaded);
    assert_ptr_equal(reader.at, reader.end);
    for (unsigned i = 0; i < count; i++)
        assert_true(tide_session_store_restore(&next.stores[i], next.watermark_ms));
    tide_snapshot_fini(&snapshot);
    end(crew);
    *crew = next;
    for (unsigned i = 0; i < count; i++)
        if (crew->stores[i].history) crew->stores[i].history = &crew->histories[i];
}

static void assert_same(const struct tide_session *a, const struct tide_session *b)
{
    assert_int_equal(a->start_ms, b->start_ms);
    assert_int_equal(a->end_ms, b->end_ms);
    assert_true(a->entry.sum == b->entry.sum);
    assert_int_equal(a->entry.count, b->entry.count);
    assert_int_equal(a->entry.first_row, b->entry.first_row);
    assert_int_equal(a->entry.first_time_ms, b->entry.first_time_ms);
    assert_int_equal(a->entry.mark, b->entry.mark);
    assert_int_equal(a->entry.key_bytes, b->entry.key_bytes);
    assert_memory_equal(tide_entry_key(&a->entry), tide_entry_key(&b->entry), a->entry.key_bytes);
    assert_int_equal(*(const uint64_t *)(const void *)(a + 1),
                     *(const uint64_t *)(const void *)(b + 1));
}

/* What fires of all stores at this watermark, by end and first row, as a copy. */
struct fired {
    struct {
        struct tide_session session;
        uint64_t state;
        char key[32];
    } items[DUE_MAX];
    unsigned count;
};

static void note_fired(struct fired *fired, const struct tide_session *session)
{
    unsigned at = fired->count++;
    assert_true(fired->count < DUE_MAX);
    for (; at > 0; at--) {
        const struct tide_session *other = &fired->items[at - 1].session;
        if (other->end_ms < session->end_ms ||
            (other->end_ms == session->end_ms && other->entry.first_row < session->entry.first_row))
            break;
        fired->items[at] = fired->items[at - 1];
    }
    fired->items[at].session = *session;
    fired->items[at].state = *(const uint64_t *)(const void *)(session + 1);
    memset(fired->items[at].key, 0, sizeof fired->items[at].key);
    memcpy(fired->items[at].key, tide_entry_key(&session->entry), session->entry.key_bytes);
    memset(fired->items[at].session.entry.key, 0, sizeof session->entry.key);
}

static void advance(struct crew *crew, int64_t watermark_ms, struct fired *fired)
{
    fired->count = 0;
    crew->watermark_ms = watermark_ms;
    for (unsigned i = 0; i < crew->count; i++) {
        struct tide_session_store *store = &crew->stores[i];
        for (;;) {
            assert_true(tide_session_store_collect(store, watermark_ms));
            if (store->due_count == 0) break;
            for (uint32_t j = 0; j < store->due_count; j++)
                note_fired(fired, store->due[j].session);
            tide_session_store_settle(store, watermark_ms);
        }
    }
}

static uint64_t open_count_of(const struct crew *crew)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < crew->count; i++) count += crew->stores[i].open_count;
    return count;
}

static void advance_both(struct crew *crew, struct crew *moved, int64_t watermark_ms)
{
    static struct fired fired, moved_fired;
    advance(crew, watermark_ms, &fired);
    advance(moved, watermark_ms, &moved_fired);
    assert_int_equal(fired.count, moved_fired.count);
    for (unsigned i = 0; i < fired.count; i++) {
        assert_memory_equal(&fired.items[i].session, &moved_fired.items[i].session,
                            sizeof fired.items[i].session);
        assert_int_equal(fired.items[i].state, moved_fired.items[i].state);
        assert_string_equal(fired.items[i].key, moved_fired.items[i].key);
    }
    assert_int_equal(open_count_of(crew), open_count_of(moved));
}

static void moved_sessions_go_on_as_those_that_stayed(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const int64_t latenesses[] = {0, 3, 40, 500};
    for (unsigned round = 0; round < 80; round++) {
        const int64_t lateness_ms = latenesses[round % 4];
        const int has_history = lateness_ms > 0 && round % 8 > 3;
        const uint32_t disorder = 1 + chance_below(&chance, 200),
                       bound = chance_below(&chance, 100), rarity = 1 + chance_below(&chance, 30);
        struct crew crew, moved;
        int64_t now_ms = -100;
        begin(&crew, 1, &seeds[0], lateness_ms, has_history);
        begin(&moved, 1 + chance_below(&chance, STORES_MAX), &seeds[0], lateness_ms, has_history);
        for (uint64_t row = 0; row < 600; row++) {
            now_ms += chance_below(&chance, 8);
            unsigned key = chance_below(&chance, KEYS);
            int64_t time_ms = now_ms - chance_below(&chance, disorder);
            const struct tide_session *session = take(&crew, key, time_ms, row);
            const struct tide_session *other = take(&moved, key, time_ms, row);
            assert_int_equal(session != NULL, other != NULL);
            if (session) assert_same(session, other);
            if (now_ms - bound > crew.watermark_ms) advance_both(&crew, &moved, now_ms - bound);
            if (chance_is(&chance, rarity))
                move(&moved, 1 + chance_below(&chance, STORES_MAX), row + 1);
        }
        advance_both(&crew, &moved, INT64_MAX - 1000);
        for (unsigned i = 0; i < moved.count; i++) {
            assert_int_equal(moved.stores[i].keys.count, 0);
            assert_int_equal(moved.stores[i].timers.count, 0);
        }
        end(&crew);
        end(&moved);
    }
}

/* --- what cannot be --- */

/* A key with three sessions, of which one has fired and is known, and two with one. */
static void make_small(struct crew *crew, struct tide_snapshot *snapshot)
{
    static struct fired fired;
    begin(crew, 1, &seeds[0], 100, 1);
    take(crew, 1, 0, 0);
    advance(crew, 20, &fired);
    take(crew, 1, 40, 1);
    take(crew, 1, 80, 2);
    take(crew, 0, 30, 3);
    take(crew, 2, 35, 4);
    *snapshot = (struct tide_snapshot){.bytes = NULL};
    save(crew, snapshot);
}

/* Loads it; if that goes, what has been loaded must be fit for more rows and for its end. NULL: it
 * goes. */
static const char *try_load(const char *bytes, size_t count, uint64_t row_count, int has_history)
{
    static struct fired fired;
    struct crew crew;
    begin(&crew, 2, &seeds[1], 100, has_history);
    crew.watermark_ms = 20;
    struct tide_snapshot_reader reader = {
        .at = bytes, .end = bytes + count, .row_count = row_count};
    bool loaded = load(&crew, &reader, 1);
    if (loaded) {
        assert_null(reader.damage);
        for (unsigned i = 0; i < crew.count; i++)
            assert_true(tide_session_store_restore(&crew.stores[i], crew.watermark_ms));
        for (uint64_t row = 5; row < 60; row++)
            take(&crew, (unsigned)row % 3, (int64_t)(row * 7 % 120), row);
        advance(&crew, 50, &fired);
        for (uint64_t row = 60; row < 120; row++)
            take(&crew, (unsigned)row % 3, (int64_t)(row * 7 % 120), row);
        advance(&crew, INT64_MAX, &fired);
    } else {
        assert_non_null(reader.damage);
    }
    end(&crew);
    return reader.damage;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct crew crew;
    struct tide_snapshot snapshot;
    make_small(&crew, &snapshot);
    assert_null(try_load(snapshot.bytes, snapshot.count, 5, 1));
    for (size_t count = 0; count < snapshot.count; count++) {
        char *copy = tide_alloc(count + 1); /* so that reading beyond it is seen */
        memcpy(copy, snapshot.bytes, count);
        char *fitting = tide_realloc(copy, count ? count : 1);
        assert_non_null(try_load(fitting, count, 5, 1));
        tide_free(fitting);
    }
    tide_snapshot_fini(&snapshot);
    end(&crew);
}

static void every_flipped_bit_is_refused_or_harmless(void **state)
{
    (void)state;
    struct crew crew;
    struct tide_snapshot snapshot;
    unsigned refused = 0;
    make_small(&crew, &snapshot);
    for (size_t bit = 0; bit < snapshot.count * 8; bit++) {
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
        refused += try_load(snapshot.bytes, snapshot.count, 5, 1) != NULL;
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_in_range(refused, snapshot.count, snapshot.count * 8);
    tide_snapshot_fini(&snapshot);
    end(&crew);
}

/* Where the words of the n-th session are. */
static int64_t *word_of(struct tide_snapshot *snapshot, const struct tide_snapshot *from,
                        unsigned session, unsigned word)
{
    tide_snapshot_clear(snapshot);
    tide_put_bytes(snapshot, from->bytes, from->count);
    const size_t at = 8 + session * (TIDE_SESSION_SNAPSHOT_BYTES + STRIDE) + word * 8;
    assert_true(at + 8 <= snapshot->count);
    return (int64_t *)(void *)(snapshot->bytes + at);
}

static void what_cannot_be_is_named(void **state)
{
    (void)state;
    enum { START, END, KEY, SUM = 4, FIRST_ROW = 7, COUNT, MARK };
    static const struct {
        unsigned session, word;
        int64_t value;
        const char *damage;
    } cases[] = {
        {0, END, 9, "a session is shorter than its gap"},
        {0, END, INT64_MIN, "a session is shorter than its gap"},
        {2, START, INT64_MAX, "a session is shorter than its gap"},
        {0, END, 40, "two sessions of a key touch"},
        {1, START, 10, "two sessions of a key touch"},
        {1, END, INT64_MAX, "two sessions of a key touch"},
        {1, COUNT, 0, "an entry counts no row"},
        {1, COUNT, 6, "an entry counts too many rows"},
        {1, COUNT, 5, "an entry counts too many rows"}, /* those of the key together */
        {1, FIRST_ROW, 5, "a row's number is beyond the rows read"},
        {1, SUM + 1, INT64_MAX / 2, "a sum is too large for its rows"},
        {0, MARK, (int64_t)TIDE_SESSION_FIRED << 32 | 2, "a session has an unknown mark"},
    };
    struct crew crew;
    struct tide_snapshot snapshot, bad = {.bytes = NULL};
    make_small(&crew, &snapshot);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        print_message("%zu\n", i);
        *word_of(&bad, &snapshot, cases[i].session, cases[i].word) = cases[i].value;
        const char *damage = try_load(bad.bytes, bad.count, 5, 1);
        assert_non_null(damage);
        assert_string_equal(damage, cases[i].damage);
    }
    assert_string_equal(try_load(snapshot.bytes, snapshot.count, 5, 0),
                        "a session has an unknown mark"); /* known to whom? */
    tide_snapshot_fini(&bad);
    tide_snapshot_fini(&snapshot);
    end(&crew);
}

static void a_key_whose_sessions_do_not_follow_each_other_is_refused(void **state)
{
    (void)state;
    struct crew crew;
    struct tide_snapshot snapshot, bad = {.bytes = NULL};
    make_small(&crew, &snapshot);
    char *key = (char *)word_of(&bad, &snapshot, 1, 2);
    assert_memory_equal(key, "k1", 3);
    key[1] = '7';
    assert_string_equal(try_load(bad.bytes, bad.count, 5, 1), "a key comes twice");
    tide_snapshot_fini(&bad);
    tide_snapshot_fini(&snapshot);
    end(&crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused_or_harmless),
        cmocka_unit_test(what_cannot_be_is_named),
        cmocka_unit_test(a_key_whose_sessions_do_not_follow_each_other_is_refused),
        cmocka_unit_test(moved_sessions_go_on_as_those_that_stayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
