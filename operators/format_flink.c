/* The two lines that the PyFlink job prints for a window: a detection for each rule that holds,
 * then the element itself with the prefix of print("Anomaly Detection"). A side output has
 * detections only. */
#include "engine/text/escape.h"
#include "operators/flink_subtask.h"
#include "operators/formats.h"

#include <string.h>

enum { REPR_GROWTH = 6, INT_TEXT_BYTES = 24, SUBTASK_TEXT_BYTES = 8 };

static const char detection_before[] = "이상 거래 감지: ";
static const char detection_between[] = ", 현재 워터마크: ";
static const char sink[] = "Anomaly Detection";

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
    size_t tuple = sizeof "(, )" + REPR_GROWTH * key_bytes + plan->key_count * sizeof "'', " +
                   INT_TEXT_BYTES + TIDE_DECIMAL_TEXT_BYTES;
    size_t detection =
        sizeof detection_before + tuple + sizeof detection_between + TIDE_WATERMARK_TEXT_BYTES + 1;
    size_t element = sizeof sink + SUBTASK_TEXT_BYTES + sizeof "> " + tuple + 1;
    return element + (rules ? rules->rule_count : 0) * detection;
}

/* A tuple's beginning: the key's parts, each with the comma behind it. */
static char *put_key(char *out, const struct tide_plan *plan, const struct tide_emission *emission)
{
    const char *key = emission->key;
    size_t key_bytes = emission->key_bytes;
    *out++ = '(';
    for (unsigned i = 0; i < plan->key_count; i++) {
        size_t part_bytes;
        const char *part = tide_key_part_take(&key, &key_bytes, &part_bytes);
        out += tide_escape_python(out, part, part_bytes);
        out = tide_bytes_put(out, ", ", 2);
    }
    return out;
}

/* ('tx1', 1715421600000, 11700.0): the key's parts, the first row's time, the sum. */
static char *put_tuple(char *out, const struct tide_plan *plan,
                       const struct tide_emission *emission)
{
    out = put_key(out, plan, emission);
    out += tide_int_print(out, emission->entry->first_time_ms);
    out = tide_bytes_put(out, ", ", 2);
    out += tide_decimal_print_float(out, emission->entry->sum, plan->decimal.scale);
    *out++ = ')';
    return out;
}

static size_t result(struct tide_formatter *formatter, const struct tide_emission *emission,
                     char *out)
{
    const struct tide_plan *plan = formatter->plan;
    char *end = tide_bytes_put(out, sink, sizeof sink - 1);
    if (plan->flink_parallelism > 1) {
        int32_t hash = tide_flink_key_hash(emission->key, emission->key_bytes, plan->key_count);
        *end++ = ':';
        end += tide_int_print(end, tide_flink_subtask(hash, plan->flink_parallelism));
    }
    end = tide_bytes_put(end, "> ", 2);
    end = put_tuple(end, plan, emission);
    *end++ = '\n';
    return (size_t)(end - out);
}

static size_t alerts(struct tide_formatter *formatter, const struct tide_emission *emission,
                     const struct tide_rule_set *rules, uint64_t holds, char *out)
{
    (void)rules; /* the lines do not say which rule it was */
    char *end = out;
    for (uint64_t left = holds; left; left &= left - 1) {
        end = tide_bytes_put(end, detection_before, sizeof detection_before - 1);
        end = put_tuple(end, formatter->plan, emission);
        end = tide_bytes_put(end, detection_between, sizeof detection_between - 1);
        end += tide_int_print(end, emission->watermark_ms);
        *end++ = '\n';
    }
    if (emission->channel == TIDE_CHANNEL_ALERTS) end += result(formatter, emission, end);
    return (size_t)(end - out);
}

static size_t line_bytes_max(const struct tide_plan *plan, size_t key_bytes, size_t text_bytes)
{
    return text_bytes + row_bytes_max(plan, NULL, key_bytes) + TIDE_WATERMARK_TEXT_BYTES +
           sizeof detection_between + 2 * INT_TEXT_BYTES;
}

/* As print() in a process function: the text alone. A key that fell silent is named: inactive:
 * ('tx1', LAST_MS, DEADLINE_MS), and the watermark. */
static size_t line(struct tide_formatter *formatter, const struct tide_emission *emission,
                   const char *text, size_t text_bytes, char *out)
{
    char *end = tide_bytes_put(out, text, text_bytes);
    if (emission->has_start) {
        end = tide_text_put(end, ": ");
        end = put_key(end, formatter->plan, emission);
        end += tide_int_print(end, emission->window_start_ms);
        end = tide_text_put(end, ", ");
        end += tide_int_print(end, emission->window_end_ms);
        end = tide_text_put(end, ")");
        end = tide_text_put(end, detection_between);
        end += tide_int_print(end, emission->watermark_ms);
    }
    *end++ = '\n';
    return (size_t)(end - out);
}

const struct tide_format tide_format_flink = {
    .name = "flink",
    .summary = "the lines PyFlink prints: detections, then every element",
    .header = header,
    .row_bytes_max = row_bytes_max,
    .result = result,
    .alerts = alerts,
    .line_bytes_max = line_bytes_max,
    .line = line,
    .alerts_always = true,
    .names_subtasks = true,
};
