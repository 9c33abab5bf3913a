/*
 * The rows of a chunk. What is done for every row is kept small: the row is decoded already, its
 * key's place in the table is asked for a chunk ahead, and a form is told from a few bytes.
 */
#include "engine/instruments/profile/pass.h"

#include <string.h>

struct text {
    const char *at;
    size_t bytes;
};

static uint64_t line_of(struct tide_pass *pass, unsigned i)
{
    return tide_records_line(&pass->records, i);
}

static void note(struct tide_pass *pass, struct tide_form *form, unsigned i, struct text text)
{
    if (form->rows == 0)
        tide_form_note(form, text.at, text.bytes, pass->records.chunk.file, line_of(pass, i));
}

/* --- event time, for every readable row --- */

static inline void count_time(struct tide_pass *pass, unsigned i, int64_t time_ms, bool *is_future)
{
    struct tide_tally *tally = pass->tally;
    const struct tide_lateness_verdict verdict = tide_lateness_add(&tally->lateness, time_ms);
    tally->readable++;
    *is_future = verdict.is_future;
    if (TIDE_UNLIKELY(verdict.is_future)) return;
    tally->accepted++;
    tide_disorder_add(&tally->disorder, verdict.behind_ms);
    if (time_ms > tally->time_greatest_ms) tally->time_greatest_ms = time_ms;
    if (time_ms < tally->time_least_ms) tally->time_least_ms = time_ms;
    while (TIDE_UNLIKELY(time_ms % tide_resolutions_ms[tally->resolution] != 0))
        tally->resolution++;
    if (verdict.behind_ms > 0) {
        tide_jumps_add_old(&tally->jumps, time_ms);
    } else if (TIDE_UNLIKELY(tide_jumps_wants(&tally->jumps, verdict.ahead_ms))) {
        const struct tide_jump jump = {.from_ms = time_ms - verdict.ahead_ms,
                                       .to_ms = time_ms,
                                       .line = line_of(pass, i),
                                       .file = pass->records.chunk.file};
        tide_jumps_add(&tally->jumps, &jump);
    }
}

/* --- forms of plain fields --- */

/* The field without the quotes that a plain one may stand in. */
static inline struct text plain_field(const struct tide_pass *pass, unsigned i, uint32_t column,
                                      bool *is_quoted)
{
    struct text field;
    field.at = tide_chunk_field(&pass->records.chunk, i, column, &field.bytes);
    *is_quoted = field.bytes > 1 && field.at[0] == '"';
    if (*is_quoted) {
        field.at++;
        field.bytes -= 2;
    }
    return field;
}

static inline uint32_t memo_place(uint32_t look)
{
    return look * UINT32_C(2654435769) >> 26; /* Fibonacci hashing, D. Knuth */
}

static void new_time_look(struct tide_pass *pass, unsigned i, struct text text, uint32_t look)
{
    char name[TIDE_FORM_NAME_BYTES];
    tide_form_name_time(name, text.at, text.bytes, pass->plan->time_format.form == TIDE_TIME_AUTO);
    struct tide_form *form = tide_forms_find(&pass->tally->time_forms, name, true);
    if (!form) {
        pass->tally->time_forms.other_rows++;
        return;
    }
    note(pass, form, i, text);
    form->rows++;
    pass->time_memo.looks[memo_place(look)] = look;
    pass->time_memo.forms[memo_place(look)] = form;
}

/* A plain time is told by its length and what stands between day and hour and at its end. */
static inline void count_plain_time(struct tide_pass *pass, unsigned i)
{
    bool is_quoted;
    const struct text text = plain_field(pass, i, pass->columns.time, &is_quoted);
    uint32_t look = (uint32_t)text.bytes;
    if (pass->decoder.time == TIDE_DECODE_CALENDAR)
        look |= (uint32_t)(unsigned char)text.at[10] << 8 |
                (uint32_t)(text.at[text.bytes - 1] == 'Z') << 16;
    const uint32_t place = memo_place(look);
    if (TIDE_LIKELY(pass->time_memo.looks[place] == look && pass->time_memo.forms[place]))
        pass->time_memo.forms[place]->rows++;
    else new_time_look(pass, i, text, look);
}

static void new_amount_look(struct tide_pass *pass, unsigned i, struct text text, uint32_t look,
                            bool is_quoted)
{
    char name[TIDE_FORM_NAME_BYTES];
    tide_form_name_amount(name, text.at, text.bytes, pass->decoder.decimal_mark, is_quoted, false);
    struct tide_form *form = tide_forms_find(&pass->tally->amount_forms, name, true);
    if (!form) {
        pass->tally->amount_forms.other_rows++;
        return;
    }
    note(pass, form, i, text);
    form->rows++;
    pass->amount_memo.looks[memo_place(look)] = look;
    pass->amount_memo.forms[memo_place(look)] = form;
}

/* An amount at the plan's scale, of 64 bits. */
static inline void widen_range_plain(struct tide_pass *pass, int64_t units)
{
    const uint64_t magnitude = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    if (magnitude > pass->amount_max) pass->amount_max = magnitude;
    while (TIDE_UNLIKELY(magnitude % pass->amount_unit != 0)) pass->amount_unit /= 10;
}

/* A plain amount is [-]digits[.digits], told by the sign and where its point stands. */
static inline void count_plain_amount(struct tide_pass *pass, unsigned i, int64_t units)
{
    bool is_quoted;
    const char mark = pass->decoder.decimal_mark;
    const struct text text = plain_field(pass, i, pass->columns.value, &is_quoted);
    const bool is_negative = text.at[0] == '-';
    const char *point = memchr(text.at, mark, text.bytes);
    uint32_t look = 1u | (uint32_t)is_negative << 1 | (uint32_t)is_quoted << 2;
    if (point)
        look |= 8u | (uint32_t)(point == text.at + is_negative) << 4 |
                (uint32_t)(point == text.at + text.bytes - 1) << 5;
    const uint32_t place = memo_place(look);
    if (TIDE_LIKELY(pass->amount_memo.looks[place] == look && pass->amount_memo.forms[place]))
        pass->amount_memo.forms[place]->rows++;
    else new_amount_look(pass, i, text, look, is_quoted);

    widen_range_plain(pass, units);
}

/* --- rows that the scanner did not read --- */

static struct text trimmed(struct text text)
{
    for (; text.bytes > 0 && (*text.at == ' ' || *text.at == '\t'); text.at++) text.bytes--;
    while (text.bytes > 0 && (text.at[text.bytes - 1] == ' ' || text.at[text.bytes - 1] == '\t'))
        text.bytes--;
    return text;
}

/* Contents of a field, in the scratch if it had to be unquoted. */
static struct text contents(struct tide_pass *pass, unsigned i, uint32_t column)
{
    struct text field;
    field.at = tide_chunk_field(&pass->records.chunk, i, column, &field.bytes);
    if (field.bytes > pass->scratch_bytes) {
        tide_free(pass->scratch);
        pass->scratch_bytes = 0;
        pass->scratch = tide_alloc(2 * field.bytes);
        if (!pass->scratch) {
            pass->has_no_memory = true;
            return (struct text){"", 0};
        }
        pass->scratch_bytes = 2 * field.bytes;
    }
    field.at = tide_csv_field(field.at, field.bytes, pass->scratch, &field.bytes);
    return field;
}

static void count_form(struct tide_pass *pass, struct tide_forms *forms, const char *name,
                       bool is_read, unsigned i, struct text example)
{
    struct tide_form *form = tide_forms_find(forms, name, is_read);
    if (!form) {
        forms->other_rows++;
        return;
    }
    note(pass, form, i, example);
    form->rows++;
}

static void count_na(struct tide_pass *pass, unsigned i, struct text text)
{
    char name[TIDE_FORM_NAME_BYTES] = "";
    if (text.bytes >= sizeof name) return;
    memcpy(name, text.at, text.bytes);
    name[text.bytes] = '\0';
    count_form(pass, &pass->tally->na_texts, name, false, i, text);
}

static void count_other_time(struct tide_pass *pass, unsigned i)
{
    char name[TIDE_FORM_NAME_BYTES];
    int64_t time_ms;
    const struct text text = trimmed(contents(pass, i, pass->columns.time));
    if (tide_na_is(&pass->plan->na, text.at, text.bytes)) {
        count_na(pass, i, text);
        return;
    }
    const bool is_read = tide_time_parse(&pass->plan->time_format, text.at, text.bytes, &time_ms);
    tide_form_name_time(name, text.at, text.bytes,
                        is_read && pass->plan->time_format.form == TIDE_TIME_AUTO);
    count_form(pass, &pass->tally->time_forms, name, is_read, i, text);
}

static void count_other_amount(struct tide_pass *pass, unsigned i)
{
    char name[TIDE_FORM_NAME_BYTES];
    tide_int128 units;
    const struct text field = contents(pass, i, pass->columns.value), text = trimmed(field);
    if (tide_na_is(&pass->plan->na, text.at, text.bytes)) {
        count_na(pass, i, text);
        return;
    }
    size_t raw_bytes;
    const char *raw = tide_chunk_field(&pass->records.chunk, i, pass->columns.value, &raw_bytes);
    const bool is_read = tide_decimal_parse(&pass->plan->decimal, text.at, text.bytes, &units) !=
                         TIDE_DECIMAL_MALFORMED;
    if (is_read)
        tide_form_name_amount(name, text.at, text.bytes, pass->decoder.decimal_mark, raw[0] == '"',
                              text.bytes != field.bytes);
    else tide_form_name_shape(name, text.at, text.bytes);
    count_form(pass, &pass->tally->amount_forms, name, is_read, i, text);
}

static void count_other_forms(struct tide_pass *pass, unsigned i)
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    if (chunk->is_open_quote || chunk->is_overlong || chunk->field_count < pass->columns.needed)
        return;
    for (unsigned part = 0; part < pass->plan->key_count; part++) {
        struct text key = contents(pass, i, pass->columns.keys[part]);
        if (pass->plan->trim) key = trimmed(key);
        if (tide_na_is(&pass->plan->na, key.at, key.bytes)) count_na(pass, i, key);
    }
    count_other_time(pass, i);
    count_other_amount(pass, i);
}

/* An amount at a scale: how many decimals and digits it really has. */
static void widen_range(struct tide_pass *pass, tide_int128 units, unsigned scale)
{
    struct tide_amount_range *range = &pass->tally->amounts;
    if (units == (int64_t)units && scale == pass->plan->decimal.scale) {
        widen_range_plain(pass, (int64_t)units);
        return;
    }
    tide_uint128 magnitude = units < 0 ? -(tide_uint128)units : (tide_uint128)units;
    if (magnitude == 0) return;
    unsigned decimals = scale, digits = 0;
    for (tide_uint128 left = magnitude; decimals > 0 && left % 10 == 0; left /= 10) decimals--;
    for (tide_uint128 left = magnitude / tide_power_of_ten(scale); left > 0; left /= 10) digits++;
    if (decimals > range->decimals) range->decimals = decimals;
    if (digits > range->digits) range->digits = digits;
}

/* A row whose amount the plan's scale does not hold, read at a scale that does. */
static bool reads_at_other_scale(struct tide_pass *pass, unsigned i, struct tide_classified *read)
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    if (!pass->adapts_decimals || read->class != TIDE_CLASS_MALFORMED) return false;
    const bool is_fine = strcmp(read->reason, "too many decimals") == 0;
    if (!is_fine && strcmp(read->reason, "amount out of range") != 0) return false;
    struct tide_decimal_format *format = &pass->other_scale.decimal;
    const unsigned own = pass->plan->decimal.scale;
    const unsigned step = is_fine ? 1 : UINT32_MAX; /* finer, or coarser, up to the scale's ends */
    for (format->scale = own + step; format->scale <= TIDE_DECIMAL_SCALE_MAX;
         format->scale += step) {
        const struct tide_classified other = tide_classify(&pass->other_classifier, chunk, i);
        if (other.class != TIDE_CLASS_GOOD) continue;
        *read = other;
        widen_range(pass, read->amount, format->scale);
        pass->tally->amounts.rescaled++;
        return true;
    }
    return false;
}

static void refuse(struct tide_pass *pass, unsigned i, const struct tide_classified *read)
{
    struct tide_tally *tally = pass->tally;
    const bool is_missing = read->class == TIDE_CLASS_MISSING;
    if (is_missing) tally->missing++;
    else tally->malformed++;
    unsigned at = 0;
    while (at < tally->reason_count && strcmp(tally->reasons[at].text, read->reason) != 0) at++;
    TIDE_ASSERT(at < TIDE_REASONS_MAX);
    struct tide_reason *reason = &tally->reasons[at];
    if (at == tally->reason_count) {
        tally->reason_count++;
        *reason = (struct tide_reason){.text = read->reason,
                                       .is_missing = is_missing,
                                       .line = line_of(pass, i),
                                       .file = pass->records.chunk.file};
    }
    reason->rows++;
}

static bool count_other(struct tide_pass *pass, unsigned i)
{
    struct tide_classified read = tide_classify(&pass->classifier, &pass->records.chunk, i);
    if (read.class == TIDE_CLASS_NO_MEMORY) return false;
    count_other_forms(pass, i);
    if (read.class == TIDE_CLASS_GOOD) widen_range(pass, read.amount, pass->plan->decimal.scale);
    else if (!reads_at_other_scale(pass, i, &read)) {
        refuse(pass, i, &read);
        return true;
    }
    if (pass->records.chunk.field_count != pass->decoder.field_count)
        tide_columns_teach(&pass->columns, pass->records.chunk.field_count, &pass->decoder);
    bool is_future;
    count_time(pass, i, read.time_ms, &is_future);
    if (is_future) return true;
    struct tide_key key;
    uint64_t hash;
    tide_key_counts_key(&pass->tally->keys, read.key, read.key_bytes, &key, &hash);
    return tide_key_counts_add(&pass->tally->keys, &key, hash);
}

/* --- all of them --- */

/* Keys of the plain rows, and their places asked for. */
static void find_keys(struct tide_pass *pass, struct tide_key keys[], uint64_t hashes[])
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    const struct tide_key_counts *counts = &pass->tally->keys;
    for (unsigned i = 0; i < chunk->count; i++) {
        const struct tide_row *row = &chunk->rows[i];
        if (chunk->kinds[i] == TIDE_ROW_LONG_KEY) {
            tide_key_counts_key(counts, (const char *)(uintptr_t)row->key[0], row->key[1], &keys[i],
                                &hashes[i]);
        } else if (chunk->kinds[i] == TIDE_ROW_PLAIN) {
            keys[i] =
                (struct tide_key){{row->key[0], row->key[1]}, tide_key_inline_bytes(row->key)};
            hashes[i] = tide_hash_inline(&counts->seed, row->key[0], row->key[1]);
        } else {
            continue;
        }
        tide_pane_prefetch(counts->pane, hashes[i]);
    }
    for (unsigned i = 0; i < chunk->count; i++)
        if (chunk->kinds[i] != TIDE_ROW_OTHER) tide_key_counts_prefetch(counts, hashes[i]);
}

bool tide_pass_rows(struct tide_pass *pass)
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    struct tide_key keys[TIDE_CHUNK_ROWS];
    uint64_t hashes[TIDE_CHUNK_ROWS];
    find_keys(pass, keys, hashes);
    pass->tally->rows += chunk->count;
    for (unsigned i = 0; i < chunk->count; i++) {
        if (TIDE_UNLIKELY(chunk->kinds[i] == TIDE_ROW_OTHER)) {
            if (!count_other(pass, i)) return false;
            continue;
        }
        bool is_future;
        count_plain_time(pass, i);
        count_plain_amount(pass, i, chunk->rows[i].amount);
        count_time(pass, i, chunk->rows[i].time_ms, &is_future);
        if (TIDE_LIKELY(!is_future) &&
            !tide_key_counts_add(&pass->tally->keys, &keys[i], hashes[i]))
            return false;
    }
    return true;
}
