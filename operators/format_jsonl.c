#include "engine/text/escape.h"
#include "operators/formats.h"

#include <string.h>

enum { JSON_GROWTH = 6, PAIR_BYTES = 6 /* quotes, colon and comma around a name and a text */ };

static const struct tide_window_frame frame_of_texts = {"{\"window_start\":\"",
                                                        "\",\"window_end\":\"", "\","};
static const struct tide_window_frame frame_of_numbers = {
    "{\"window_start\":", ",\"window_end\":", ","};

static size_t header(const struct tide_plan *plan, enum tide_channel channel, char *out)
{
    (void)plan;
    (void)channel;
    (void)out;
    return 0;
}

static size_t row_bytes_max(const struct tide_plan *plan, const struct tide_rule_set *rules,
                            size_t key_bytes)
{
    size_t row = 3 * TIDE_TIME_TEXT_BYTES + TIDE_WINDOW_FRAME_BYTES +
                 sizeof "\"first_time\":\"\"," + sizeof "\"watermark_ms\":,\"rule\":\"\"}\n" +
                 TIDE_WATERMARK_TEXT_BYTES + JSON_GROWTH * key_bytes;
    for (unsigned i = 0; i < plan->key_count; i++)
        row += JSON_GROWTH * strlen(tide_plan_key_name(plan, i)) + PAIR_BYTES;
    for (unsigned i = 0; i < plan->listed_count; i++)
        row += strlen(plan->registry->aggregates[plan->listed[i]]->name) + PAIR_BYTES +
               TIDE_DECIMAL_TEXT_BYTES;
    size_t all = row;
    for (unsigned i = 0; rules && i < rules->rule_count; i++)
        all += row + JSON_GROWTH * strlen(rules->rules[i].label);
    return all;
}

static char *put_string(char *out, const char *text, size_t bytes)
{
    *out++ = '"';
    out += tide_escape_json(out, text, bytes);
    *out++ = '"';
    return out;
}

static char *put_keys(char *out, const struct tide_plan *plan, const struct tide_emission *emission)
{
    const char *key = emission->key;
    size_t key_bytes = emission->key_bytes;
    for (unsigned i = 0; i < plan->key_count; i++) {
        const char *name = tide_plan_key_name(plan, i);
        size_t part_bytes;
        const char *part = tide_key_part_take(&key, &key_bytes, &part_bytes);
        out = put_string(out, name, strlen(name));
        *out++ = ':';
        out = put_string(out, part, part_bytes);
        *out++ = ',';
    }
    return out;
}

static char *put_time(char *out, struct tide_formatter *formatter, const char *name,
                      int64_t time_ms)
{
    const char *quote = formatter->plan->time_style == TIDE_TIME_STYLE_EPOCH_MS ? "" : "\"";
    *out++ = '"';
    out = tide_text_put(out, name);
    out = tide_text_put(out, "\":");
    out = tide_text_put(out, quote);
    out += tide_time_print(&formatter->first_times, out, time_ms);
    out = tide_text_put(out, quote);
    *out++ = ',';
    return out;
}

static char *put_values(char *out, const struct tide_plan *plan, const struct tide_value values[])
{
    for (unsigned i = 0; i < plan->listed_count; i++) {
        const struct tide_value *value = &values[plan->listed[i]];
        *out++ = '"';
        out = tide_text_put(out, plan->registry->aggregates[plan->listed[i]]->name);
        out = tide_text_put(out, "\":");
        if (value->null) out = tide_text_put(out, "null");
        else out += tide_value_print(out, value);
        *out++ = ',';
    }
    return out;
}

/* The object without its closing brace. */
static char *put_row(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out)
{
    const struct tide_plan *plan = formatter->plan;
    bool are_numbers = plan->time_style == TIDE_TIME_STYLE_EPOCH_MS;
    tide_formatter_follow(formatter, emission, are_numbers ? &frame_of_numbers : &frame_of_texts);
    out = tide_bytes_put(out, formatter->window_text, formatter->window_text_bytes);
    out = put_keys(out, plan, emission);
    out = put_time(out, formatter, "first_time", emission->entry->first_time_ms);
    out = put_values(out, plan, emission->values);
    out = tide_text_put(out, "\"watermark_ms\":");
    return tide_bytes_put(out, formatter->watermark_text, formatter->watermark_text_bytes);
}

static size_t result(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out)
{
    char *end = put_row(formatter, emission, out);
    return (size_t)(tide_text_put(end, "}\n") - out);
}

static size_t alerts(struct tide_formatter *formatter, const struct tide_emission *emission,
                     const struct tide_rule_set *rules, uint64_t holds, char *out)
{
    if (!holds) return 0;
    char *end = put_row(formatter, emission, out);
    size_t row_bytes = (size_t)(end - out);
    for (uint64_t left = holds; left; left &= left - 1) {
        if (left != holds) end = tide_bytes_put(end, out, row_bytes);
        const char *label = rules->rules[__builtin_ctzll(left)].label;
        end = tide_text_put(end, ",\"rule\":");
        end = put_string(end, label, strlen(label));
        end = tide_text_put(end, "}\n");
    }
    return (size_t)(end - out);
}

/* The same for a timer. */
static char *put_timer(struct tide_formatter *formatter, const struct tide_emission *emission,
                       char *out)
{
    static const struct tide_value null = {.null = true};
    const struct tide_plan *plan = formatter->plan;
    struct tide_value nulls[TIDE_AGGREGATE_COUNT_MAX];
    for (unsigned i = 0; i < TIDE_AGGREGATE_COUNT_MAX; i++) nulls[i] = null;
    *out++ = '{';
    if (emission->has_start)
        out = put_time(out, formatter, "window_start", emission->window_start_ms);
    else out = tide_text_put(out, "\"window_start\":null,");
    out = put_time(out, formatter, "window_end", emission->window_end_ms);
    out = put_keys(out, plan, emission);
    out = tide_text_put(out, "\"first_time\":null,");
    out = put_values(out, plan, nulls);
    out = tide_text_put(out, "\"watermark_ms\":");
    return out + tide_int_print(out, emission->watermark_ms);
}

static size_t line_bytes_max(const struct tide_plan *plan, size_t key_bytes, size_t text_bytes)
{
    return row_bytes_max(plan, NULL, key_bytes) + JSON_GROWTH * text_bytes;
}

static size_t line(struct tide_formatter *formatter, const struct tide_emission *emission,
                   const char *text, size_t text_bytes, char *out)
{
    char *end =
        emission->entry ? put_row(formatter, emission, out) : put_timer(formatter, emission, out);
    end = tide_text_put(end, ",\"rule\":");
    end = put_string(end, text, text_bytes);
    end = tide_text_put(end, "}\n");
    return (size_t)(end - out);
}

const struct tide_format tide_format_jsonl = {
    .name = "jsonl",
    .summary = "one JSON object a line",
    .header = header,
    .row_bytes_max = row_bytes_max,
    .result = result,
    .alerts = alerts,
    .line_bytes_max = line_bytes_max,
    .line = line,
};
