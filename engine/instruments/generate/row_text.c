#include "engine/instruments/generate/row_text.h"

#include <string.h>

enum { KEY, TIME, AMOUNT };
enum { ROW_BYTES_MAX = TIDE_ROW_FIELDS_MAX * (2 * TIDE_ROW_FIELD_BYTES + 3) + 2 };

static const char *const column_names[TIDE_ROW_FIELDS_MAX] = {"transaction_id", "timestamp",
                                                              "amount"};

void tide_row_writer_init(struct tide_row_writer *writer, struct tide_row_form form,
                          const struct tide_zone *utc)
{
    writer->form = form;
    tide_time_printer_init(&writer->printer, TIDE_TIME_PLAIN, utc);
    tide_digits_init(&writer->digits);
}

size_t tide_row_bytes_max(bool has_filler)
{
    return ROW_BYTES_MAX + (has_filler ? TIDE_DAMAGE_FILLER_BYTES + 3 : 0);
}

/* A quote if there are to be any: written in either case, counted in one. */
static inline char *put_quote(const struct tide_row_writer *writer, char *out)
{
    *out = '"';
    return out + writer->form.is_quoted;
}

static inline char *put_separator(const struct tide_row_writer *writer, char *out)
{
    out = put_quote(writer, out);
    *out++ = ',';
    return put_quote(writer, out);
}

static inline char *put_line_end(const struct tide_row_writer *writer, char *out)
{
    *out = '\r';
    out += writer->form.is_crlf;
    *out++ = '\n';
    return out;
}

static inline char *put_key(const struct tide_row_writer *writer, char *out, uint64_t key)
{
    *out++ = 't';
    *out++ = 'x';
    return tide_digits_put(&writer->digits, out, key);
}

static inline char *put_time(struct tide_row_writer *writer, char *out, int64_t time_ms)
{
    return out + tide_time_print(&writer->printer, out, time_ms);
}

static char *put_field(const struct tide_row_writer *writer, char *out, const char *text,
                       size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (writer->form.is_quoted && text[i] == '"') *out++ = '"';
        *out++ = text[i];
    }
    return out;
}

static char *put_fields(const struct tide_row_writer *writer, char *out,
                        const struct tide_row_fields *fields)
{
    out = put_quote(writer, out);
    for (unsigned i = 0; i < fields->count; i++) {
        if (i > 0) out = put_separator(writer, out);
        out = put_field(writer, out, fields->text[i], fields->bytes[i]);
    }
    if (fields->has_filler) {
        out = put_separator(writer, out);
        memset(out, 'x', TIDE_DAMAGE_FILLER_BYTES);
        out += TIDE_DAMAGE_FILLER_BYTES;
    }
    return put_line_end(writer, put_quote(writer, out));
}

char *tide_row_put_header(const struct tide_row_writer *writer, char *out)
{
    struct tide_row_fields fields = {.count = TIDE_ROW_FIELDS_MAX};
    for (unsigned i = 0; i < TIDE_ROW_FIELDS_MAX; i++) {
        fields.bytes[i] = strlen(column_names[i]);
        memcpy(fields.text[i], column_names[i], fields.bytes[i]);
    }
    return put_fields(writer, out, &fields);
}

static char *put_damaged(struct tide_row_writer *writer, char *out, const struct tide_made_row *row)
{
    struct tide_row_fields fields = {.count = TIDE_ROW_FIELDS_MAX};
    char *key = fields.text[KEY], *time = fields.text[TIME], *amount = fields.text[AMOUNT];
    fields.bytes[KEY] = (size_t)(put_key(writer, key, row->key) - key);
    fields.bytes[TIME] = (size_t)(put_time(writer, time, row->time_ms) - time);
    fields.bytes[AMOUNT] =
        (size_t)(tide_digits_put_cents(&writer->digits, amount, row->cents) - amount);
    tide_damage_do(row->damage, row->detail, &fields);
    return put_fields(writer, out, &fields);
}

char *tide_row_put(struct tide_row_writer *writer, char *out, const struct tide_made_row *row)
{
    if (TIDE_UNLIKELY(row->damage != TIDE_DAMAGE_NONE)) return put_damaged(writer, out, row);
    out = put_key(writer, put_quote(writer, out), row->key);
    out = put_time(writer, put_separator(writer, out), row->time_ms);
    out = tide_digits_put_cents(&writer->digits, put_separator(writer, out), row->cents);
    return put_line_end(writer, put_quote(writer, out));
}

char *tide_row_put_fields(struct tide_row_writer *writer, char *out,
                          const struct tide_made_row *row)
{
    out = put_key(writer, out, row->key);
    *out++ = ',';
    out = put_time(writer, out, row->time_ms);
    *out++ = ',';
    return tide_digits_put_cents(&writer->digits, out, row->cents);
}

char *tide_row_put_amount(const struct tide_row_writer *writer, char *out, uint64_t cents)
{
    return tide_digits_put_cents(&writer->digits, out, cents);
}
