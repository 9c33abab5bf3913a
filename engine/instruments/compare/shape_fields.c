#include "engine/instruments/compare/shape_fields.h"

#include "engine/text/csv.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 64 };

static const char first_time_name[] = "first_time";
static const char first_time_member[] = ",\"first_time\":";

/* --- csv --- */

/* Takes one field and the comma behind it off the record's front. False: there is none left. */
static bool take_field(struct tide_span *record, struct tide_span *field)
{
    if (!record->at) return false;
    const char *at = record->at, *end = at + record->bytes;
    if (at < end && *at == '"') {
        for (at++; at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL; at += 2)
            if (at + 1 == end || at[1] != '"') break;
        if (!at || at > end) at = end;
    }
    const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
    const char *limit = comma ? comma : end;
    *field = (struct tide_span){record->at, (size_t)(limit - record->at)};
    record->at = comma ? comma + 1 : NULL;
    record->bytes = comma ? (size_t)(end - comma - 1) : 0;
    return true;
}

static bool is_named(struct tide_span field, const char *name)
{
    return field.bytes == strlen(name) && memcmp(field.at, name, field.bytes) == 0;
}

/* A key column may be called first_time too: the last one of the name is meant. */
bool tide_csv_header_read(struct tide_span header, unsigned *key_count, int *sum_column)
{
    struct tide_span field;
    int first_time = -1, sum = -1, column = 0;
    for (; take_field(&header, &field); column++) {
        if (is_named(field, first_time_name)) first_time = column;
        if (is_named(field, "sum")) sum = column;
    }
    if (first_time < 2) return false;
    *key_count = (unsigned)first_time - 2;
    *sum_column = sum > first_time ? sum - first_time : -1;
    return true;
}

void tide_csv_key_find(struct tide_span record, unsigned key_count, struct tide_span *key)
{
    struct tide_span field, rest = record;
    if (!take_field(&rest, &field) || !take_field(&rest, &field) || !rest.at) return;
    const char *start = rest.at;
    for (unsigned i = 0; i < key_count; i++)
        if (!take_field(&rest, &field)) return;
    if (rest.at && key_count > 0) *key = (struct tide_span){start, (size_t)(rest.at - start) - 1};
}

void tide_csv_result_read(struct tide_span record, unsigned key_count, int sum_column,
                          char *scratch, struct tide_result *result)
{
    struct tide_result read = {0};
    struct tide_span field;
    if (!take_field(&record, &read.window_start) || !take_field(&record, &read.window_end)) return;
    char *out = scratch;
    for (unsigned i = 0; i < key_count; i++) {
        if (!take_field(&record, &field)) return;
        if (i > 0) *out++ = '\0';
        size_t bytes;
        const char *text = tide_csv_field(field.at, field.bytes, out, &bytes);
        memmove(out, text, bytes);
        out += bytes;
    }
    read.key = (struct tide_span){scratch, (size_t)(out - scratch)};
    if (!take_field(&record, &read.first_time)) return;
    for (int i = 0; i < sum_column; i++)
        if (!take_field(&record, &read.sum)) return;
    *result = read;
}

/* --- jsonl --- */

/* The comma before the last "first_time": none behind it can be a column's name, and in a text its
 * quotes would have backslashes. */
static const char *find_first_time(struct tide_span record)
{
    const char *found = NULL, *end = record.at + record.bytes;
    for (const char *at = record.at; at; at++) {
        at = memmem(at, (size_t)(end - at), first_time_member, sizeof first_time_member - 1);
        if (!at) break;
        found = at;
    }
    return found;
}

void tide_json_key_find(struct tide_span record, struct tide_span *key)
{
    const char *end = record.at + record.bytes;
    const char *start = memchr(record.at, ',', record.bytes); /* times hold none */
    if (start) start = memchr(start + 1, ',', (size_t)(end - start - 1));
    const char *limit = find_first_time(record);
    if (start && limit && start < limit)
        *key = (struct tide_span){start + 1, (size_t)(limit - start) - 1};
}

/* The bytes of the member's value, without quotes; none if the name does not stand there. */
static struct tide_span scalar(const char *at, const char *end)
{
    const char *colon = at < end ? memchr(at, ':', (size_t)(end - at)) : NULL;
    if (!colon) return (struct tide_span){0};
    const char *value = colon + 1;
    if (value < end && *value == '"') {
        const char *quote = memchr(value + 1, '"', (size_t)(end - value - 1));
        return (struct tide_span){value + 1, quote ? (size_t)(quote - value - 1) : 0};
    }
    const char *limit = value;
    while (limit < end && *limit != ',' && *limit != '}') limit++;
    return (struct tide_span){value, (size_t)(limit - value)};
}

/* A JSON string is a Python literal as far as tidemark writes it, but for \/ \b and \f, and pairs
 * of surrogates, which it does not write. */
static char *unescape(const char **at, const char *end, char *out)
{
    static const char letters[] = "nrtbf", meanings[] = "\n\r\t\b\f";
    for (++*at; *at < end && **at != '"'; ++*at) {
        const char *known;
        unsigned long code;
        char hex[5] = {0};
        if (**at != '\\' || *at + 1 == end) {
            *out++ = **at;
        } else if (*++*at == 'u' && end - *at > 4) {
            memcpy(hex, *at + 1, 4);
            code = strtoul(hex, NULL, 16);
            *out++ = (char)code; /* a control byte, or a byte as \udcXX */
            *at += 4;
        } else {
            known = **at ? strchr(letters, **at) : NULL;
            *out++ = known ? meanings[known - letters] : **at;
        }
    }
    if (*at < end) ++*at;
    return out;
}

/* Between the members' names and commas stand strings only. */
static struct tide_span read_keys(struct tide_span members, char *scratch)
{
    const char *at = members.at, *end = at + members.bytes;
    char *out = scratch;
    while (at < end && *at == '"') {
        char *before = out;
        unescape(&at, end, before); /* the name */
        if (at < end) at++;         /* the colon */
        if (at < end && *at == '"') out = unescape(&at, end, before);
        if (at < end) *out++ = '\0'; /* for the comma */
        if (at < end) at++;
    }
    return (struct tide_span){scratch, (size_t)(out - scratch)};
}

void tide_json_result_read(struct tide_span record, char *scratch, struct tide_result *result)
{
    const char *end = record.at + record.bytes, *first_time = find_first_time(record);
    struct tide_span key = {0};
    tide_json_key_find(record, &key);
    if (!first_time || !key.at) return;
    const char *second = memchr(record.at, ',', record.bytes);
    const char *sum = memmem(first_time, (size_t)(end - first_time), "\"sum\":", 6);
    result->window_start = scalar(record.at, end);
    result->window_end = scalar(second, end);
    result->first_time = scalar(first_time, end);
    if (sum) result->sum = scalar(sum, end);
    result->key = read_keys(key, scratch);
}

/* --- values --- */

void tide_result_evaluate(struct tide_result *result, const struct tide_time_format *times)
{
    char text[NUMBER_BYTES];
    const struct tide_time_format epoch = {.form = TIDE_TIME_EPOCH_MS, .zone = times->zone};
    size_t bytes = result->sum.bytes;
    if (bytes == 0 || bytes >= sizeof text) return;
    if (!tide_time_parse(times, result->first_time.at, result->first_time.bytes,
                         &result->time_ms) &&
        !tide_time_parse(&epoch, result->first_time.at, result->first_time.bytes, &result->time_ms))
        return;
    memcpy(text, result->sum.at, bytes);
    text[bytes] = '\0';
    char *end;
    result->value = strtod(text, &end);
    result->has_value = *end == '\0';
}
