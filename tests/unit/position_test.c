/* Is what follows a record the same for whoever begins there, wherever blocks end before and
 * after? */
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

enum { TEXT_BYTES_MAX = 160, RECORDS_MAX = 200, TEXTS = 200, BOM_BYTES = 3, ROW_BYTES_MAX = 24 };

struct record {
    uint64_t start, line;
    size_t bytes;
    uint32_t field_count;
    bool is_open_quote, is_overlong;
};

static struct planned planned;
static struct fed before, after;
static char text[TEXT_BYTES_MAX];
static uint32_t text_bytes;
static struct record records[RECORDS_MAX];
static unsigned record_count;

static void open_both(const struct tide_scanner *scanner, size_t row_bytes_max)
{
    struct tide_decoder decoder;
    PLAN(&planned, "--quiet");
    tide_decoder_init(&decoder, &planned.plan);
    decoder.field_count = 3;
    decoder.time_column = 1;
    decoder.value_column = 2;
    decoder.row_bytes_max = (uint32_t)row_bytes_max;
    fed_open(&before, scanner, &decoder, row_bytes_max, ',');
    fed_open(&after, scanner, &decoder, row_bytes_max, ',');
}

static void close_both(void)
{
    fed_close(&before);
    fed_close(&after);
    plan_end(&planned);
}

static void draw_file(struct chance *chance)
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
    text_bytes = 0;
    if (chance_is(chance, 4)) {
        memcpy(text, "\xEF\xBB\xBF", BOM_BYTES);
        text_bytes = BOM_BYTES;
    }
    if (chance_is(chance, 3)) {
        text_bytes += draw_text(chance, text + text_bytes, TEXT_BYTES_MAX - text_bytes);
        return;
    }
    while (text_bytes + 40 < TEXT_BYTES_MAX && !chance_is(chance, 60)) {
        const char *bit = bits[chance_below(chance, chance_is(chance, 3) ? 10 : 4)];
        memcpy(text + text_bytes, bit, strlen(bit));
        text_bytes += (uint32_t)strlen(bit);
    }
}

static struct record record_at(struct fed *fed, unsigned i)
{
    const struct tide_chunk *chunk = &fed->records.chunk;
    struct record record = {.start = chunk->offset + tide_chunk_start(chunk, i),
                            .line = tide_records_line(&fed->records, i),
                            .field_count = chunk->field_count,
                            .is_open_quote = chunk->is_open_quote};
    tide_chunk_record(chunk, i, &record.bytes);
    /* Cut or not, by whether it straddles blocks: the same to those who ask. */
    record.is_overlong = chunk->is_overlong || record.bytes > fed->records.row_bytes_max;
    if (record.is_overlong) record.bytes = fed->records.row_bytes_max;
    return record;
}

/* The next file. */
static void begin(struct fed *fed)
{
    static const struct tide_input_place beginning = {.line = 1};
    fed->file++;
    tide_records_track(&fed->records);
    tide_records_resume(&fed->records, fed->file, &beginning);
}

/* Of the whole file, read in one go. */
static void read_whole(void)
{
    record_count = 0;
    begin(&before);
    fed_send(&before, text, text_bytes, 0, text_bytes, '"');
    assert_int_equal(tide_records_next(&before.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
    while (tide_records_next(&before.records, NULL, 1) == TIDE_RECORDS_CHUNK)
        records[record_count++] = record_at(&before, 0);
}

static void check_checksum(const struct tide_input_place *place)
{
    struct tide_checksum expected = {0};
    assert_in_range(place->read.bytes, place->offset, text_bytes);
    tide_checksum_add(&expected, tide_scanner_select(TIDE_SCANNER_PORTABLE)->add_stripes, text,
                      place->read.bytes);
    assert_true(tide_checksum_equals(&place->read, &expected));
}

/* A file's first block holds what may be a byte order mark. */
static uint32_t draw_end(struct chance *chance, uint32_t begin)
{
    uint32_t least = begin == 0 && text_bytes >= BOM_BYTES ? BOM_BYTES : begin;
    if (chance_is(chance, 4)) return text_bytes;
    return least + chance_below(chance, text_bytes - least + 1);
}

/* Reads from a place on, in blocks of any size: what follows is record `number` and so on. */
static void check_rest(struct chance *chance, const struct tide_input_place *place, unsigned number)
{
    struct tide_input_place last;
    uint32_t sent = (uint32_t)place->offset;
    bool all_sent = false;
    if (number > 0) assert_in_range(place->offset, 1, text_bytes);
    else assert_int_equal(place->offset, 0);
    check_checksum(place);
    after.file++;
    tide_records_track(&after.records);
    tide_records_resume(&after.records, after.file, place);
    last = tide_records_place(&after.records, 0);
    assert_int_equal(last.offset, place->offset);
    assert_int_equal(last.line, place->offset ? place->line : 1);
    for (;;) {
        enum tide_records_news news =
            tide_records_next(&after.records, NULL, 1 + chance_below(chance, 3));
        if (news == TIDE_RECORDS_FILE_END) break;
        if (news == TIDE_RECORDS_STARVED) {
            assert_false(all_sent);
            uint32_t end = draw_end(chance, sent);
            fed_send(&after, text, text_bytes, sent, end, "\n\"a,\r"[chance_below(chance, 5)]);
            sent = end;
            all_sent = sent == text_bytes;
        }
        if (news != TIDE_RECORDS_CHUNK) continue;
        for (unsigned i = 0; i < after.records.chunk.count; i++, number++) {
            struct record is = record_at(&after, i);
            assert_true(number < record_count);
            assert_int_equal(is.start, records[number].start);
            assert_int_equal(is.line, records[number].line);
            assert_int_equal(is.bytes, records[number].bytes);
            assert_int_equal(is.is_overlong, records[number].is_overlong);
            assert_int_equal(is.is_open_quote, records[number].is_open_quote);
            if (!is.is_overlong) assert_int_equal(is.field_count, records[number].field_count);
        }
    }
    assert_int_equal(number, record_count);
    last = tide_records_place(&after.records, 0);
    assert_true(last.has_ended);
    assert_int_equal(last.read.bytes, text_bytes);
    check_checksum(&last);
}

/* Reads the file in blocks of any size; wherever it may be stopped, what follows is checked. */
static void check_stops(struct chance *chance)
{
    struct tide_input_place place;
    uint32_t sent = 0, count = 1 + chance_below(chance, 4);
    unsigned number = 0;
    begin(&before);
    for (;;) {
        enum tide_records_news news = tide_records_next(&before.records, NULL, count);
        if (news == TIDE_RECORDS_CHUNK) {
            for (uint32_t i = 0; i <= before.records.chunk.count; i++) {
                place = tide_records_place(&before.records, i);
                check_rest(chance, &place, number + i);
            }
            number += before.records.chunk.count;
        }
        place = tide_records_place(&before.records, before.records.chunk.count);
        check_rest(chance, &place, number);
        if (news == TIDE_RECORDS_FILE_END) break;
        if (news != TIDE_RECORDS_STARVED) continue;
        uint32_t end = draw_end(chance, sent);
        fed_send(&before, text, text_bytes, sent, end, "\n\"a,\r"[chance_below(chance, 5)]);
        sent = end;
    }
    assert_int_equal(number, record_count);
    assert_true(place.has_ended);
}

static void check_random_files(size_t row_bytes_max)
{
    struct chance chance = chance_begin();
    for (unsigned i = 0; i < scanner_count(); i++) {
        open_both(scanner_at(i), row_bytes_max);
        for (unsigned round = 0; round < TEXTS; round++) {
            draw_file(&chance);
            read_whole();
            for (unsigned way = 0; way < 10; way++) check_stops(&chance);
        }
        close_both();
    }
}

static void the_rest_is_the_same_from_any_record_on(void **state)
{
    (void)state;
    check_random_files(1 << 20);
}

static void the_rest_is_the_same_where_records_are_too_long(void **state)
{
    (void)state;
    check_random_files(ROW_BYTES_MAX);
}

static void a_record_that_is_too_long_is_far_behind(void **state)
{
    (void)state;
    memset(text, 'a', sizeof text);
    open_both(tide_scanner_select(TIDE_SCANNER_BEST), ROW_BYTES_MAX);
    begin(&before);
    fed_send(&before, text, sizeof text, 0, ROW_BYTES_MAX, ' ');
    assert_int_equal(tide_records_next(&before.records, NULL, 1), TIDE_RECORDS_NEW_FILE);
    assert_int_equal(tide_records_next(&before.records, NULL, 1), TIDE_RECORDS_STARVED);
    assert_false(tide_records_is_far_behind(&before.records));
    fed_send(&before, text, sizeof text, ROW_BYTES_MAX, ROW_BYTES_MAX + 1, ' ');
    assert_int_equal(tide_records_next(&before.records, NULL, 1), TIDE_RECORDS_STARVED);
    assert_true(tide_records_is_far_behind(&before.records));
    fed_send(&before, text, sizeof text, ROW_BYTES_MAX + 1, sizeof text, ' ');
    assert_int_equal(tide_records_next(&before.records, NULL, 1), TIDE_RECORDS_CHUNK);
    assert_false(tide_records_is_far_behind(&before.records));
    close_both();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_is_too_long_is_far_behind),
        cmocka_unit_test(the_rest_is_the_same_from_any_record_on),
        cmocka_unit_test(the_rest_is_the_same_where_records_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
