#include "engine/stages/trace.h"

#include "engine/plan/format.h"

#include <string.h>

enum {
    KIND_BYTES_MAX = 8,
    NUMBERS = 7,
    QUOTED_GROWTH = 2,
    FIELD_EXTRA = 4 /* quotes, an apostrophe and a comma */
};

static const char columns[] =
    "window_start,window_end,first_ts,sum,count,watermark_seen,watermark_trigger\n";

/* A key of one column is called key, whatever the column is called: so are traces read that were
 * made elsewhere. */
size_t tide_trace_header(const struct tide_plan *plan, char *out)
{
    size_t at = 0;
    const char *const kind = "kind,";
    if (out) memcpy(out, kind, strlen(kind));
    at += strlen(kind);
    for (unsigned i = 0; i < plan->key_count; i++) {
        const char *name = plan->key_count == 1 ? "key" : tide_plan_key_name(plan, i);
        size_t bytes = strlen(name);
        if (!out) {
            at += QUOTED_GROWTH * bytes + FIELD_EXTRA;
            continue;
        }
        at = (size_t)(tide_field_put(plan, out + at, name, bytes) - out);
        out[at++] = ',';
    }
    if (out) memcpy(out + at, columns, sizeof columns - 1);
    return at + sizeof columns - 1;
}

size_t tide_trace_bytes_max(const struct tide_plan *plan, size_t key_bytes)
{
    return KIND_BYTES_MAX + QUOTED_GROWTH * key_bytes + FIELD_EXTRA * plan->key_count +
           TIDE_DECIMAL_TEXT_BYTES + NUMBERS * (TIDE_INT_TEXT_BYTES + 1);
}

static char *put_int(char *out, const int64_t *value)
{
    if (value) out += tide_int_print(out, *value);
    *out++ = ',';
    return out;
}

size_t tide_trace_print(char *out, const struct tide_plan *plan, const struct tide_trace *trace)
{
    const char *key = trace->key;
    size_t key_bytes = trace->key_bytes;
    char *end = tide_text_put(out, trace->kind);
    *end++ = ',';
    for (unsigned i = 0; i < plan->key_count; i++) {
        size_t bytes;
        const char *part = tide_key_part_take(&key, &key_bytes, &bytes);
        end = tide_field_put(plan, end, part, bytes);
        *end++ = ',';
    }
    end = put_int(end, trace->window_start_ms);
    end = put_int(end, trace->window_end_ms);
    end = put_int(end, trace->first_ms);
    if (trace->sum) end += tide_decimal_print(end, *trace->sum, plan->decimal.scale);
    *end++ = ',';
    if (trace->count) end += tide_uint_print(end, *trace->count);
    *end++ = ',';
    end = put_int(end, &trace->before_ms);
    end = put_int(end, trace->watermark_ms);
    end[-1] = '\n';
    return (size_t)(end - out);
}
