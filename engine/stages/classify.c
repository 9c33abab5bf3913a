#include "engine/stages/classify.h"

#include "engine/base/memory.h"

#include <string.h>

enum { SCRATCH_BYTES_FIRST = 4096 };

struct text {
    const char *at;
    size_t bytes;
};

void tide_classifier_init(struct tide_classifier *classifier, const struct tide_plan *plan,
                          const struct tide_columns *columns)
{
    *classifier = (struct tide_classifier){.plan = plan, .columns = columns};
}

void tide_classifier_fini(struct tide_classifier *classifier)
{
    tide_free(classifier->scratch);
    *classifier = (struct tide_classifier){0};
}

char *tide_classifier_scratch(struct tide_classifier *classifier, size_t bytes)
{
    if (bytes <= classifier->scratch_bytes) return classifier->scratch;
    size_t capacity = classifier->scratch_bytes ? classifier->scratch_bytes : SCRATCH_BYTES_FIRST;
    while (capacity < bytes) capacity *= 2;
    tide_free(classifier->scratch);
    classifier->scratch = tide_alloc(capacity);
    classifier->scratch_bytes = classifier->scratch ? capacity : 0;
    return classifier->scratch;
}

static struct tide_classified refused(enum tide_class class, const char *reason)
{
    return (struct tide_classified){.class = class, .reason = reason};
}

static struct text trimmed(struct text text)
{
    for (; text.bytes > 0 && (*text.at == ' ' || *text.at == '\t'); text.at++) text.bytes--;
    while (text.bytes > 0 && (text.at[text.bytes - 1] == ' ' || text.at[text.bytes - 1] == '\t'))
        text.bytes--;
    return text;
}

/* The fields a row needs, unquoted one after the other into the scratch. */
struct fields {
    struct text keys[TIDE_KEY_COLUMN_COUNT_MAX], time, value;
    bool has_nul;
};

static struct text take_field(const struct tide_chunk *chunk, unsigned record, uint32_t column,
                              char **scratch, bool *has_nul)
{
    struct text field;
    field.at = tide_chunk_field(chunk, record, column, &field.bytes);
    field.at = tide_csv_field(field.at, field.bytes, *scratch, &field.bytes);
    if (field.at == *scratch) *scratch += field.bytes;
    if (field.bytes > 0 && memchr(field.at, '\0', field.bytes)) *has_nul = true;
    return field;
}

static void take_fields(const struct tide_classifier *classifier, const struct tide_chunk *chunk,
                        unsigned record, char *scratch, struct fields *fields)
{
    const struct tide_columns *columns = classifier->columns;
    fields->has_nul = false;
    for (unsigned i = 0; i < classifier->plan->key_count; i++) {
        fields->keys[i] = take_field(chunk, record, columns->keys[i], &scratch, &fields->has_nul);
        if (classifier->plan->trim) fields->keys[i] = trimmed(fields->keys[i]);
    }
    fields->time = trimmed(take_field(chunk, record, columns->time, &scratch, &fields->has_nul));
    fields->value = trimmed(take_field(chunk, record, columns->value, &scratch, &fields->has_nul));
}

static const char *missing_reason(const struct tide_plan *plan, const struct fields *fields)
{
    for (unsigned i = 0; i < plan->key_count; i++)
        if (tide_na_is(&plan->na, fields->keys[i].at, fields->keys[i].bytes)) return "missing key";
    if (tide_na_is(&plan->na, fields->time.at, fields->time.bytes)) return "missing time";
    if (tide_na_is(&plan->na, fields->value.at, fields->value.bytes)) return "missing value";
    return NULL;
}

static const char *amount_reason(enum tide_decimal_status status)
{
    switch (status) {
    case TIDE_DECIMAL_OK:
        return NULL;
    case TIDE_DECIMAL_TOO_FINE:
        return "too many decimals";
    case TIDE_DECIMAL_OUT_OF_RANGE:
        return "amount out of range";
    case TIDE_DECIMAL_MALFORMED:
        break;
    }
    return "malformed amount";
}

/* One part as it is; several with a NUL byte between, which no part holds. */
static void join_key(const struct tide_plan *plan, const struct fields *fields, char *scratch,
                     struct tide_classified *row)
{
    row->key = fields->keys[0].at;
    row->key_bytes = fields->keys[0].bytes;
    if (plan->key_count == 1) return;
    char *out = scratch;
    for (unsigned i = 0; i < plan->key_count; i++) {
        if (i > 0) *out++ = '\0';
        memcpy(out, fields->keys[i].at, fields->keys[i].bytes);
        out += fields->keys[i].bytes;
    }
    row->key = scratch;
    row->key_bytes = (size_t)(out - scratch);
}

struct tide_classified tide_classify(struct tide_classifier *classifier,
                                     const struct tide_chunk *chunk, unsigned i)
{
    const struct tide_plan *plan = classifier->plan;
    size_t bytes;
    tide_chunk_record(chunk, i, &bytes);
    if (chunk->is_open_quote) return refused(TIDE_CLASS_MALFORMED, "unbalanced quote");
    if (chunk->is_overlong || bytes > plan->row_bytes_max)
        return refused(TIDE_CLASS_MALFORMED, "row too long");
    if (chunk->field_count < classifier->columns->needed)
        return refused(TIDE_CLASS_MALFORMED, "too few fields");

    /* The first part holds the unquoted fields, which are no longer than the used columns (one may
     * be used several times), the second the joined key. */
    size_t part_bytes = (plan->key_count + 2) * (bytes + 1);
    char *scratch = tide_classifier_scratch(classifier, 2 * part_bytes);
    if (!scratch) return refused(TIDE_CLASS_NO_MEMORY, NULL);
    struct fields fields;
    take_fields(classifier, chunk, i, scratch, &fields);
    if (fields.has_nul) return refused(TIDE_CLASS_MALFORMED, "NUL byte");
    const char *reason = missing_reason(plan, &fields);
    if (reason) return refused(TIDE_CLASS_MISSING, reason);

    struct tide_classified row = {.class = TIDE_CLASS_GOOD};
    if (!tide_time_parse(&plan->time_format, fields.time.at, fields.time.bytes, &row.time_ms))
        return refused(TIDE_CLASS_MALFORMED, "malformed time");
    reason = amount_reason(
        tide_decimal_parse(&plan->decimal, fields.value.at, fields.value.bytes, &row.amount));
    if (reason) return refused(TIDE_CLASS_MALFORMED, reason);
    join_key(plan, &fields, scratch + part_bytes, &row);
    return row;
}
