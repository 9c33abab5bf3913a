/* Do the rows of keys that wait for a whole window go on in other stores as if nothing had been,
 * and is what cannot be refused? */
#include "chance.h"
#include "engine/state/count_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

enum { KEYS = 40, STRIDE = 16, STORES_MAX = 4, WINDOW_ROWS = 5 };

/* Each run draws its own. */
static const struct tide_hash_seed seeds[] = {{{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}},
                                              {{0x165667B19E3779F9u, 0x27D4EB2F165667C5u}}};

struct crew {
    struct tide_count_store stores[STORES_MAX];
    const struct tide_hash_seed *seed;
    unsigned count;
};

static void begin(struct crew *crew, unsigned count, const struct tide_hash_seed *seed)
{
    *crew = (struct crew){.seed = seed, .count = count};
    for (unsigned i = 0; i < count; i++)
        assert_true(tide_count_store_init(&crew->stores[i], STRIDE));
}

static void end(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) tide_count_store_fini(&crew->stores[i]);
}

static struct tide_count_store *owner_of(struct crew *crew, uint64_t hash)
{
    return &crew->stores[tide_hash_route(hash, crew->count)];
}

/* Folds a row; true: it has made a window whole, which is given. */
static bool take(struct crew *crew, unsigned number, uint64_t row, struct tide_count_whole *whole)
{
    char text[32];
    uint64_t hash;
    struct tide_key key = {
        .bytes = (uint32_t)snprintf(text, 32, number % 3 ? "k%u" : "a long key with the number %u",
                                    number)};
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key.words, text, key.bytes);
        hash = tide_hash_inline(crew->seed, key.words[0], key.words[1]);
    } else {
        hash = tide_hash_bytes(crew->seed, text, key.bytes);
        key.words[0] = (uint64_t)(uintptr_t)text;
        key.words[1] = hash;
    }
    struct tide_count_store *store = owner_of(crew, hash);
    struct tide_count_key *record = tide_count_store_enter(store, &key, hash);
    assert_non_null(record);
    if (record->entry.count == 0) {
        record->entry.first_row = row;
        record->entry.first_time_ms = (int64_t)row * 10;
        memset(tide_count_key_states(record), 0, STRIDE);
    }
    record->entry.sum += (tide_int128)row - 50;
    record->entry.count++;
    tide_count_key_states(record)[record->entry.count] = (char)row;
    if (record->entry.count < WINDOW_ROWS) return false;
    *whole = *tide_count_store_finish(store, record);
    memcpy(whole + 1, tide_count_key_states(record), STRIDE);
    memset(whole->entry.key, 0, sizeof whole->entry.key);
    whole->key = NULL;
    tide_count_store_settle(store);
    return true;
}

static bool load(struct crew *crew, struct tide_snapshot_reader *reader, unsigned stores_before)
{
    for (unsigned i = 0; i < stores_before; i++) {
        const uint64_t count = tide_get_count(reader, TIDE_ENTRY_SNAPSHOT_BYTES);
        for (uint64_t j = 0; j < count; j++) {
            struct tide_entry entry;
            struct tide_key key;
            uint64_t hash;
            if (!tide_get_entry(reader, crew->seed, &entry, &key, &hash) ||
                !tide_count_store_load(owner_of(crew, hash), &entry, &key, hash, WINDOW_ROWS,
                                       reader))
                return false;
        }
    }
    return !reader->damage;
}

static void save(const struct crew *crew, struct tide_snapshot *snapshot)
{
    *snapshot = (struct tide_snapshot){.bytes = NULL};
    for (unsigned i = 0; i < crew->count; i++) tide_count_store_save(&crew->stores[i], snapshot);
    assert_false(snapshot->has_failed);
}

static void moved_keys_go_on_as_those_that_stayed(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    _Alignas(16) char room[2][sizeof(struct tide_count_whole) + STRIDE];
    struct tide_count_whole *whole = (void *)room[0], *other = (void *)room[1];
    unsigned wholes = 0;
    struct crew crew, moved;
    begin(&crew, 1, &seeds[0]);
    begin(&moved, 1 + chance_below(&chance, STORES_MAX), &seeds[0]);
    for (uint64_t row = 0; row < 5000; row++) {
        unsigned key = chance_below(&chance, 1 + chance_below(&chance, KEYS));
        bool is_whole = take(&crew, key, row, whole);
        assert_int_equal(take(&moved, key, row, other), is_whole);
        if (is_whole) assert_memory_equal(room[0], room[1], sizeof room[0]);
        wholes += is_whole;
        if (!chance_is(&chance, 7)) continue;
        struct tide_snapshot snapshot;
        struct crew next;
        save(&moved, &snapshot);
        struct tide_snapshot_reader reader = {
            .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = row + 1};
        begin(&next, 1 + chance_below(&chance, STORES_MAX), &seeds[row % 2]);
        assert_true(load(&next, &reader, moved.count));
        assert_ptr_equal(reader.at, reader.end);
        tide_snapshot_fini(&snapshot);
        end(&moved);
        moved = next;
    }
    assert_in_range(wholes, 5000 / WINDOW_ROWS - KEYS, 5000 / WINDOW_ROWS);
    end(&crew);
    end(&moved);
}

/* --- what cannot be --- */

static void make_small(struct tide_snapshot *snapshot)
{
    _Alignas(16) char room[sizeof(struct tide_count_whole) + STRIDE];
    struct crew crew;
    begin(&crew, 1, &seeds[0]);
    for (unsigned row = 0; row < 9; row++)
        assert_false(take(&crew, row % 3 + 1, row, (void *)room));
    save(&crew, snapshot);
    end(&crew);
}

static const char *try_load(const char *bytes, size_t count)
{
    _Alignas(16) char room[sizeof(struct tide_count_whole) + STRIDE];
    struct crew crew;
    begin(&crew, 2, &seeds[1]);
    struct tide_snapshot_reader reader = {.at = bytes, .end = bytes + count, .row_count = 9};
    if (load(&crew, &reader, 1))
        for (unsigned row = 9; row < 40; row++) take(&crew, row % 5, row, (void *)room);
    else assert_non_null(reader.damage);
    end(&crew);
    return reader.damage;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct tide_snapshot snapshot;
    make_small(&snapshot);
    assert_null(try_load(snapshot.bytes, snapshot.count));
    for (size_t count = 0; count < snapshot.count; count++) {
        char *copy = tide_alloc(count ? count : 1); /* so that reading beyond it is seen */
        memcpy(copy, snapshot.bytes, count);
        assert_non_null(try_load(copy, count));
        tide_free(copy);
    }
    tide_snapshot_fini(&snapshot);
}

static void every_flipped_bit_is_refused_or_harmless(void **state)
{
    (void)state;
    struct tide_snapshot snapshot;
    unsigned refused = 0;
    make_small(&snapshot);
    for (size_t bit = 0; bit < snapshot.count * 8; bit++) {
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
        refused += try_load(snapshot.bytes, snapshot.count) != NULL;
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_in_range(refused, snapshot.count, snapshot.count * 8);
    tide_snapshot_fini(&snapshot);
}

static void what_cannot_be_is_named(void **state)
{
    (void)state;
    enum { KEY, COUNT = 6, MARK };
    static const struct {
        unsigned word;
        uint64_t value;
        const char *damage;
    } cases[] = {
        {KEY, 'k' | '2' << 8, "a key comes twice"},
        {COUNT, WINDOW_ROWS, "a window that is whole has not gone out"},
        {MARK, UINT64_C(1) << 32 | 2, "a count window has an unknown mark"},
    };
    struct tide_snapshot snapshot;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_small(&snapshot);
        memcpy(snapshot.bytes + 8 + cases[i].word * 8, &cases[i].value, 8);
        const char *damage = try_load(snapshot.bytes, snapshot.count);
        assert_non_null(damage);
        assert_string_equal(damage, cases[i].damage);
        tide_snapshot_fini(&snapshot);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused_or_harmless),
        cmocka_unit_test(what_cannot_be_is_named),
        cmocka_unit_test(moved_keys_go_on_as_those_that_stayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
