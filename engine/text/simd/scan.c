/*
 * The scanner, compiled once for each instruction set: TIDE_VECTOR names the header with its primitives.
 *
 * The index looks at 64 bytes a step, as simdjson does (G. Langdale, D. Lemire, "Parsing gigabytes of JSON per second").
 * Quotes are regular in nearly every file: then the parity of the quotes up to a byte tells whether it is inside. Where
 * an opening quote follows neither a separator nor a closing quote, it is literal and the parity means nothing; that
 * step goes byte by byte.
 */
#include "engine/text/scan.h"

#include TIDE_VECTOR

extern const struct tide_scanner TIDE_SCANNER;

struct step {
    const char *bytes;
    uint64_t valid;                /* the bits that belong to the block */
    uint64_t separators, row_ends; /* candidates; then the ones outside quotes */
};

/* Byte by byte, for what the parity of quotes cannot decide. */
static void step_careful(struct step *step, enum tide_csv_state *state)
{
    uint64_t separators = 0;
    enum tide_csv_state now = *state;
    for (unsigned i = 0; i < TIDE_CSV_STEP_BYTES && step->valid >> i & 1; i++) {
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
    index->line_count += count_bits(step->row_ends & ~after_cr) + count_bits(cr & after_cr);
    index->ends_in_cr = cr >> last & 1;
    step->row_ends |= cr;
    step->separators |= cr;

    uint64_t quotes = byte_mask(step->bytes, '"') & step->valid;
    if (quotes) index->has_quote = true;
    if (byte_mask(step->bytes, '\0') & step->valid) index->has_nul = true;
    if (quotes || index->state == TIDE_CSV_QUOTED) step_quotes(step, &index->state);
    else index->state = step->separators >> last & 1 ? TIDE_CSV_START : TIDE_CSV_PLAIN;
}

static void index_block(struct tide_csv_index *index, const char *block, uint32_t begin, uint32_t end)
{
    uint32_t *separators = index->separators + index->separator_count;
    uint32_t *row_ends = index->row_ends + index->row_end_count;
    for (uint32_t at = begin; at < end; at += TIDE_CSV_STEP_BYTES) {
        uint32_t left = end - at;
        uint64_t valid = left < TIDE_CSV_STEP_BYTES ? (1ull << left) - 1 : ~0ull;
        struct step_masks masks = classify(block + at, index->delimiter);
        struct step step = {block + at, valid, (masks.delimiter | masks.lf) & valid, masks.lf & valid};
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

/* --- decode: rows that are plain in every respect ----------------------------------------------------------------- */

static inline bool two_digits(const char *p, uint32_t limit, uint32_t *value)
{
    uint32_t tens = (uint32_t)(unsigned char)p[0] - '0', ones = (uint32_t)(unsigned char)p[1] - '0';
    *value = tens * 10 + ones;
    return (tens <= 9) & (ones <= 9) & (*value < limit);
}

/* Remembers the minute at p, 16 bytes "YYYY-MM-DD hh:mm". The zone must not change its offset within the minute. */
static bool remember_minute(const struct tide_decoder *decoder, struct tide_decode_memo *memo, const char *p)
{
    uint32_t hour, minute;
    if (decoder->zone_is_utc && memcmp(p, memo->day_text, 11) == 0) {
        if (p[13] != ':' || !two_digits(p + 11, 24, &hour) || !two_digits(p + 14, 60, &minute)) return false;
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
    memo->day_ms = first_ms - (((p[11] - '0') * 10 + p[12] - '0') * 60 + (p[14] - '0') * 10 + p[15] - '0') * 60000;
    return true;
}

/* "YYYY-MM-DD hh:mm:ss" or with T, with .mmm, with Z where that is the zone. */
static inline bool read_calendar(const struct tide_decoder *decoder, struct tide_decode_memo *memo, const char *p,
                                 uint32_t bytes, int64_t *time_ms)
{
    uint32_t second, tens, ones = 0;
    if (bytes < 19) return false;
    if (TIDE_UNLIKELY(!same_16(p, memo->minute_text)) && !remember_minute(decoder, memo, p)) return false;
    if ((p[16] != ':') | !two_digits(p + 17, 60, &second)) return false;
    *time_ms = memo->minute_ms + (int64_t)second * 1000;
    if (bytes == 19) return true;
    bytes -= p[bytes - 1] == 'Z' && decoder->zone_is_utc;
    if (bytes == 19) return true;
    if (bytes != 23 || p[19] != '.' || !two_digits(p + 20, 100, &tens)) return false;
    ones = (uint32_t)(unsigned char)p[22] - '0';
    *time_ms += tens * 10 + ones;
    return ones <= 9;
}

/* Whole seconds, milliseconds or microseconds since the epoch, not negative. */
static inline bool read_epoch(const struct tide_decoder *decoder, const char *end, uint32_t bytes, int64_t *time_ms)
{
    uint64_t digits;
    uint32_t decimals;
    uint32_t bytes_max = decoder->time == TIDE_DECODE_EPOCH_S ? 15 : TIDE_DECODE_DIGITS_MAX;
    if (bytes == 0 || bytes > bytes_max || end[-1] == '.') return false;
    if (!read_number(end, bytes, '.', &digits, &decimals) || decimals > 0) return false;
    if (decoder->time == TIDE_DECODE_EPOCH_S) *time_ms = (int64_t)digits * 1000;
    else *time_ms = (int64_t)(decoder->time == TIDE_DECODE_EPOCH_US ? digits / 1000 : digits);
    return true;
}

static inline bool read_amount(const struct tide_decoder *decoder, const char *p, uint32_t bytes, int64_t *amount)
{
    uint64_t digits;
    uint32_t decimals;
    if (bytes == 0 || bytes > TIDE_DECODE_DIGITS_MAX) return false;
    uint32_t minus = p[0] == '-';
    if (bytes == minus || !read_number(p + bytes, bytes - minus, decoder->decimal_mark, &digits, &decimals)) return false;
    if (digits > decoder->amount_limits[decimals]) return false;
    int64_t units = (int64_t)digits * decoder->unit_factors[decimals];
    *amount = minus ? -units : units;
    return true;
}

static inline bool read_key(const struct tide_decoder *decoder, const char *p, uint32_t bytes, struct tide_row *row,
                            uint8_t *kind)
{
    if (TIDE_UNLIKELY(tide_na_maybe(decoder->na, (unsigned char)p[0], bytes))) return false;
    if (TIDE_UNLIKELY(decoder->trim) &&
        (p[0] == ' ' || p[0] == '\t' || p[bytes - 1] == ' ' || p[bytes - 1] == '\t')) return false;
    if (TIDE_LIKELY(bytes <= 16)) {
        load_key(p, bytes, row->key);
        *kind = TIDE_ROW_PLAIN;
    } else {
        row->key[0] = (uint64_t)(uintptr_t)p;
        row->key[1] = bytes;
        *kind = TIDE_ROW_LONG_KEY;
    }
    return true;
}

/* fields[i] is the separator that ends field i; fields[-1] the row end before the row. */
static inline bool decode_row(const struct tide_decoder *decoder, struct tide_decode_memo *memo, const char *block,
                              const uint32_t *fields, struct tide_row *row, uint8_t *kind)
{
    const uint32_t *key = fields + decoder->key_column, *time = fields + decoder->time_column;
    const uint32_t *value = fields + decoder->value_column;
    const char *key_text = block + (uint32_t)(key[-1] + 1), *time_text = block + (uint32_t)(time[-1] + 1);
    const char *value_text = block + (uint32_t)(value[-1] + 1);
    uint32_t key_bytes = key[0] - (key[-1] + 1), time_bytes = time[0] - (time[-1] + 1);
    uint32_t value_bytes = value[0] - (value[-1] + 1);

    if (TIDE_UNLIKELY(decoder->na_looks_like_value) &&
        (tide_na_maybe(decoder->na, (unsigned char)time_text[0], time_bytes) ||
         tide_na_maybe(decoder->na, (unsigned char)value_text[0], value_bytes))) return false;
    if (!read_key(decoder, key_text, key_bytes, row, kind)) return false;
    if (!read_amount(decoder, value_text, value_bytes, &row->amount)) return false;
    if (TIDE_LIKELY(decoder->time == TIDE_DECODE_CALENDAR))
        return read_calendar(decoder, memo, time_text, time_bytes, &row->time_ms);
    return decoder->time != TIDE_DECODE_NO_TIME &&
           read_epoch(decoder, time_text + time_bytes, time_bytes, &row->time_ms);
}

/* A key in quotes would be read as if the quotes were its own. Times and amounts fail by themselves. */
static inline bool key_is_quoted(const struct tide_decoder *decoder, const char *block, const uint32_t *fields)
{
    return block[(uint32_t)(fields[(int64_t)decoder->key_column - 1] + 1)] == '"';
}

static size_t decode_rows(const struct tide_decoder *decoder, struct tide_decode_memo *memo, struct tide_csv_index *index,
                          const char *block, struct tide_row *rows, uint8_t *kinds, struct tide_row_place *places,
                          size_t count)
{
    const uint32_t *separators = index->separators, *row_ends = index->row_ends;
    uint32_t at = index->separator_next, row_end = index->row_next, taken = 0;
    bool any_plain = decoder->single_key && decoder->field_count > 0 && !index->has_nul;
    for (; taken < count && row_end < index->row_end_count; row_end++) {
        uint32_t end = row_ends[row_end], start = separators[(int64_t)at - 1] + 1, fields = decoder->field_count;
        if (TIDE_UNLIKELY(start == end)) { /* a blank line */
            at++;
            continue;
        }
        bool plain = any_plain && at + fields <= index->separator_count && separators[at + fields - 1] == end &&
                     end - start <= decoder->row_bytes_max;
        if (TIDE_LIKELY(plain)) {
            plain = !(index->has_quote && key_is_quoted(decoder, block, separators + at)) &&
                    decode_row(decoder, memo, block, separators + at, &rows[taken], &kinds[taken]);
        } else {
            for (fields = 1; separators[at + fields - 1] != end;) fields++;
        }
        if (TIDE_UNLIKELY(!plain)) kinds[taken] = TIDE_ROW_OTHER;
        places[taken++] = (struct tide_row_place){start, end, at, fields};
        at += fields;
    }
    index->separator_next = at;
    index->row_next = row_end;
    return taken;
}

const struct tide_scanner TIDE_SCANNER = {TIDE_SCANNER_NAME, index_block, decode_rows};
