/* Are the records of a file the same, with their places, lines and rows, however it is cut into
 * blocks? */
#include "engine/stages/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/stages/decoder.h"

#include "chance.h"
#include "fed.h"
#include "naive_csv.h"
#include "planned.h"
#include "scanners.h"

enum {
    TEXT_BYTES_MAX = 300,
    LONG_BYTES_MAX = 4000,
    RECORDS_MAX = 4000,
    TEXTS = 250,
    BOM_BYTES = 3
};

struct record {
    uint32_t start, bytes, field_count;
    uint64_t line;
    bool is_open_quote;
};

/* A file and what a naive reader finds in it. */
struct file {
    char text[LONG_BYTES_MAX];
    uint32_t bytes;
    struct record records[RECORDS_MAX];
    unsigned record_count;
};

static struct fed fed;
static struct planned planned;
static struct file file;

static uint64_t line_of(const struct file *from, uint32_t start)
{
    uint64_t line = 1;
    for (uint32_t i = 0; i < start; i++) {
        bool after_cr = i > 0 && from->text[i - 1] == '\r';
        if (from->text[i] == '\r' || (from->text[i] == '\n' && !after_cr)) line++;
    }
    return line;
}

static void add_record(struct file *to, uint32_t start, uint32_t end, uint32_t field_count,
                       bool is_open_quote)
{
    bool ends_in_crlf =
        end < to->bytes && to->text[end] == '\n' && end > start && to->text[end - 1] == '\r';
    uint32_t bytes = end - start - ends_in_crlf;
    if (bytes == 0) return; /* a blank line */
    to->records[to->record_count++] =
        (struct record){start, bytes, field_count, line_of(to, start), is_open_quote};
}

static void read_naively(struct file *to)
{
    static struct naive_csv naive;
    uint32_t bom =
        to->bytes >= BOM_BYTES && memcmp(to->text, "\xEF\xBB\xBF", BOM_BYTES) == 0 ? BOM_BYTES : 0;
    uint32_t start = bom, separator = 0;
    to->record_count = 0;
    naive_read(&naive, to->text + bom, to->bytes - bom, 0, ',');
    for (uint32_t i = 0; i < naive.row_end_count; i++) {
        uint32_t first = separator;
        while (naive.separators[separator++] != naive.row_ends[i]) continue;
        add_record(to, start, bom + naive.row_ends[i], separator - first, false);
        start = bom + naive.row_ends[i] + 1;
    }
    if (start < to->bytes)
        add_record(to, start, to->bytes, naive.separator_count - separator + 1,
                   naive.state == TIDE_CSV_QUOTED);
}

/* --- feeding and comparing
 * ------------------------------------------------------------------------ */

static void check_record(uint32_t i, unsigned number, size_t row_bytes_max, bool asks_line)
{
    const struct tide_chunk *chunk = &fed.records.chunk;
    assert_true(number < file.record_count);
    const struct record *expected = &file.records[number];
    size_t bytes, part_bytes;
    const char *record = tide_chunk_record(chunk, i, &bytes);
    bool is_overlong = expected->bytes > row_bytes_max;
    assert_int_equal(chunk->file, fed.file);
    assert_int_equal(chunk->offset + tide_chunk_start(chunk, i), expected->start);
    assert_int_equal(chunk->is_open_quote, expected->is_open_quote);
    if (is_overlong)
        assert_true(chunk->is_overlong ? bytes == row_bytes_max : bytes == expected->bytes);
    else {
        assert_false(chunk->is_overlong);
        assert_int_equal(bytes, expected->bytes);
        assert_int_equal(chunk->field_count, expected->field_count);
        tide_chunk_field(chunk, i, 0, &part_bytes);
        assert_true(part_bytes <= bytes);
    }
    assert_memory_equal(record, file.text + expected->start, bytes);
    if (asks_line) assert_int_equal(tide_records_line(&fed.records, i), expected->line);
}

/* Sends the file in blocks that end at the cuts (ascending, at most the file's bytes) and compares.
 */
static void check_cuts(struct chance *chance, const uint32_t cuts[], unsigned cut_count,
                       size_t row_bytes_max)
{
    uint32_t sent = 0, count = 1 + chance_below(chance, chance_is(chance, 2) ? 3 : TIDE_CHUNK_ROWS);
    unsigned next_cut = 0, number = 0, lines_odds = 1 + chance_below(chance, 3);
    bool all_sent = false;
    fed.file++;
    for (;;) {
        enum tide_records_news news = tide_records_next(&fed.records, NULL, count);
        if (news == TIDE_RECORDS_FILE_END) break;
        if (news == TIDE_RECORDS_NEW_FILE) {
            assert_int_equal(fed.records.chunk.file, fed.file);
            continue;
        }
        if (news == TIDE_RECORDS_STARVED) {
            assert_false(all_sent);
            uint32_t end = next_cut < cut_count ? cuts[next_cut++] : file.bytes;
            fed_send(&fed, file.text, file.bytes, sent, end, "\n\"a,\r"[chance_below(chance, 5)]);
            sent = end;
            all_sent = sent == file.bytes;
            continue;
        }
        assert_int_equal(news, TIDE_RECORDS_CHUNK);
        assert_in_range(fed.records.chunk.count, 1, count);
        for (uint32_t i = 0; i < fed.records.chunk.count; i++)
            check_record(i, number++, row_bytes_max, chance_is(chance, lines_odds));
    }
    assert_true(all_sent);
    assert_int_equal(number, file.record_count);
}

static void open_fed(const struct tide_scanner *scanner, size_t row_bytes_max)
{
    struct tide_decoder decoder;
    PLAN(&planned, "--quiet");
    tide_decoder_init(&decoder, &planned.plan);
    decoder.field_count = 3;
    decoder.time_column = 1;
    decoder.value_column = 2;
    decoder.row_bytes_max = (uint32_t)row_bytes_max;
    fed_open(&fed, scanner, &decoder, row_bytes_max, ',');
}

static void close_fed(void)
{
    fed_close(&fed);
    plan_end(&planned);
}

static void draw_file(struct chance *chance, uint32_t bytes_max)
{
    static const char *const bits[] = {"k,2024-05-11 10:00:00,1",
                                       "\n",
                                       "\r\n",
                                       "\r",
                                       "a",
                                       ",",
                                       "\"",
                                       "\"a,\nb\"",
                                       "\"x\r\n\",",
                                       "\r\n\r\n"};
    file.bytes = 0;
    if (chance_is(chance, 8)) {
        memcpy(file.text, "\xEF\xBB\xBF", BOM_BYTES);
        file.bytes = BOM_BYTES;
    }
    char *text = file.text + file.bytes;
    uint32_t room = bytes_max - file.bytes;
    switch (chance_below(chance, 3)) {
    case 0:
        file.bytes += draw_text(chance, text, room);
        break;
    case 1:
        file.bytes += draw_regular_text(chance, text, room);
        break;
    default:
        while (file.bytes + 40 < bytes_max && !chance_is(chance, 60)) {
            const char *bit = bits[chance_below(chance, chance_is(chance, 3) ? 10 : 3)];
            memcpy(file.text + file.bytes, bit, strlen(bit));
            file.bytes += (uint32_t)strlen(bit);
        }
    }
    read_naively(&file);
}

/* A reader's first block of a file holds three bytes, so that a byte order mark is seen whole. */
static uint32_t first_cut_least(void)
{
    return file.bytes < BOM_BYTES ? file.bytes : BOM_BYTES;
}

static void check_random_files(size_t row_bytes_max)
{
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < scanner_count(); i++) {
        open_fed(scanner_at(i), row_bytes_max);
        for (unsigned round = 0; round < TEXTS; round++) {
            draw_file(&chance, TEXT_BYTES_MAX);
            for (uint32_t cut = first_cut_least(); cut <= file.bytes; cut++)
                check_cuts(&chance, &cut, 1, row_bytes_max);
            for (uint32_t cut = first_cut_least(); cut <= file.bytes; cut++) {
                uint32_t cuts[3] = {cut, cut, cut};
                cuts[1] += chance_below(&chance, file.bytes - cuts[0] + 1);
                cuts[2] = cuts[1] + chance_below(&chance, file.bytes - cuts[1] + 1);
                check_cuts(&chance, cuts, 3, row_bytes_max);
            }
        }
        close_fed();
    }
}

static void records_are_the_same_wherever_blocks_end(void **state)
{
    (void)state;
    check_random_files(1 << 20);
}

static void overlong_records_are_cut_wherever_blocks_end(void **state)
{
    (void)state;
    check_random_files(24);
}

static void records_are_the_same_in_blocks_of_one_byte(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static uint32_t cuts[LONG_BYTES_MAX];
    open_fed(tide_scanner_select(TIDE_SCANNER_BEST), 100);
    for (unsigned round = 0; round < TEXTS / 2; round++) {
        unsigned count = 0;
        draw_file(&chance, LONG_BYTES_MAX);
        for (uint32_t cut = first_cut_least(); cut < file.bytes; cut++) cuts[count++] = cut;
        check_cuts(&chance, cuts, count, 100);
    }
    close_fed();
}

static uint32_t write_large_row(char *out, unsigned row)
{
    return (uint32_t)sprintf(out, row % 7 ? "key%u,\"a\nb\",%u" : "%u,b,%u", row, row * row);
}

/* More than the slices a block is indexed in: 16 KiB each. */
static void records_are_the_same_in_slices_of_a_large_block(void **state)
{
    (void)state;
    enum { ROWS = 4000 };
    static char text[ROWS * 40];
    uint32_t bytes = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        if (i % 7 == 0) text[bytes++] = '\n'; /* a blank line */
        bytes += write_large_row(text + bytes, i);
        if (i % 7) text[bytes++] = '\r';
        text[bytes++] = '\n';
    }
    for (unsigned scanner = 0; scanner < scanner_count(); scanner++) {
        uint64_t line = 1;
        unsigned row = 0;
        open_fed(scanner_at(scanner), 1 << 20);
        fed_send(&fed, text, bytes, 0, bytes, '\n');
        assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
        while (tide_records_next(&fed.records, NULL, TIDE_CHUNK_ROWS) == TIDE_RECORDS_CHUNK)
            for (uint32_t i = 0; i < fed.records.chunk.count; i++, row++) {
                char expected[40];
                size_t record_bytes, expected_bytes = write_large_row(expected, row);
                const char *record = tide_chunk_record(&fed.records.chunk, i, &record_bytes);
                assert_int_equal(record_bytes, expected_bytes);
                assert_memory_equal(record, expected, expected_bytes);
                line += row % 7 == 0;
                if (row % (scanner + 1) == 0)
                    assert_int_equal(tide_records_line(&fed.records, i), line);
                line += row % 7 ? 2 : 1;
            }
        assert_int_equal(row, ROWS);
        close_fed();
    }
}

static void rows_of_straddling_records_are_those_of_whole_ones(void **state)
{
    (void)state;
    static const char text[] = "key1,2024-05-11 10:00:00,3200\nkey2,2024-05-11 10:00:05.500,-5\r\n"
                               "a key of more than sixteen bytes,2024-05-12 00:00:00,7\n";
    struct chance chance = chance_begin();
    open_fed(tide_scanner_select(TIDE_SCANNER_BEST), 1 << 20);
    for (uint32_t cut = BOM_BYTES; cut <= sizeof text - 1; cut++) {
        static const int64_t times_ms[] = {1715421600000, 1715421605500, 1715472000000};
        static const int64_t amounts[] = {3200000000, -5000000, 7000000};
        unsigned row = 0;
        fed.file++;
        fed_send(&fed, text, sizeof text - 1, 0, cut, '1');
        if (cut < sizeof text - 1) fed_send(&fed, text, sizeof text - 1, cut, sizeof text - 1, '1');
        assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
        while (tide_records_next(&fed.records, NULL, 1 + chance_below(&chance, 3)) ==
               TIDE_RECORDS_CHUNK)
            for (uint32_t i = 0; i < fed.records.chunk.count; i++, row++) {
                if (row == 2 && text[cut - 1] == '\r')
                    continue; /* behind a blank line: not plain */
                assert_int_equal(fed.records.chunk.kinds[i],
                                 row == 2 ? TIDE_ROW_LONG_KEY : TIDE_ROW_PLAIN);
                assert_int_equal(fed.records.chunk.rows[i].time_ms, times_ms[row]);
                assert_int_equal(fed.records.chunk.rows[i].amount, amounts[row]);
            }
        assert_int_equal(row, 3);
    }
    close_fed();
}

static void empty_file_has_no_records(void **state)
{
    (void)state;
    struct chance chance = chance_begin();
    static const char *const texts[] = {"", "\xEF\xBB\xBF", "\n", "\r\n\r\n", "\n\n\r"};
    open_fed(tide_scanner_select(TIDE_SCANNER_BEST), 1 << 20);
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        file.bytes = (uint32_t)strlen(texts[i]);
        memcpy(file.text, texts[i], file.bytes);
        file.record_count = 0;
        check_cuts(&chance, NULL, 0, 1 << 20);
    }
    close_fed();
}

static void end_of_input_is_said_again_and_again(void **state)
{
    (void)state;
    open_fed(tide_scanner_select(TIDE_SCANNER_BEST), 1 << 20);
    assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_STARVED);
    struct tide_block *block = tide_link_take(&fed.link);
    tide_block_use_memory(block);
    block->begins_file = block->ends_file = block->ends_input = true;
    tide_link_send(&fed.link, block, TIDE_NOW);
    assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
    assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_FILE_END);
    assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_END);
    assert_int_equal(tide_records_next(&fed.records, NULL, 1), TIDE_RECORDS_END);
    close_fed();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_the_same_wherever_blocks_end),
        cmocka_unit_test(overlong_records_are_cut_wherever_blocks_end),
        cmocka_unit_test(records_are_the_same_in_blocks_of_one_byte),
        cmocka_unit_test(records_are_the_same_in_slices_of_a_large_block),
        cmocka_unit_test(rows_of_straddling_records_are_those_of_whole_ones),
        cmocka_unit_test(empty_file_has_no_records),
        cmocka_unit_test(end_of_input_is_said_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
