/* Does every scanner that this machine can run find the separators, row ends, lines and state that
 * a reader byte by byte finds, in whatever slices and blocks it is given the text? */
#include "engine/text/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"
#include "naive_csv.h"
#include "scanners.h"

enum { TEXT_BYTES_MAX = 330, TEXTS = 1500, SLICED_BYTES_MAX = 2000 };

/* What a scanner has found so far, with the text's own offsets. */
struct found {
    uint32_t separators[NAIVE_BYTES_MAX], row_ends[NAIVE_BYTES_MAX];
    uint32_t separator_count, row_end_count;
    bool has_quote, has_nul;
};

static struct tide_csv_index index_of_test;
static char room[NAIVE_BYTES_MAX + 2 * TIDE_BLOCK_SLACK_BYTES];

static int open_index(void **state)
{
    (void)state;
    struct tide_error error = {0};
    return tide_csv_index_init(&index_of_test, NAIVE_BYTES_MAX, ',', &error) ? 0 : -1;
}

static int close_index(void **state)
{
    (void)state;
    tide_csv_index_fini(&index_of_test);
    return 0;
}

/* The text as a block, amid bytes that may be read but mean nothing. */
static const char *block_of(struct chance *chance, const char *text, uint32_t bytes)
{
    static const char misleading[] = "\"\n\r,\0;a";
    memset(room, misleading[chance_below(chance, 7)], sizeof room);
    memcpy(room + TIDE_BLOCK_SLACK_BYTES, text, bytes);
    return room + TIDE_BLOCK_SLACK_BYTES;
}

/* Adds what the index holds of a block that begins at `base`, from entry 0 on. */
static void collect(struct found *found, uint32_t base)
{
    const struct tide_csv_index *index = &index_of_test;
    for (uint32_t i = 0; i < index->separator_count; i++)
        found->separators[found->separator_count++] = base + index->separators[i];
    for (uint32_t i = 0; i < index->row_end_count; i++)
        found->row_ends[found->row_end_count++] = base + index->row_ends[i];
    found->has_quote = found->has_quote || index->has_quote;
    found->has_nul = found->has_nul || index->has_nul;
}

static void check(const struct tide_scanner *scanner, const struct found *found,
                  const struct naive_csv *naive, uint32_t bytes, uint32_t cut)
{
    const char *wrong = NULL;
    if (found->separator_count != naive->separator_count ||
        memcmp(found->separators, naive->separators,
               naive->separator_count * sizeof *naive->separators) != 0)
        wrong = "separators";
    if (found->row_end_count != naive->row_end_count ||
        memcmp(found->row_ends, naive->row_ends, naive->row_end_count * sizeof *naive->row_ends))
        wrong = "row ends";
    if (bytes && index_of_test.state != naive->state) wrong = "state";
    if (index_of_test.line_count != naive->line_count) wrong = "line count";
    if (found->has_quote != naive->has_quote) wrong = "has_quote";
    if (found->has_nul != naive->has_nul) wrong = "has_nul";
    if (wrong) fail_msg("%s: %s of %u bytes, cut at %u", scanner->name, wrong, bytes, cut);
}

/* One block, in slices that end at multiples of `slice` bytes. */
static void scan_slices(const struct tide_scanner *scanner, const char *block, uint32_t bytes,
                        uint32_t begin, uint32_t slice)
{
    while (begin < bytes) {
        uint32_t end = begin - begin % slice + slice;
        if (end > bytes) end = bytes;
        scanner->index(&index_of_test, block, bytes, begin, end);
        begin = end;
    }
}

static void check_two_blocks(struct chance *chance, const struct tide_scanner *scanner,
                             const char *text, uint32_t bytes, uint32_t cut, char delimiter)
{
    static struct found found;
    static struct naive_csv naive;
    found = (struct found){.separator_count = 0};
    naive_read(&naive, text, bytes, cut, delimiter);
    index_of_test.delimiter = delimiter;
    tide_csv_index_new_file(&index_of_test);
    scanner->index(&index_of_test, block_of(chance, text, cut), cut, 0, cut);
    collect(&found, 0);
    tide_csv_index_new_block(&index_of_test);
    const char *block = block_of(chance, text + cut, bytes - cut);
    scanner->index(&index_of_test, block, bytes - cut, 0, bytes - cut);
    collect(&found, cut);
    check(scanner, &found, &naive, bytes, cut);
}

static void check_at_every_cut(uint32_t (*draw)(struct chance *, char *, uint32_t))
{
    struct chance chance = chance_begin();
    char text[TEXT_BYTES_MAX];
    for (unsigned round = 0; round < TEXTS; round++) {
        uint32_t bytes = draw(&chance, text, TEXT_BYTES_MAX);
        char delimiter = chance_is(&chance, 4) ? ';' : ',';
        for (unsigned i = 0; i < scanner_count(); i++)
            for (uint32_t cut = 0; cut <= bytes; cut++)
                check_two_blocks(&chance, scanner_at(i), text, bytes, cut, delimiter);
    }
}

static void any_bytes_are_indexed_right_wherever_blocks_end(void **state)
{
    (void)state;
    check_at_every_cut(draw_text);
}

static void well_quoted_text_is_indexed_right_wherever_blocks_end(void **state)
{
    (void)state;
    check_at_every_cut(draw_regular_text);
}

static void any_bytes_are_indexed_right_in_slices_of_any_size(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static struct found found;
    static struct naive_csv naive;
    char text[SLICED_BYTES_MAX];
    for (unsigned round = 0; round < TEXTS; round++) {
        uint32_t bytes =
            (round % 2 ? draw_text : draw_regular_text)(&chance, text, SLICED_BYTES_MAX);
        uint32_t slice = TIDE_CSV_STEP_BYTES * (1 + chance_below(&chance, 8));
        const char *block = block_of(&chance, text, bytes);
        naive_read(&naive, text, bytes, 0, ',');
        index_of_test.delimiter = ',';
        for (unsigned i = 0; i < scanner_count(); i++) {
            found = (struct found){.separator_count = 0};
            tide_csv_index_new_file(&index_of_test);
            scan_slices(scanner_at(i), block, bytes, 0, slice);
            collect(&found, 0);
            check(scanner_at(i), &found, &naive, bytes, slice);
        }
    }
}

static void bytes_before_the_beginning_are_passed_over(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static struct found found;
    static struct naive_csv naive;
    char text[TEXT_BYTES_MAX];
    for (unsigned round = 0; round < TEXTS; round++) {
        uint32_t skipped = 1 + chance_below(&chance, 20), bytes = skipped;
        memset(text, chance_is(&chance, 2) ? '"' : '\n', skipped);
        bytes += draw_text(&chance, text + skipped, TEXT_BYTES_MAX - skipped);
        const char *block = block_of(&chance, text, bytes);
        naive_read(&naive, text + skipped, bytes - skipped, 0, ',');
        for (unsigned i = 0; i < scanner_count(); i++) {
            found = (struct found){.separator_count = 0};
            tide_csv_index_new_file(&index_of_test);
            scan_slices(scanner_at(i), block, bytes, skipped, TIDE_CSV_STEP_BYTES);
            collect(&found, (uint32_t)-skipped);
            check(scanner_at(i), &found, &naive, bytes - skipped, 0);
        }
    }
}

/* Takes some rows after each slice, as the decoder does, and moves the rest to the front. */
static void entries_survive_that_others_are_taken(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    struct tide_csv_index *index = &index_of_test;
    static struct naive_csv naive;
    char text[SLICED_BYTES_MAX];
    for (unsigned round = 0; round < TEXTS; round++) {
        uint32_t bytes =
            (round % 2 ? draw_text : draw_regular_text)(&chance, text, SLICED_BYTES_MAX);
        const char *block = block_of(&chance, text, bytes);
        const struct tide_scanner *scanner = scanner_at(round % scanner_count());
        uint32_t separator = 0, row_end = 0;
        naive_read(&naive, text, bytes, 0, ',');
        tide_csv_index_new_file(index);
        for (uint32_t begin = 0; begin < bytes; begin += TIDE_CSV_STEP_BYTES) {
            uint32_t end =
                begin + TIDE_CSV_STEP_BYTES < bytes ? begin + TIDE_CSV_STEP_BYTES : bytes;
            tide_csv_index_compact(index);
            scanner->index(index, block, bytes, begin, end);
            uint32_t last = separator ? naive.separators[separator - 1] : UINT32_MAX;
            assert_int_equal(index->separators[-1], last);
            for (uint32_t rows = chance_below(&chance, index->row_end_count + 1); rows; rows--) {
                uint32_t row_end_at = index->row_ends[index->row_next++];
                assert_int_equal(row_end_at, naive.row_ends[row_end++]);
                do
                    assert_int_equal(index->separators[index->separator_next],
                                     naive.separators[separator++]);
                while (index->separators[index->separator_next++] != row_end_at);
            }
        }
        assert_int_equal(index->separator_count - index->separator_next,
                         naive.separator_count - separator);
        assert_int_equal(index->row_end_count - index->row_next, naive.row_end_count - row_end);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_are_indexed_right_wherever_blocks_end),
        cmocka_unit_test(well_quoted_text_is_indexed_right_wherever_blocks_end),
        cmocka_unit_test(any_bytes_are_indexed_right_in_slices_of_any_size),
        cmocka_unit_test(bytes_before_the_beginning_are_passed_over),
        cmocka_unit_test(entries_survive_that_others_are_taken),
    };
    return cmocka_run_group_tests(tests, open_index, close_index);
}
