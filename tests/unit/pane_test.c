/* Does a window find every key it was given, keep them in the order in which they were first seen,
 * and forget all of them when it is cleared? */
#include "engine/state/pane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "chance.h"

enum { KEYS = 3000, KEY_BYTES_MAX = 64, STRIDE = 32 };

static const struct tide_hash_seed seed = {{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}};

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

static struct text text_of(const char *string)
{
    struct text text = {.bytes = (uint32_t)strlen(string)};
    memcpy(text.at, string, text.bytes);
    return text;
}

static struct tide_entry *find(const struct tide_pane *pane, const struct text *text)
{
    uint64_t hash;
    struct tide_key key = key_of(text, &hash);
    return tide_pane_find(pane, &key, hash);
}

static struct tide_entry *add(struct tide_pane *pane, const struct text *text)
{
    uint64_t hash;
    struct tide_key key = key_of(text, &hash);
    struct tide_entry *entry = tide_pane_add(pane, &key, hash, &seed);
    assert_non_null(entry);
    return entry;
}

/* Distinct keys of 0 to 40 bytes that share beginnings, ends and lengths. */
static struct text draw_key(struct chance *chance, unsigned number)
{
    static const char *const fronts[] = {"", "k", "customer-", "a-long-common-beginning-"};
    static const char *const backs[] = {"", "x", "-with-a-tail"};
    struct text text;
    text.bytes =
        (uint32_t)snprintf(text.at, sizeof text.at, "%s%u%s", fronts[chance_below(chance, 4)],
                           number, backs[chance_below(chance, 3)]);
    return text;
}

static void key_that_was_never_added_is_not_found(void **state)
{
    (void)state;
    static const char *const keys[] = {"",
                                       "a",
                                       "aa",
                                       "1234567",
                                       "12345678",
                                       "123456789",
                                       "123456789012345",
                                       "1234567890123456",
                                       "12345678901234567",
                                       "12345678901234568",
                                       "a key of more than sixteen bytes",
                                       "a key of more than sixteen byteS"};
    enum { COUNT = sizeof keys / sizeof keys[0] };
    struct tide_pane *pane = tide_pane_create(0);
    assert_non_null(pane);
    for (unsigned i = 0; i < COUNT; i++) {
        struct text text = text_of(keys[i]);
        assert_null(find(pane, &text));
        add(pane, &text);
        for (unsigned j = 0; j < COUNT; j++) {
            struct text other = text_of(keys[j]);
            assert_ptr_equal(find(pane, &other), j <= i ? &pane->entries[j] : NULL);
        }
    }
    tide_pane_destroy(pane);
}

static void long_keys_with_one_hash_are_told_apart(void **state)
{
    (void)state;
    struct tide_pane *pane = tide_pane_create(0);
    struct text texts[20];
    assert_non_null(pane);
    for (unsigned i = 0; i < 20; i++) {
        texts[i].bytes =
            (uint32_t)snprintf(texts[i].at, KEY_BYTES_MAX, "a key of one hash %02u", i);
        struct tide_key key = {{(uint64_t)(uintptr_t)texts[i].at, 77}, texts[i].bytes};
        assert_null(tide_pane_find(pane, &key, 77));
        assert_non_null(tide_pane_add(pane, &key, 77, &seed));
    }
    for (unsigned i = 0; i < 20; i++) {
        struct tide_key key = {{(uint64_t)(uintptr_t)texts[i].at, 77}, texts[i].bytes};
        assert_ptr_equal(tide_pane_find(pane, &key, 77), &pane->entries[i]);
    }
    tide_pane_destroy(pane);
}

static void keys_with_nul_bytes_within_are_told_apart(void **state)
{
    (void)state;
    static const struct text texts[] = {
        {"a\0b", 3}, {"ab", 2}, {"a\0\0b", 4}, {"\0a", 2}, {"a", 1}};
    struct tide_pane *pane = tide_pane_create(0);
    assert_non_null(pane);
    for (unsigned i = 0; i < 5; i++) {
        assert_null(find(pane, &texts[i]));
        struct tide_entry *entry = add(pane, &texts[i]);
        assert_int_equal(entry->key_bytes, texts[i].bytes);
        assert_memory_equal(tide_entry_key(entry), texts[i].at, texts[i].bytes);
        assert_int_equal(tide_key_inline_bytes(entry->key), texts[i].bytes);
    }
    tide_pane_destroy(pane);
}

static void entries_stand_in_first_seen_order_with_their_states(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static struct text texts[KEYS];
    struct tide_pane *pane = tide_pane_create(STRIDE);
    assert_non_null(pane);
    for (unsigned i = 0; i < KEYS; i++) {
        texts[i] = draw_key(&chance, i);
        struct tide_entry *entry = add(pane, &texts[i]);
        assert_true(entry->sum == 0 && entry->count == 0);
        entry->sum = i;
        memset(tide_pane_states(pane, entry), (int)(i % 251), STRIDE);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        const struct tide_entry *entry = find(pane, &texts[i]);
        assert_ptr_equal(entry, &pane->entries[i]);
        assert_true(entry->sum == i);
        assert_int_equal(entry->key_bytes, texts[i].bytes);
        assert_memory_equal(tide_entry_key(entry), texts[i].at, texts[i].bytes);
        const char *states = tide_pane_states(pane, entry);
        assert_int_equal((uintptr_t)states % 16, 0);
        for (unsigned at = 0; at < STRIDE; at++)
            assert_int_equal((unsigned char)states[at], i % 251);
    }
    tide_pane_destroy(pane);
}

static void key_is_kept_when_the_rows_that_brought_it_are_gone(void **state)
{
    (void)state;
    struct tide_pane *pane = tide_pane_create(0);
    struct text text = text_of("a key that lies in a batch which is used again");
    const struct text same = text;
    assert_non_null(pane);
    add(pane, &text);
    memset(text.at, '?', sizeof text.at);
    assert_ptr_equal(find(pane, &same), &pane->entries[0]);
    tide_pane_destroy(pane);
}

static void quick_append_and_add_fill_the_same_table(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_pane *pane = tide_pane_create(0);
    assert_non_null(pane);
    for (uint64_t number = 1; number <= KEYS; number++) {
        struct tide_key key = {{number * 0x10001, number % 3}, TIDE_KEY_INLINE_BYTES};
        uint64_t hash = tide_hash_inline(&seed, key.words[0], key.words[1]);
        uint32_t free_slot = 0;
        assert_null(tide_pane_find_inline(pane, key.words[0], key.words[1], hash, &free_slot));
        if (!chance_is(&chance, 3) && tide_pane_has_room(pane))
            *tide_pane_append(pane, free_slot, hash) =
                (struct tide_entry){.key = {key.words[0], key.words[1]}, .key_bytes = key.bytes};
        else assert_non_null(tide_pane_add(pane, &key, hash, &seed));
        assert_true((uint64_t)pane->entry_count * 2 <= (uint64_t)pane->slot_mask + 2);
        assert_ptr_equal(tide_pane_find(pane, &key, hash), &pane->entries[number - 1]);
    }
    tide_pane_destroy(pane);
}

static void cleared_pane_knows_no_key_and_has_no_slot_in_use(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const unsigned counts[] = {KEYS, 0, 1, 2, 5, 60, 600, KEYS};
    struct tide_pane *pane = tide_pane_create(STRIDE);
    static struct text texts[KEYS];
    assert_non_null(pane);
    for (unsigned round = 0; round < 8 * sizeof counts / sizeof counts[0]; round++) {
        unsigned count = counts[round % (sizeof counts / sizeof counts[0])];
        for (unsigned i = 0; i < count; i++) {
            texts[i] = draw_key(&chance, i);
            assert_null(find(pane, &texts[i]));
            add(pane, &texts[i]);
        }
        assert_int_equal(pane->entry_count, count);
        tide_pane_clear(pane, &seed);
        assert_int_equal(pane->entry_count, 0);
        for (uint32_t slot = 0; slot <= pane->slot_mask; slot++)
            assert_int_equal(pane->slots[slot], 0);
        for (unsigned i = 0; i < count; i++) assert_null(find(pane, &texts[i]));
    }
    tide_pane_destroy(pane);
}

static void inline_bytes_are_counted_up_to_the_last_that_is_not_nul(void **state)
{
    (void)state;
    for (uint32_t bytes = 0; bytes <= TIDE_KEY_INLINE_BYTES; bytes++)
        for (int fill = 1; fill < 256; fill += 127) {
            uint64_t words[2] = {0, 0};
            memset(words, fill, bytes);
            assert_int_equal(tide_key_inline_bytes(words), bytes);
        }
}

static void destroy_of_null_is_fine(void **state)
{
    (void)state;
    tide_pane_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_that_was_never_added_is_not_found),
        cmocka_unit_test(long_keys_with_one_hash_are_told_apart),
        cmocka_unit_test(keys_with_nul_bytes_within_are_told_apart),
        cmocka_unit_test(entries_stand_in_first_seen_order_with_their_states),
        cmocka_unit_test(key_is_kept_when_the_rows_that_brought_it_are_gone),
        cmocka_unit_test(quick_append_and_add_fill_the_same_table),
        cmocka_unit_test(cleared_pane_knows_no_key_and_has_no_slot_in_use),
        cmocka_unit_test(inline_bytes_are_counted_up_to_the_last_that_is_not_nul),
        cmocka_unit_test(destroy_of_null_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
