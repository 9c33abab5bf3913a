/*
 * The scanner, compiled once for each instruction set: TIDE_VECTOR names the header with its
 * primitives.
 *
 * The index looks at 64 bytes a step, as simdjson does (G. Langdale, D. Lemire, "Parsing gigabytes
 * of JSON per second"). Quotes are regular in nearly every file: then the parity of the quotes up
 * to a byte tells whether it is inside. Where an opening quote follows neither a separator nor a
 * closing quote, it is literal and the parity means nothing; that step goes byte by byte.
 */
#include "engine/text/scan.h"

#include TIDE_VECTOR

#include <string.h>

extern const struct tide_scanner TIDE_SCANNER;

/* How far ahead of the scan memory is asked for: the hardware stops at each page of a mapped file.
 */
enum { PREFETCH_BYTES = 6 << 10 };

struct step {
    const char *bytes;
    uint64_t valid;                /* the bits that belong to the block */
    bool has_more;                 /* the block goes on behind the step */
    uint64_t separators, row_ends; /* candidates; then the ones outside quotes */
};

/* Byte by byte, for what the parity of quotes cannot decide. */
static void step_careful(struct step *step, enum tide_csv_state *state)
{
    uint64_t separators = 0;
    enum tide_csv_state now = *state;
    for (unsigned i = 0; i < TIDE_CSV_STEP_BYTES; i++) {
        if (!(step->valid >> i & 1)) continue;
        bool quote = step->bytes[i] == '"';
        if (now == TIDE_CSV_QUOTED) {
            if (quote) now = TIDE_CSV_CLOSING;
        } else if (quote && now != TIDE_CSV_PLAIN) {
            now = TIDE_CSV_QUOTED; /* opens the field, or is the second of two */
        } else if (step->separators >> i & 1) {
            separators |= 1ull << i;
            now = TIDE_CSV_START;
        } else {
            now = TIDE_CSV_PLAIN;
        }
    }
    step->separators = separators;
    step->row_ends &= separators;
    *state = now;
}

/* A step that holds a quote or begins inside quotes. */
static void step_quotes(struct step *step, enum tide_csv_state *state)
{
    uint64_t quotes = byte_mask(step->bytes, '"') & step->valid;
    uint64_t inside = prefix_xor(quotes) ^ (*state == TIDE_CSV_QUOTED ? ~0ull : 0);
    uint64_t opening = quotes & inside, closing = quotes & ~inside;
    uint64_t separators = step->separators & ~inside;
    uint64_t first = *state == TIDE_CSV_START || *state == TIDE_CSV_CLOSING;
    if (opening & ~(separators << 1 | closing << 1 | first)) {
        step_careful(step, state);
        return;
    }
    step->separators = separators;
    step->row_ends &= separators;
    unsigned last = 63u - (unsigned)__builtin_clzll(step->valid);
    if (inside >> last & 1) *state = TIDE_CSV_QUOTED;
    else if (separators >> last & 1) *state = TIDE_CSV_START;
    else *state = closing >> last & 1 ? TIDE_CSV_CLOSING : TIDE_CSV_PLAIN;
}

/* A step with a quote, CR or NUL in it or with one of their consequences open. */
static void step_rare(struct step *step, struct tide_csv_index *index)
{
    uint64_t cr = byte_mask(step->bytes, '\r') & step->valid;
    uint64_t after_cr = cr << 1 | (uint64_t)index->ends_in_cr;
    unsigned last = 63u - (unsigned)__builtin_clzll(step->valid);
    index->line_count += count_bits(step->row_ends & ~after_cr) + count_bits(cr);
    index->ends_in_cr = cr >> last & 1;
    if (cr) { /* the row end of CRLF is its LF; behind the last byte of the block nobody knows */
        uint64_t before_lf = step->row_ends >> 1;
        if (step->has_more && step->bytes[TIDE_CSV_STEP_BYTES] == '\n') before_lf |= 1ull << last;
        step->row_ends |= cr & ~before_lf;
        step->separators |= cr & ~before_lf;
        index->has_cr = true;
    }

    uint64_t quotes = byte_mask(step->bytes, '"') & step->valid;
    if (quotes) index->has_quote = true;
    if (byte_mask(step->bytes, '\0') & step->valid) index->has_nul = true;
    if (quotes || index->state == TIDE_CSV_QUOTED) step_quotes(step, &index->state);
    else index->state = step->separators >> last & 1 ? TIDE_CSV_START : TIDE_CSV_PLAIN;
}

static void index_block(struct tide_csv_index *index, const char *block, uint32_t block_bytes,
                        uint32_t begin, uint32_t end)
{
    if (begin == end) return;
    uint32_t *separators = index->separators + index->separator_count;
    uint32_t *row_ends = index->row_ends + index->row_end_count;
    uint64_t skip =
        ~0ull << begin % TIDE_CSV_STEP_BYTES; /* only the first step may begin in its midst */
    for (uint32_t at = begin - begin % TIDE_CSV_STEP_BYTES; at < end;
         at += TIDE_CSV_STEP_BYTES, skip = ~0ull) {
        uint32_t left = end - at;
        uint64_t valid = left < TIDE_CSV_STEP_BYTES ? ((1ull << left) - 1) & skip : skip;
        struct step_masks masks = classify(block + at, index->delimiter);
        struct step step = {block + at, valid, block_bytes > at + TIDE_CSV_STEP_BYTES,
                            (masks.delimiter | masks.lf) & valid, masks.lf & valid};
        if (TIDE_LIKELY(!masks.rare && index->state != TIDE_CSV_QUOTED && !index->ends_in_cr &&
                        valid == ~0ull)) {
            index->line_count += count_bits(step.row_ends);
            index->state = step.separators >> 63 ? TIDE_CSV_START : TIDE_CSV_PLAIN;
        } else {
            step_rare(&step, index);
        }
        separators = flatten(separators, step.separators, at);
        row_ends = flatten(row_ends, step.row_ends, at);
    }
    index->separator_count = (uint32_t)(separators - index->separators);
    index->row_end_count = (uint32_t)(row_ends - index->row_ends);
}

/* --- decode: rows that are plain in every respect --- */

static inline bool two_digits(const char *p, uint32_t limit, uint32_t *value)
{
    uint32_t tens = (uint32_t)(unsigned char)p[0] - '0', ones = (uint32_t)(unsigned char)p[1] - '0';
    *value = tens * 10 + ones;
    return (tens <= 9) & (ones <= 9) & (*value < limit);
}

/* Remembers the minute at p, 16 bytes "YYYY-MM-DD hh:mm". The zone must not change its offset
 * within the minute. */
static bool remember_minute(const struct tide_decoder *decoder, struct tide_decode_memo *memo,
                            const char *p)
{
    uint32_t hour, minute;
    if (decoder->zone_is_utc && memcmp(p, memo->day_text, 11) == 0) {
        if (p[13] != ':' || !two_digits(p + 11, 24, &hour) || !two_digits(p + 14, 60, &minute))
            return false;
        memo->minute_ms = memo->day_ms + ((int64_t)hour * 60 + minute) * 60000;
        memcpy(memo->minute_text, p, 16);
        return true;
    }
    char text[19];
    int64_t first_ms, last_ms;
    memcpy(text, p, 16);
    memcpy(text + 16, ":00", 3);
    if (!tide_time_parse(decoder->time_format, text, sizeof text, &first_ms)) return false;
    memcpy(text + 16, ":59", 3);
    if (!tide_time_parse(decoder->time_format, text, sizeof text, &last_ms)) return false;
    if (last_ms - first_ms != 59000) return false;
    memcpy(memo->minute_text, p, 16);
    memo->minute_ms = first_ms;
    memcpy(memo->day_text, p, 11);
    memo->day_ms =
        first_ms -
        (((p[11] - '0') * 10 + p[12] - '0') * 60 + (p[14] - '0') * 10 + p[15] - '0') * 60000;
    return true;
}

/*
 * A run is a stretch of records that all have the header's field count, so that field i of record r
 * ends at separator first + r * field_count + i. Each of the three columns is read in a loop of its
 * own over the run: few values are live in each, and the records' chains of instructions overlap.
 */
struct run {
    const char *block;
    const uint32_t *fields; /* separators of the first record; [-1] is the row end before it */
    uint32_t field_count, record_count;
    bool may_be_odd; /* there are quotes or CRs in the block */
    struct tide_row *rows;
    uint8_t *kinds;
};

struct field {
    const char *text;
    uint32_t bytes;
};

/* The field that ends at *end, when it may be in quotes or be followed by the CR of a CRLF. Quotes
 * around it are taken off; a quote left inside makes the row one for the careful path. */
static struct field odd_field(const struct run *run, const uint32_t *end, uint32_t column)
{
    uint32_t begin = end[-1] + 1, bytes = end[0] - begin;
    const char *text = run->block + begin;
    if (column + 1 == run->field_count) bytes = tide_csv_trim_cr(run->block, begin, end[0]);
    if (bytes >= 2 && text[0] == '"' && text[bytes - 1] == '"')
        return (struct field){text + 1, bytes - 2};
    return (struct field){text, bytes};
}

static inline struct field field_at(const struct run *run, const uint32_t *end, uint32_t column)
{
    if (TIDE_UNLIKELY(run->may_be_odd)) return odd_field(run, end, column);
    uint32_t begin = end[-1] + 1;
    return (struct field){run->block + begin, end[0] - begin};
}

/* Is the key one for the careful path: empty, perhaps missing, with a quote in it, or to be
 * trimmed? */
static bool is_odd_key(const struct tide_decoder *decoder, const char *key, uint32_t bytes,
                       bool has_quote)
{
    if (tide_na_maybe(decoder->na, (unsigned char)key[0], bytes)) return true;
    if (has_quote && memchr(key, '"', bytes)) return true;
    char last = key[bytes - 1];
    return decoder->trim && (key[0] == ' ' || key[0] == '\t' || last == ' ' || last == '\t');
}

/* Every record of the run gets its key and its kind. */
static void read_keys(const struct tide_decoder *decoder, const struct run *run, bool has_quote)
{
    const uint32_t *end = run->fields + decoder->key_column;
    const uint32_t *lengths_by_first = decoder->na->lengths_by_first;
    const bool look_closely = has_quote || decoder->trim;
    for (uint32_t i = 0; i < run->record_count; i++, end += run->field_count) {
        struct field key = field_at(run, end, decoder->key_column);
        if (TIDE_LIKELY(key.bytes - 1 < 16)) {
            load_key(key.text, key.bytes, run->rows[i].key);
            run->kinds[i] = TIDE_ROW_PLAIN;
            bool na_maybe = lengths_by_first[(unsigned char)key.text[0]] >> key.bytes & 1;
            if (TIDE_LIKELY(!na_maybe && !look_closely)) continue;
        } else {
            run->rows[i].key[0] = (uint64_t)(uintptr_t)key.text;
            run->rows[i].key[1] = key.bytes;
            run->kinds[i] = TIDE_ROW_LONG_KEY;
        }
        if (is_odd_key(decoder, key.text, key.bytes, has_quote)) run->kinds[i] = TIDE_ROW_OTHER;
    }
}

static void read_amounts(const struct tide_decoder *decoder, const struct run *run)
{
    const uint32_t *end = run->fields + decoder->value_column;
    const char mark = decoder->decimal_mark;
    for (uint32_t i = 0; i < run->record_count; i++, end += run->field_count) {
        struct field value = field_at(run, end, decoder->value_column);
        uint64_t digits;
        __builtin_prefetch(value.text + 16384, 0, 2);
        uint32_t place, minus = value.text[0] == '-';
        if (TIDE_UNLIKELY(value.bytes - 1 >= TIDE_DECODE_DIGITS_MAX) ||
            TIDE_UNLIKELY(!read_number(value.text + value.bytes, value.bytes - minus, mark, &digits,
                                       &place)) ||
            TIDE_UNLIKELY(digits > decoder->amount_limits[place])) {
            run->kinds[i] = TIDE_ROW_OTHER;
            continue;
        }
        int64_t units = (int64_t)(digits * decoder->unit_factors[place]), sign = -(int64_t)minus;
        run->rows[i].amount = (units ^ sign) - sign;
    }
}

/* What may stand behind "hh:mm:ss": nothing, .mmm, and Z where that is the zone. */
static bool read_fraction(const struct tide_decoder *decoder, const char *p, uint32_t bytes,
                          int64_t *time_ms)
{
    uint32_t tens, ones;
    bytes -= p[bytes - 1] == 'Z' && decoder->zone_is_utc;
    if (bytes == 19) return true;
    if (bytes != 23 || p[19] != '.' || !two_digits(p + 20, 100, &tens)) return false;
    ones = (uint32_t)(unsigned char)p[22] - '0';
    *time_ms += tens * 10 + ones;
    return ones <= 9;
}

/* "YYYY-MM-DD hh:mm:ss" or with T, with .mmm, with Z where that is the zone. */
static void read_calendar(const struct tide_decoder *decoder, const struct run *run,
                          struct tide_decode_memo *memo)
{
    const uint32_t *end = run->fields + decoder->time_column;
    for (uint32_t i = 0; i < run->record_count; i++, end += run->field_count) {
        struct field time = field_at(run, end, decoder->time_column);
        const char *p = time.text;
        if (TIDE_UNLIKELY(time.bytes < 19) ||
            (TIDE_UNLIKELY(!same_16(p, memo->minute_text)) && !remember_minute(decoder, memo, p))) {
            run->kinds[i] = TIDE_ROW_OTHER;
            continue;
        }
        /* ":ss" at once, after the bits that all such bytes have are gone: tens above 5 and ones
         * above 9 carry into the high bits of their bytes, and the colon must be nothing. */
        uint32_t digits = load_3(p + 16) ^ 0x30303A;
        int64_t time_ms =
            memo->minute_ms + (int64_t)((digits >> 8 & 0xFF) * 10 + (digits >> 16)) * 1000;
        if (TIDE_UNLIKELY((((digits + 0x767A7F) | digits) & 0x808080) != 0)) {
            run->kinds[i] = TIDE_ROW_OTHER;
            continue;
        }
        if (time.bytes != 19 && !read_fraction(decoder, p, time.bytes, &time_ms))
            run->kinds[i] = TIDE_ROW_OTHER;
        run->rows[i].time_ms = time_ms;
    }
}

/* Whole seconds, milliseconds or microseconds since the epoch, not negative. */
static void read_epochs(const struct tide_decoder *decoder, const struct run *run)
{
    const uint32_t *end = run->fields + decoder->time_column;
    const uint32_t bytes_max =
        decoder->time == TIDE_DECODE_EPOCH_S ? TIDE_DECODE_DIGITS_MAX - 1 : TIDE_DECODE_DIGITS_MAX;
    for (uint32_t i = 0; i < run->record_count; i++, end += run->field_count) {
        struct field time = field_at(run, end, decoder->time_column);
        uint64_t digits;
        uint32_t place;
        if (TIDE_UNLIKELY(time.bytes - 1 >= bytes_max) ||
            TIDE_UNLIKELY(!read_number(time.text + time.bytes, time.bytes, '.', &digits, &place)) ||
            TIDE_UNLIKELY(place != TIDE_DECODE_NO_MARK)) {
            run->kinds[i] = TIDE_ROW_OTHER;
            continue;
        }
        if (decoder->time == TIDE_DECODE_EPOCH_S) digits *= 1000;
        if (decoder->time == TIDE_DECODE_EPOCH_US) digits /= 1000;
        run->rows[i].time_ms = (int64_t)digits;
    }
}

/* Where an NA text may look like a time or an amount, those fields must be looked at before they
 * are believed. */
static void leave_missing(const struct tide_decoder *decoder, const struct run *run)
{
    const uint32_t *end = run->fields;
    for (uint32_t i = 0; i < run->record_count; i++, end += run->field_count) {
        struct field time = field_at(run, end + decoder->time_column, decoder->time_column);
        struct field value = field_at(run, end + decoder->value_column, decoder->value_column);
        if (tide_na_maybe(decoder->na, (unsigned char)time.text[0], time.bytes) ||
            tide_na_maybe(decoder->na, (unsigned char)value.text[0], value.bytes))
            run->kinds[i] = TIDE_ROW_OTHER;
    }
}

static void decode_run(const struct tide_decoder *decoder, struct tide_decode_memo *memo,
                       const struct run *run, bool has_quote)
{
    if (decoder->time == TIDE_DECODE_NO_TIME) {
        memset(run->kinds, TIDE_ROW_OTHER, run->record_count);
        return;
    }
    read_keys(decoder, run, has_quote);
    read_amounts(decoder, run);
    if (decoder->time == TIDE_DECODE_CALENDAR) read_calendar(decoder, run, memo);
    else read_epochs(decoder, run);
    if (TIDE_UNLIKELY(decoder->na_looks_like_value)) leave_missing(decoder, run);
}

/* How many records from here on have field_count fields each and are not too long. A blank line
 * ends the run: it has one field, and a record of one field must not be empty. */
static uint32_t run_length(const struct tide_decoder *decoder, const struct tide_csv_index *index,
                           const char *block, uint32_t at, uint32_t row_end, uint32_t count)
{
    const uint32_t fields = decoder->field_count;
    const uint32_t *separators = index->separators, *row_ends = index->row_ends;
    if (count > index->row_end_count - row_end) count = index->row_end_count - row_end;
    if ((uint64_t)count * fields > index->separator_count - at)
        count = (index->separator_count - at) / fields;
    const uint32_t *last = separators + at + fields - 1, *row = row_ends + row_end;
    uint32_t length = 0, before = separators[(int64_t)at - 1];
    for (; length < count; length++, last += fields) {
        uint32_t end = row[length];
        if ((*last != end) | (end - before - 2 >= decoder->row_bytes_max)) break;
        if (fields == 1 && tide_csv_trim_cr(block, before + 1, end) == 0) break;
        before = end;
    }
    return length;
}

/* One record of whatever shape; blank lines are passed over. A count of 0: there is none. */
static struct tide_taken take_odd(struct tide_csv_index *index, const char *block, uint8_t *kinds)
{
    const uint32_t *separators = index->separators;
    while (index->row_next < index->row_end_count) {
        uint32_t end = index->row_ends[index->row_next++], first = index->separator_next,
                 fields = 1;
        uint32_t start = separators[(int64_t)first - 1] + 1;
        while (separators[first + fields - 1] != end) fields++;
        index->separator_next = first + fields;
        if (tide_csv_trim_cr(block, start, end) == 0) continue;
        kinds[0] = TIDE_ROW_OTHER;
        return (struct tide_taken){1, first, fields};
    }
    return (struct tide_taken){0};
}

static struct tide_taken decode(const struct tide_decoder *decoder, struct tide_decode_memo *memo,
                                struct tide_csv_index *index, const char *block,
                                struct tide_row *rows, uint8_t *kinds, uint32_t count)
{
    uint32_t first = index->separator_next, fields = decoder->field_count, length = 0;
    if (decoder->single_key && fields > 0 && !index->has_nul)
        length = run_length(decoder, index, block, first, index->row_next, count);
    if (length == 0) return take_odd(index, block, kinds);
    struct run run = {block,  index->separators + first,         fields,
                      length, index->has_cr || index->has_quote, rows,
                      kinds};
    decode_run(decoder, memo, &run, index->has_quote);
    index->separator_next = first + length * fields;
    index->row_next += length;
    return (struct tide_taken){length, first, fields};
}

/* --- checksum --- */

/* Lanes that lie in one register; the compiler makes of them what the instruction set has. */
typedef uint64_t lanes __attribute__((vector_size(TIDE_VECTOR_BYTES)));

enum { PARTS = TIDE_CHECKSUM_STRIPE_BYTES / TIDE_VECTOR_BYTES };

static void add_stripes(struct tide_checksum *checksum, const char *bytes, size_t stripe_count)
{
    lanes first[PARTS], second[PARTS];
    memcpy(first, checksum->first, sizeof first);
    memcpy(second, checksum->second, sizeof second);
    for (; stripe_count > 0; stripe_count--) {
        for (unsigned i = 0; i < PARTS; i++, bytes += sizeof(lanes)) {
            lanes words;
            memcpy(&words, bytes, sizeof words);
            first[i] = (first[i] << 13 | first[i] >> 51) ^ words;
            second[i] += first[i];
        }
    }
    memcpy(checksum->first, first, sizeof first);
    memcpy(checksum->second, second, sizeof second);
}

const struct tide_scanner TIDE_SCANNER = {TIDE_SCANNER_NAME, index_block, decode, add_stripes};
