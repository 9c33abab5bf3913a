#include "operators/formats.h"

#include <string.h>

static const struct tide_window_frame frame = {"", ",", ","};

enum { FIELD_EXTRA = 4 }; /* quotes, an apostrophe and a comma */

/* Adds up upper bounds instead of writing when out is NULL. */
static size_t put_name(const struct tide_plan *plan, char *out, size_t at, const char *name)
{
    size_t bytes = strlen(name);
    if (!out) return at + 2 * bytes + FIELD_EXTRA;
    char *end = tide_field_put(plan, out + at, name, bytes);
    *end++ = ',';
    return (size_t)(end - out);
}

static size_t header(const struct tide_plan *plan, enum tide_channel channel, char *out)
{
    size_t at = put_name(plan, out, 0, "window_start");
    at = put_name(plan, out, at, "window_end");
    for (unsigned i = 0; i < plan->key_count; i++)
        at = put_name(plan, out, at, tide_plan_key_name(plan, i));
    at = put_name(plan, out, at, "first_time");
    for (unsigned i = 0; i < plan->listed_count; i++)
        at = put_name(plan, out, at, plan->registry->aggregates[plan->listed[i]]->name);
    at = put_name(plan, out, at, "watermark_ms");
    if (channel != TIDE_CHANNEL_RESULTS) at = put_name(plan, out, at, "rule");
    if (out) out[at - 1] = '\n';
    return at;
}

static size_t row_bytes_max(const struct tide_plan *plan, const struct tide_rule_set *rules,
                            size_t key_bytes)
{
    size_t row = 2 * (TIDE_TIME_TEXT_BYTES + 1) + 2 * key_bytes + FIELD_EXTRA * plan->key_count +
                 TIDE_TIME_TEXT_BYTES + 1 + plan->listed_count * (TIDE_DECIMAL_TEXT_BYTES + 1) +
                 TIDE_WATERMARK_TEXT_BYTES + 1;
    size_t all = row;
    for (unsigned i = 0; rules && i < rules->rule_count; i++)
        all += row + 2 * strlen(rules->rules[i].label) + FIELD_EXTRA;
    return all + TIDE_FORMAT_COPY_BYTES;
}

/* Ones where a word has no byte of the key. */
static uint64_t padding(size_t bytes)
{
    return bytes < 8 ? UINT64_MAX << (8 * bytes) : 0;
}

/* Are all bytes of an inline key 0x2d or above, so above comma, quote, CR and LF? Eight bytes a
 * step: a byte below n borrows into its high bit (S. E. Anderson, "Bit Twiddling Hacks", hasless).
 * Other keys are looked at byte by byte. */
static bool is_surely_plain(const uint64_t key[2], size_t bytes)
{
    const uint64_t ones = UINT64_MAX / 255, highs = ones << 7, limit = ones * 0x2d;
    uint64_t low = key[0] | padding(bytes), high = key[1] | padding(bytes > 8 ? bytes - 8 : 0);
    return ((((low - limit) & ~low) | ((high - limit) & ~high)) & highs) == 0;
}

static char *put_key(char *out, const struct tide_plan *plan, const struct tide_emission *emission)
{
    size_t bytes = emission->key_bytes;
    if (TIDE_LIKELY(emission->entry && plan->key_count == 1 &&
                    bytes <= TIDE_FORMAT_INLINE_KEY_BYTES && !plan->escapes_formulas)) {
        const uint64_t *words = emission->entry->key;
        memcpy(out, words, TIDE_FORMAT_INLINE_KEY_BYTES);
        if (TIDE_LIKELY(is_surely_plain(words, bytes))) {
            out[bytes] = ',';
            return out + bytes + 1;
        }
    }
    const char *key = emission->key;
    for (unsigned i = 0; i < plan->key_count; i++) {
        size_t part_bytes;
        const char *part = tide_key_part_take(&key, &bytes, &part_bytes);
        out = tide_field_put(plan, out, part, part_bytes);
        *out++ = ',';
    }
    return out;
}

/* The columns of results, without a line end. */
static char *put_row(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out)
{
    const struct tide_plan *plan = formatter->plan;
    tide_formatter_follow(formatter, emission, &frame);
    size_t window_bytes = formatter->window_text_bytes;
    /* One block of fixed size is a few moves; a copy of so many bytes would be a call. */
    memcpy(out, formatter->window_text, TIDE_FORMAT_COPY_BYTES);
    if (TIDE_UNLIKELY(window_bytes > TIDE_FORMAT_COPY_BYTES))
        memcpy(out, formatter->window_text, window_bytes);
    out = put_key(out + window_bytes, plan, emission);
    out += tide_time_print(&formatter->first_times, out, emission->entry->first_time_ms);
    *out++ = ',';
    for (unsigned i = 0; i < plan->listed_count; i++) {
        const struct tide_value *value = &emission->values[plan->listed[i]];
        if (TIDE_LIKELY(!value->null)) out += tide_value_print(out, value);
        *out++ = ',';
    }
    memcpy(out, formatter->watermark_text, TIDE_WATERMARK_TEXT_BYTES);
    return out + formatter->watermark_text_bytes;
}

static size_t result(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out)
{
    char *end = put_row(formatter, emission, out);
    *end++ = '\n';
    return (size_t)(end - out);
}

static size_t alerts(struct tide_formatter *formatter, const struct tide_emission *emission,
                     const struct tide_rule_set *rules, uint64_t holds, char *out)
{
    if (!holds) return 0;
    char *end = put_row(formatter, emission, out);
    size_t row_bytes = (size_t)(end - out);
    for (uint64_t left = holds; left; left &= left - 1) {
        if (left != holds) {
            memcpy(end, out, row_bytes);
            end += row_bytes;
        }
        const char *label = rules->rules[__builtin_ctzll(left)].label;
        *end++ = ',';
        end = tide_field_put(formatter->plan, end, label, strlen(label));
        *end++ = '\n';
    }
    return (size_t)(end - out);
}

/* The same for a timer. */
static char *put_timer(struct tide_formatter *formatter, const struct tide_emission *emission,
                       char *out)
{
    const struct tide_plan *plan = formatter->plan;
    if (emission->has_start)
        out += tide_time_print(&formatter->first_times, out, emission->window_start_ms);
    *out++ = ',';
    out += tide_time_print(&formatter->first_times, out, emission->window_end_ms);
    *out++ = ',';
    out = put_key(out, plan, emission);
    for (unsigned i = 0; i <= plan->listed_count; i++) *out++ = ',';
    return out + tide_int_print(out, emission->watermark_ms);
}

static size_t line_bytes_max(const struct tide_plan *plan, size_t key_bytes, size_t text_bytes)
{
    return row_bytes_max(plan, NULL, key_bytes) + 2 * text_bytes + FIELD_EXTRA + 1;
}

static size_t line(struct tide_formatter *formatter, const struct tide_emission *emission,
                   const char *text, size_t text_bytes, char *out)
{
    char *end =
        emission->entry ? put_row(formatter, emission, out) : put_timer(formatter, emission, out);
    *end++ = ',';
    end = tide_field_put(formatter->plan, end, text, text_bytes);
    *end++ = '\n';
    return (size_t)(end - out);
}

const struct tide_format tide_format_csv = {
    .name = "csv",
    .summary = "comma-separated values with a header",
    .header = header,
    .row_bytes_max = row_bytes_max,
    .result = result,
    .alerts = alerts,
    .line_bytes_max = line_bytes_max,
    .line = line,
    .is_csv = true,
};
