/* Does the scanners' quick path read a plain row exactly as the careful parsers do, leave every
 * other row to them, and lose, add or misplace no record? */
#include "engine/stages/decoder.h"
#include "engine/text/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chance.h"
#include "naive_csv.h"
#include "planned.h"
#include "scanners.h"

enum {
    TEXT_BYTES_MAX = 2000,
    FIELD_BYTES_MAX = 80,
    COLUMNS_MAX = 6,
    TEXTS = 400,
    ROWS_AT_ONCE = 7
};

/* One way to run, and the texts for it. */
struct setup {
    struct planned planned;
    struct tide_decoder decoder;
    struct tide_csv_index index;
    struct tide_decode_memo memo;
    char delimiter;
};

static void open_setup(struct setup *setup, const char *const words[])
{
    struct tide_error error = {0};
    plan_begin(&setup->planned, words);
    setup->delimiter = setup->planned.plan.delimiter;
    assert_true(tide_csv_index_init(&setup->index, NAIVE_BYTES_MAX, setup->delimiter, &error));
    tide_decoder_init(&setup->decoder, &setup->planned.plan);
    setup->memo = (struct tide_decode_memo){.minute_ms = 0};
}

static void close_setup(struct setup *setup)
{
    tide_csv_index_fini(&setup->index);
    plan_end(&setup->planned);
}

static void set_columns(struct setup *setup, uint32_t count, uint32_t key, uint32_t time,
                        uint32_t value)
{
    setup->decoder.field_count = count;
    setup->decoder.key_column = key;
    setup->decoder.time_column = time;
    setup->decoder.value_column = value;
}

/* --- random fields
 * -------------------------------------------------------------------------------- */

static const char *one_of(struct chance *chance, const char *const texts[], uint32_t count)
{
    return texts[chance_below(chance, count)];
}

#define ONE_OF(chance, texts) one_of(chance, texts, sizeof texts / sizeof texts[0])

static uint32_t draw_digits(struct chance *chance, char *out, uint32_t count_max)
{
    uint32_t count = 1 + chance_below(chance, count_max);
    for (uint32_t i = 0; i < count; i++)
        out[i] = (char)('0' + (chance_is(chance, 3) ? 0 : chance_below(chance, 10)));
    return count;
}

static uint32_t draw_amount(struct chance *chance, char *out)
{
    static const char *const odd[] = {"",
                                      "-",
                                      ".",
                                      "-.",
                                      "+4",
                                      "1e3",
                                      "£5",
                                      "$5",
                                      "(5)",
                                      " 7",
                                      "7 ",
                                      "--1",
                                      "1.2.3",
                                      "12a",
                                      "1-",
                                      "0x10",
                                      "1,234.56",
                                      "NA",
                                      "nan",
                                      "1:2",
                                      "/",
                                      ":",
                                      "1 2",
                                      "\xB1",
                                      "-0",
                                      "00000",
                                      "-.5",
                                      "5.",
                                      "0000000000000000001"};
    if (chance_is(chance, 4)) return (uint32_t)sprintf(out, "%s", ONE_OF(chance, odd));
    uint32_t bytes = 0;
    if (chance_is(chance, 4)) out[bytes++] = '-';
    bytes += draw_digits(chance, out + bytes, chance_is(chance, 8) ? 30 : 9);
    if (chance_is(chance, 2)) out[bytes++] = chance_is(chance, 4) ? ',' : '.';
    if (chance_is(chance, 2))
        bytes += draw_digits(chance, out + bytes, chance_is(chance, 8) ? 20 : 6);
    return bytes;
}

static uint32_t draw_calendar(struct chance *chance, char *out)
{
    static const char *const tails[] = {"",           "",    "",  ".5",    ".123",   ".1234",
                                        "Z",          ".1Z", " ", ".123Z", "+01:00", "-05:30",
                                        ".999+14:00", "z",   ".", ":",     ".12Z",   ".1a3"};
    static const char *const days[] = {"2024-05-11", "2024-02-29", "2023-02-29", "1969-12-31",
                                       "0000-01-01", "9999-12-31", "1847-12-01", "2024-13-01",
                                       "2024-03-31", "2024-10-27", "2024-5-1"};
    const char *day = chance_is(chance, 4) ? ONE_OF(chance, days) : days[chance_below(chance, 2)];
    if (chance_is(chance, 20)) return (uint32_t)sprintf(out, "%s", day);
    uint32_t hour = chance_below(chance, chance_is(chance, 10) ? 30 : 3);
    uint32_t bytes =
        (uint32_t)sprintf(out, "%s%c%02u:%02u:%02u%s", day, chance_is(chance, 5) ? 'T' : ' ', hour,
                          chance_below(chance, chance_is(chance, 10) ? 70 : 4),
                          chance_below(chance, chance_is(chance, 10) ? 100 : 60),
                          chance_is(chance, 3) ? ONE_OF(chance, tails) : "");
    if (chance_is(chance, 8))
        out[chance_below(chance, bytes)] = (char)(' ' + chance_below(chance, 95));
    return bytes;
}

static uint32_t draw_time(struct chance *chance, const struct tide_decoder *decoder, char *out)
{
    if (decoder->time == TIDE_DECODE_CALENDAR || chance_is(chance, 10))
        return draw_calendar(chance, out);
    uint32_t bytes = chance_is(chance, 6) ? (uint32_t)sprintf(out, "-") : 0;
    bytes += draw_digits(chance, out + bytes, 18);
    if (chance_is(chance, 6)) out[bytes++] = '.';
    if (chance_is(chance, 6)) bytes += draw_digits(chance, out + bytes, 3);
    return bytes;
}

static uint32_t draw_key(struct chance *chance, char *out)
{
    static const char *const odd[] = {"",    "NA", "nan",  " k",  "k ",   "\tk", "N", "null",
                                      "NaN", "x",  "#N/A", "k\"", "n/a ", "nul", "0"};
    if (chance_is(chance, 4)) return (uint32_t)sprintf(out, "%s", ONE_OF(chance, odd));
    uint32_t bytes = 1 + chance_below(chance, chance_is(chance, 6) ? 40 : 18);
    for (uint32_t i = 0; i < bytes; i++) out[i] = (char)('a' + chance_below(chance, 26));
    return bytes;
}

static uint32_t draw_field(struct chance *chance, const struct tide_decoder *decoder,
                           uint32_t column, char *out)
{
    char plain[FIELD_BYTES_MAX];
    uint32_t bytes = 0, end = 0;
    if (column == decoder->time_column) bytes = draw_time(chance, decoder, plain);
    else if (column == decoder->value_column) bytes = draw_amount(chance, plain);
    else bytes = draw_key(chance, plain);
    if (chance_is(chance, 500)) plain[bytes++] = '\0';
    bool quoted = chance_is(chance, 40);
    if (quoted) out[end++] = '"';
    memcpy(out + end, plain, bytes);
    end += bytes;
    if (quoted) out[end++] = '"';
    return end;
}

static uint32_t draw_rows(struct chance *chance, const struct setup *setup, char *text)
{
    static const char *const line_ends[] = {"\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n"};
    const char *usual_end = ONE_OF(chance, line_ends);
    uint32_t bytes = 0, usual = setup->decoder.field_count;
    bool is_odd_text = chance_is(chance, 3);
    while (bytes + (COLUMNS_MAX + 2) * FIELD_BYTES_MAX < TEXT_BYTES_MAX) {
        uint32_t fields = chance_is(chance, 12) ? 1 + chance_below(chance, COLUMNS_MAX) : usual;
        for (uint32_t column = 0; column < fields; column++) {
            if (column > 0) text[bytes++] = setup->delimiter;
            bytes += draw_field(chance, &setup->decoder, column, text + bytes);
        }
        const char *end = is_odd_text ? ONE_OF(chance, line_ends) : usual_end;
        bytes += (uint32_t)sprintf(text + bytes, "%s", end);
    }
    return bytes;
}

/* --- the comparison
 * ------------------------------------------------------------------------------- */

struct text {
    const char *at;
    size_t bytes;
};

static struct text trimmed(struct text text)
{
    for (; text.bytes && (*text.at == ' ' || *text.at == '\t'); text.at++) text.bytes--;
    while (text.bytes && (text.at[text.bytes - 1] == ' ' || text.at[text.bytes - 1] == '\t'))
        text.bytes--;
    return text;
}

/* A record as the naive reader sees it. */
struct record {
    uint32_t start, bytes, field_count;
    const uint32_t *ends;
};

static struct text field_of(const char *block, const struct record *record, uint32_t column,
                            char *scratch)
{
    uint32_t start = column ? record->ends[column - 1] + 1 : record->start;
    bool is_last = column + 1 == record->field_count;
    uint32_t end = is_last ? record->start + record->bytes : record->ends[column];
    struct text field;
    field.at = tide_csv_field(block + start, end - start, scratch, &field.bytes);
    return field;
}

/* Would the careful path take the row, and is it what the quick one made of it? */
static bool agrees(const struct setup *setup, const char *block, const struct record *record,
                   const struct tide_row *row, enum tide_row_kind kind)
{
    const struct tide_plan *plan = &setup->planned.plan;
    const struct tide_decoder *decoder = &setup->decoder;
    char scratch[3][FIELD_BYTES_MAX + 2];
    int64_t time_ms;
    tide_int128 amount;
    if (record->field_count != decoder->field_count || record->bytes > plan->row_bytes_max)
        return false;
    struct text key = field_of(block, record, decoder->key_column, scratch[0]);
    struct text time = trimmed(field_of(block, record, decoder->time_column, scratch[1]));
    struct text value = trimmed(field_of(block, record, decoder->value_column, scratch[2]));
    if (plan->trim) key = trimmed(key);
    if (memchr(block + record->start, '\0', record->bytes)) return false;
    if (tide_na_is(&plan->na, key.at, key.bytes) || tide_na_is(&plan->na, time.at, time.bytes) ||
        tide_na_is(&plan->na, value.at, value.bytes))
        return false;
    if (!tide_time_parse(&plan->time_format, time.at, time.bytes, &time_ms)) return false;
    if (tide_decimal_parse(&plan->decimal, value.at, value.bytes, &amount) != TIDE_DECIMAL_OK)
        return false;
    if (row->time_ms != time_ms || row->amount != amount) return false;
    if (kind == TIDE_ROW_LONG_KEY)
        return key.bytes > TIDE_KEY_INLINE_BYTES && row->key[1] == key.bytes &&
               memcmp((const char *)(uintptr_t)row->key[0], key.at, key.bytes) == 0;
    uint64_t words[2] = {0, 0};
    if (key.bytes > TIDE_KEY_INLINE_BYTES) return false;
    memcpy(words, key.at, key.bytes);
    return memcmp(words, row->key, sizeof words) == 0;
}

/* The naive reader's next record that is no blank line; false: there is none. */
static bool next_record(const struct naive_csv *naive, const char *block, uint32_t *separator,
                        uint32_t *row_end, struct record *record)
{
    while (*row_end < naive->row_end_count) {
        uint32_t end = naive->row_ends[(*row_end)++], first = *separator;
        record->start = first ? naive->separators[first - 1] + 1 : 0;
        while (naive->separators[*separator] != end) ++*separator;
        record->field_count = ++*separator - first;
        record->ends = naive->separators + first;
        record->bytes = end - record->start;
        if (record->bytes && block[end] == '\n' && block[end - 1] == '\r') record->bytes--;
        if (record->bytes > 0) return true;
    }
    return false;
}

/* Decodes a text and compares; returns how many rows were plain. */
static unsigned check_text(struct setup *setup, const struct tide_scanner *scanner,
                           const char *block, uint32_t bytes)
{
    static struct naive_csv naive;
    uint32_t separator = 0, row_end = 0;
    unsigned plain_count = 0;
    struct record record;
    naive_read(&naive, block, bytes, 0, setup->delimiter);
    tide_csv_index_new_file(&setup->index);
    scanner->index(&setup->index, block, bytes, 0, bytes);
    for (;;) {
        struct tide_row rows[ROWS_AT_ONCE];
        uint8_t kinds[ROWS_AT_ONCE];
        struct tide_taken taken = scanner->decode(&setup->decoder, &setup->memo, &setup->index,
                                                  block, rows, kinds, ROWS_AT_ONCE);
        assert_true(taken.count <= ROWS_AT_ONCE);
        if (taken.count == 0) break;
        for (uint32_t i = 0; i < taken.count; i++) {
            assert_true(next_record(&naive, block, &separator, &row_end, &record));
            assert_int_equal(record.field_count, taken.field_count);
            const uint32_t *ends = setup->index.separators + taken.first + i * taken.field_count;
            assert_int_equal(ends[-1] + 1, record.start);
            assert_memory_equal(ends, record.ends, taken.field_count * sizeof *ends);
            if (kinds[i] == TIDE_ROW_OTHER) continue;
            plain_count++;
            if (!agrees(setup, block, &record, &rows[i], kinds[i]))
                fail_msg("%s reads otherwise: [%.*s]", scanner->name, (int)record.bytes,
                         block + record.start);
        }
    }
    assert_false(next_record(&naive, block, &separator, &row_end, &record));
    return plain_count;
}

static char room[TEXT_BYTES_MAX + 2 * TIDE_BLOCK_SLACK_BYTES];
static char *const block_of_test = room + TIDE_BLOCK_SLACK_BYTES;

/* Random texts for one command line; some of the rows must have been plain, if any may be. */
static void check_setup(struct chance *chance, const char *const words[])
{
    static struct setup setup;
    unsigned plain_count = 0;
    open_setup(&setup, words);
    for (unsigned round = 0; round < TEXTS; round++) {
        uint32_t count = 3 + chance_below(chance, COLUMNS_MAX - 2),
                 key = chance_below(chance, count);
        set_columns(&setup, count, key, (key + 1) % count, (key + 2) % count);
        if (chance_is(chance, 30)) set_columns(&setup, 1, 0, 0, 0);
        memset(room, chance_is(chance, 2) ? '7' : '"', sizeof room);
        uint32_t bytes = draw_rows(chance, &setup, block_of_test);
        for (unsigned i = 0; i < scanner_count(); i++)
            plain_count += check_text(&setup, scanner_at(i), block_of_test, bytes);
    }
    bool may_be_plain = setup.decoder.time != TIDE_DECODE_NO_TIME && setup.decoder.single_key;
    if ((plain_count > TEXTS) != may_be_plain) fail_msg("%s: %u plain", words[0], plain_count);
    close_setup(&setup);
}

static void plain_rows_are_read_as_the_careful_parsers_read_them(void **state)
{
    (void)state;
    static const char *const command_lines[][7] = {
        {"--quiet"},
        {"--decimals", "0"},
        {"--decimals", "2"},
        {"--decimals", "18"},
        {"--decimal-comma", "--delimiter", ";"},
        {"--delimiter", "tab", "--trim"},
        {"--timezone", "Europe/London"},
        {"--timezone", "+05:30", "--trim"},
        {"--time-format", "epoch-s"},
        {"--time-format", "epoch-ms"},
        {"--time-format", "epoch-us", "--decimals", "3"},
        {"--time-format", "%d/%m/%Y"},
        {"--na", "0,1,2024-05-11 00:00:00,x"},
        {"--na", "0,5,-0", "--time-format", "epoch-ms"},
        {"--max-row-bytes", "40"},
        {"--key", "a,b"},
    };
    struct chance chance = chance_begin();
    for (size_t i = 0; i < sizeof command_lines / sizeof command_lines[0]; i++)
        check_setup(&chance, command_lines[i]);
}

/* Rows as programs write them must not fall back to the careful path: that would be slow. */
static void usual_rows_are_plain(void **state)
{
    (void)state;
    static const char text[] = "tx1,2024-05-11 10:00:00,3200\ntx2,2024-05-11 10:00:05.250,-12.5\n"
                               "a-key-of-16-bytes,2024-05-12T00:00:00Z,0.000001\nn,"
                               "1969-12-31 23:59:59,.5\na key of more than sixteen bytes,"
                               "2024-02-29 00:00:00,-123456789012\nk,2024-05-11 10:00:05,5.\n";
    static struct setup setup;
    static const char *const words[] = {"--quiet", NULL};
    open_setup(&setup, words);
    set_columns(&setup, 3, 0, 1, 2);
    memcpy(block_of_test, text, sizeof text - 1);
    for (unsigned i = 0; i < scanner_count(); i++)
        assert_int_equal(check_text(&setup, scanner_at(i), block_of_test, sizeof text - 1), 6);
    close_setup(&setup);
}

static void amount_of_the_last_column_is_plain_before_crlf(void **state)
{
    (void)state;
    static const char text[] = "a,2024-05-11 10:00:00,1\r\nb,2024-05-11 10:00:01,2\r\n";
    static struct setup setup;
    static const char *const words[] = {"--quiet", NULL};
    open_setup(&setup, words);
    set_columns(&setup, 3, 0, 1, 2);
    memcpy(block_of_test, text, sizeof text - 1);
    for (unsigned i = 0; i < scanner_count(); i++)
        assert_int_equal(check_text(&setup, scanner_at(i), block_of_test, sizeof text - 1), 2);
    close_setup(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_rows_are_read_as_the_careful_parsers_read_them),
        cmocka_unit_test(usual_rows_are_plain),
        cmocka_unit_test(amount_of_the_last_column_is_plain_before_crlf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
