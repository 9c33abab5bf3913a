#include "engine/plan/format.h"

#include <string.h>

void tide_formatter_init(struct tide_formatter *formatter, const struct tide_plan *plan)
{
    memset(formatter, 0, sizeof *formatter);
    formatter->plan = plan;
    tide_time_printer_init(&formatter->window_times, plan->time_style, &plan->zone);
    tide_time_printer_init(&formatter->first_times, plan->time_style, &plan->zone);
    formatter->window_start_ms = INT64_MAX;
    formatter->window_end_ms = INT64_MIN;
    tide_formatter_remember_watermark(formatter, INT64_MAX);
}

void tide_formatter_remember_window(struct tide_formatter *formatter, int64_t start_ms,
                                    int64_t end_ms, const struct tide_window_frame *frame)
{
    TIDE_CHECK(strlen(frame->before) + strlen(frame->between) + strlen(frame->after) <=
               TIDE_WINDOW_FRAME_BYTES);
    char *out = tide_text_put(formatter->window_text, frame->before);
    out += tide_time_print(&formatter->window_times, out, start_ms);
    out = tide_text_put(out, frame->between);
    out += tide_time_print(&formatter->window_times, out, end_ms);
    out = tide_text_put(out, frame->after);
    formatter->window_text_bytes = (unsigned)(out - formatter->window_text);
    formatter->window_start_ms = start_ms;
    formatter->window_end_ms = end_ms;
}

void tide_formatter_remember_watermark(struct tide_formatter *formatter, int64_t watermark_ms)
{
    formatter->watermark_text_bytes =
        (unsigned)tide_int_print(formatter->watermark_text, watermark_ms);
    formatter->watermark_ms = watermark_ms;
}

const char *tide_key_part_take(const char **key, size_t *key_bytes, size_t *bytes)
{
    const char *part = *key;
    const char *end = memchr(part, '\0', *key_bytes);
    *bytes = end ? (size_t)(end - part) : *key_bytes;
    size_t taken = *bytes + (end ? 1 : 0);
    *key += taken;
    *key_bytes -= taken;
    return part;
}
