/* Are a file's records, lines and classes what a naive reader and the careful path say, for every
 * scanner and wherever its blocks end? */
#include "tests/fuzz/target.h"

#include "engine/stages/classify.h"
#include "engine/stages/columns.h"
#include "engine/stages/decoder.h"
#include "tests/unit/fed.h"
#include "tests/unit/naive_csv.h"
#include "tests/unit/planned.h"
#include "tests/unit/scanners.h"

enum { CUTS_MAX = 16, BOM_BYTES = 3, WORDS_MAX = 14, SCANNERS_MAX = SCANNER_CHOICES };

/* A record as the naive reader finds it, and as the careful path judges it in one block. */
struct record {
    uint32_t start, bytes, field_count;
    uint64_t line;
    bool is_open_quote;
    struct tide_classified classified; /* the key lies in `keys` */
};

/* One way to read a file. */
struct way {
    const char *words[WORDS_MAX]; /* ends with NULL */
    uint32_t field_count;
    struct planned planned;
    struct tide_columns columns;
    struct tide_classifier classifier;
    struct fed feds[SCANNERS_MAX];
};

#define COLUMNS(key, time, value) "--no-header", "--key", key, "--time", time, "--value", value
static struct way ways[] = {
    {{COLUMNS("1", "2", "3")}, .field_count = 3},
    {{COLUMNS("3", "1", "2"), "--delimiter", ";", "--decimal-comma", "--trim"}, .field_count = 3},
    {{COLUMNS("2", "1", "3"), "--time-format", "epoch-ms", "--decimals", "2"}, .field_count = 4},
    {{COLUMNS("1", "1", "1"), "--time-format", "epoch-s", "--max-row-bytes", "16"},
     .field_count = 1},
    {{COLUMNS("1", "2", "3"), "--timezone", "Europe/London", "--na", "NA,0,1,2024-05-11 00:00:00"},
     .field_count = 3},
    {{COLUMNS("1,2", "3", "1"), "--time-format", "%d/%m/%Y", "--delimiter", "tab",
      "--max-row-bytes", "40"},
     .field_count = 3},
    {{COLUMNS("1", "2", "3"), "--time-format", "epoch-us", "--decimals", "18"}, .field_count = 3},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

/* The file of this input. */
static struct {
    const char *text;
    uint32_t bytes;
    struct record records[NAIVE_BYTES_MAX];
    unsigned record_count;
    char keys[4 * NAIVE_BYTES_MAX];
    size_t key_bytes;
} file;

static void open_ways(void)
{
    for (unsigned i = 0; i < WAYS; i++) {
        struct way *way = &ways[i];
        struct tide_decoder decoder;
        plan_begin(&way->planned, way->words);
        const struct tide_plan *plan = &way->planned.plan;
        tide_columns_from_numbers(&way->columns, plan);
        tide_decoder_init(&decoder, plan);
        tide_columns_teach(&way->columns, way->field_count, &decoder);
        tide_classifier_init(&way->classifier, plan, &way->columns);
        for (unsigned scanner = 0; scanner < scanner_count(); scanner++)
            fed_open(&way->feds[scanner], scanner_at(scanner), &decoder, plan->row_bytes_max,
                     plan->delimiter);
    }
}

static void add_record(uint32_t start, uint32_t end, uint32_t field_count, uint64_t line,
                       bool is_open_quote)
{
    bool ends_in_crlf =
        end < file.bytes && file.text[end] == '\n' && end > start && file.text[end - 1] == '\r';
    uint32_t bytes = end - start - ends_in_crlf;
    if (bytes == 0) return; /* a blank line */
    file.records[file.record_count++] =
        (struct record){start, bytes, field_count, line, is_open_quote, {.reason = NULL}};
}

static void read_naively(char delimiter)
{
    static struct naive_csv naive;
    bool has_bom = file.bytes >= BOM_BYTES && memcmp(file.text, "\xEF\xBB\xBF", BOM_BYTES) == 0;
    uint32_t bom = has_bom ? BOM_BYTES : 0, start = bom, separator = 0;
    uint64_t line = 1;
    file.record_count = 0;
    naive_read(&naive, file.text + bom, file.bytes - bom, 0, delimiter);
    for (uint32_t i = 0; i < naive.row_end_count; i++) {
        uint32_t first = separator, end = bom + naive.row_ends[i];
        while (naive.separators[separator++] != naive.row_ends[i]) continue;
        add_record(start, end, separator - first, line, false);
        char before = start > 0 ? file.text[start - 1] : '\0';
        line += tide_csv_count_lines(before, file.text + start, end + 1 - start);
        start = end + 1;
    }
    if (start < file.bytes)
        add_record(start, file.bytes, naive.separator_count - separator + 1, line,
                   naive.state == TIDE_CSV_QUOTED);
}

static bool is_same_key(const struct tide_classified *expected, const char *key, size_t bytes)
{
    return bytes == expected->key_bytes && memcmp(key, expected->key, bytes) == 0;
}

/* Keeps what the careful path says, or compares it with what it said before. */
static void check_classified(struct record *record, struct tide_classified *got, bool is_first)
{
    struct tide_classified *expected = &record->classified;
    if (is_first) {
        *expected = *got;
        if (got->class != TIDE_CLASS_GOOD) return;
        FUZZ_CHECK(file.key_bytes + got->key_bytes <= sizeof file.keys);
        memcpy(file.keys + file.key_bytes, got->key, got->key_bytes);
        expected->key = file.keys + file.key_bytes;
        file.key_bytes += got->key_bytes;
        return;
    }
    FUZZ_CHECK(got->class == expected->class && got->reason == expected->reason);
    if (got->class != TIDE_CLASS_GOOD) return;
    FUZZ_CHECK(is_same_key(expected, got->key, got->key_bytes));
    FUZZ_CHECK(got->time_ms == expected->time_ms && got->amount == expected->amount);
}

/* What the quick path made of a row. */
static void check_row(const struct record *record, const struct tide_row *row, uint8_t kind)
{
    const struct tide_classified *expected = &record->classified;
    if (kind == TIDE_ROW_OTHER) return;
    FUZZ_CHECK(expected->class == TIDE_CLASS_GOOD);
    FUZZ_CHECK(row->time_ms == expected->time_ms && row->amount == expected->amount);
    if (kind == TIDE_ROW_LONG_KEY) {
        FUZZ_CHECK(row->key[1] > sizeof row->key);
        FUZZ_CHECK(is_same_key(expected, (const char *)(uintptr_t)row->key[0], row->key[1]));
        return;
    }
    uint64_t words[2] = {0, 0};
    FUZZ_CHECK(expected->key_bytes <= sizeof words);
    memcpy(words, expected->key, expected->key_bytes);
    FUZZ_CHECK(memcmp(words, row->key, sizeof words) == 0);
}

static void check_record(struct way *way, struct fed *fed, uint32_t i, unsigned number,
                         bool is_first)
{
    const struct tide_chunk *chunk = &fed->records.chunk;
    FUZZ_CHECK(number < file.record_count);
    struct record *record = &file.records[number];
    size_t bytes;
    const char *text = tide_chunk_record(chunk, i, &bytes);
    FUZZ_CHECK(chunk->file == fed->file);
    FUZZ_CHECK(chunk->offset + tide_chunk_start(chunk, i) == record->start);
    FUZZ_CHECK(chunk->is_open_quote == record->is_open_quote);
    FUZZ_CHECK(bytes ==
               (chunk->is_overlong ? way->planned.plan.row_bytes_max : (size_t)record->bytes));
    FUZZ_CHECK(chunk->is_overlong ? bytes < record->bytes
                                  : chunk->field_count == record->field_count);
    FUZZ_CHECK(memcmp(text, file.text + record->start, bytes) == 0);
    FUZZ_CHECK(tide_records_line(&fed->records, i) == record->line);
    struct tide_classified classified = tide_classify(&way->classifier, chunk, i);
    check_classified(record, &classified, is_first);
    check_row(record, &chunk->rows[i], chunk->kinds[i]);
}

/* Sends the file in blocks that end at the cuts (ascending), and compares. */
static void read_cut(struct way *way, unsigned scanner, const uint32_t cuts[], unsigned cut_count,
                     uint32_t count, bool is_first)
{
    struct fed *fed = &way->feds[scanner];
    uint32_t sent = 0;
    unsigned next_cut = 0, number = 0;
    bool all_sent = false;
    fed->file++;
    fed->records.memo = (struct tide_decode_memo){.minute_ms = 0};
    for (;;) {
        enum tide_records_news news = tide_records_next(&fed->records, NULL, count);
        if (news == TIDE_RECORDS_FILE_END) break;
        if (news == TIDE_RECORDS_NEW_FILE) continue;
        if (news == TIDE_RECORDS_STARVED) {
            FUZZ_CHECK(!all_sent);
            uint32_t end = next_cut < cut_count ? cuts[next_cut++] : file.bytes;
            fed_send(fed, file.text, file.bytes, sent, end, "\n\"a,7"[sent % 5]);
            sent = end;
            all_sent = sent == file.bytes;
            continue;
        }
        FUZZ_CHECK(news == TIDE_RECORDS_CHUNK);
        FUZZ_CHECK(fed->records.chunk.count >= 1 && fed->records.chunk.count <= count);
        for (uint32_t i = 0; i < fed->records.chunk.count; i++)
            check_record(way, fed, i, number++, is_first);
    }
    FUZZ_CHECK(all_sent && number == file.record_count);
}

/* Ascending places within the file; a first block holds three bytes, for the byte order mark. */
static unsigned take_cuts(struct feed *feed, uint32_t steps[])
{
    unsigned count = feed_number(feed, CUTS_MAX + 1);
    for (unsigned i = 0; i < count; i++) steps[i] = feed_number(feed, i ? 256 : NAIVE_BYTES_MAX);
    return count;
}

static unsigned place_cuts(uint32_t cuts[], unsigned count)
{
    uint32_t at = BOM_BYTES;
    for (unsigned i = 0; i < count; i++) {
        at += cuts[i];
        if (at > file.bytes) return i;
        cuts[i] = at;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static bool is_open;
    static uint32_t every_byte[NAIVE_BYTES_MAX];
    if (!is_open) open_ways();
    is_open = true;
    struct feed feed = {(const char *)data, bytes};
    struct way *way = &ways[feed_number(&feed, WAYS)];
    uint32_t cuts[CUTS_MAX], count = 1 + feed_number(&feed, TIDE_CHUNK_ROWS);
    unsigned cut_count = take_cuts(&feed, cuts), every_count = 0;
    file.text = feed.text;
    file.bytes = feed.bytes < NAIVE_BYTES_MAX ? (uint32_t)feed.bytes : NAIVE_BYTES_MAX;
    file.key_bytes = 0;
    cut_count = place_cuts(cuts, cut_count);
    for (uint32_t at = BOM_BYTES; at < file.bytes; at++) every_byte[every_count++] = at;
    read_naively(way->planned.plan.delimiter);
    read_cut(way, 0, NULL, 0, TIDE_CHUNK_ROWS, true);
    for (unsigned scanner = 0; scanner < scanner_count(); scanner++) {
        read_cut(way, scanner, NULL, 0, count, false);
        read_cut(way, scanner, cuts, cut_count, count, false);
        if (file.bytes <= 256) read_cut(way, scanner, every_byte, every_count, count, false);
    }
    return 0;
}
