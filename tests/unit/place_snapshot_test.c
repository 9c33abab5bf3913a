/* Does a place in an input come back from a checkpoint as it was, and is one that cannot be
 * refused? */
#include "engine/state/place_snapshot.h"
#include "engine/text/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"

enum { ROWS = 100, BYTES_MAX = 400 };

static struct tide_input_place example(void)
{
    return (struct tide_input_place){.offset = 70,
                                     .line = 4,
                                     .is_after_cr = true,
                                     .skip_count = 5,
                                     .read = {.first = {1, 2}, .second = {3}, .bytes = 100},
                                     .has_ended = true,
                                     .file_bytes = 100};
}

static bool load(const struct tide_input_place *place, struct tide_input_place *loaded)
{
    struct tide_snapshot snapshot = {0};
    tide_input_place_save(place, &snapshot);
    assert_false(snapshot.has_failed);
    struct tide_snapshot_reader reader = {
        .at = snapshot.bytes, .end = snapshot.bytes + snapshot.count, .row_count = ROWS};
    bool is_loaded = tide_input_place_load(loaded, &reader);
    assert_int_equal(is_loaded, reader.damage == NULL);
    if (is_loaded) assert_ptr_equal(reader.at, reader.end);
    tide_snapshot_fini(&snapshot);
    return is_loaded;
}

static void places_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct tide_input_place places[7], loaded;
    for (unsigned i = 0; i < 7; i++) places[i] = example();
    places[0].offset = 101;            /* not read */
    places[1].line = 0;                /* from 1 */
    places[2].line = 72;               /* more line ends than bytes */
    places[3].skip_count = ROWS + 1;   /* more than the rows of the run */
    places[4].read.bytes = UINT64_MAX; /* no file is that long */
    places[5].file_bytes = UINT64_MAX; /* ... */
    places[6].is_done = true;          /* without its end */
    places[6].has_ended = false;
    for (unsigned i = 0; i < 7; i++) assert_false(load(&places[i], &loaded));
}

static void a_place_cut_short_is_refused(void **state)
{
    (void)state;
    const struct tide_input_place place = example();
    struct tide_snapshot snapshot = {0};
    tide_input_place_save(&place, &snapshot);
    for (size_t count = 0; count < snapshot.count; count++) {
        struct tide_input_place loaded;
        struct tide_snapshot_reader reader = {
            .at = snapshot.bytes, .end = snapshot.bytes + count, .row_count = ROWS};
        assert_false(tide_input_place_load(&loaded, &reader));
        assert_non_null(reader.damage);
    }
    tide_snapshot_fini(&snapshot);
}

static void a_place_comes_back_as_it_was(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    const struct tide_scanner *scanner = tide_scanner_select(TIDE_SCANNER_BEST);
    for (unsigned bytes = 0; bytes < BYTES_MAX; bytes++) {
        char text[BYTES_MAX];
        struct tide_input_place place = example(), loaded;
        for (unsigned i = 0; i < bytes; i++) text[i] = (char)chance_next(&chance);
        place.read = (struct tide_checksum){0};
        tide_checksum_add(&place.read, scanner->add_stripes, text, bytes);
        place.offset = chance_below(&chance, bytes + 1);
        place.line = 1;
        place.is_done = chance_is(&chance, 2);
        assert_true(load(&place, &loaded));
        assert_int_equal(loaded.offset, place.offset);
        assert_int_equal(loaded.line, place.line);
        assert_int_equal(loaded.is_after_cr, place.is_after_cr);
        assert_int_equal(loaded.skip_count, place.skip_count);
        assert_int_equal(loaded.has_ended, place.has_ended);
        assert_int_equal(loaded.file_bytes, place.file_bytes);
        assert_int_equal(loaded.is_done, place.is_done);
        assert_true(tide_checksum_equals(&loaded.read, &place.read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_that_cannot_be_are_refused),
        cmocka_unit_test(a_place_cut_short_is_refused),
        cmocka_unit_test(a_place_comes_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
