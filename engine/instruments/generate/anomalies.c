#include "engine/instruments/generate/anomalies.h"

#include "engine/instruments/generate/shape_text.h"

#include <string.h>

static const char header[] = "line,transaction_id,timestamp,amount,ordinary_amount\n";
enum { LINE_BYTES_MAX = 192, FACTOR_SCALE = 6, MILLION = 1000000 };
static const uint64_t no_row = UINT64_MAX;

static bool read_count(struct tide_anomaly_plan *plan, const struct tide_settings *settings,
                       unsigned id, const char *text, size_t bytes, uint64_t row_count)
{
    if (bytes > 0 && text[bytes - 1] == '%') {
        uint32_t share;
        if (!tide_shape_share(settings, id, text, bytes, &share)) return false;
        plan->count = (uint64_t)((tide_uint128)row_count * share / TIDE_SHARE_WHOLE);
        return true;
    }
    struct tide_shape_number number = {
        .what = "share (as 0.1%) or number of rows", .scale = 0, .least = 0, .most = row_count};
    return tide_shape_number(settings, id, text, bytes, &number, &plan->count);
}

bool tide_anomalies_read(struct tide_anomaly_plan *plan, const struct tide_settings *settings,
                         unsigned id, uint64_t row_count, const struct tide_amounts *amounts)
{
    static const struct tide_shape_number factor_number = {
        .what = "factor", .scale = FACTOR_SCALE, .least = 1, .most = UINT64_C(1000) * MILLION};
    const char *text = tide_options_text(settings->options, id);
    size_t count_bytes = strcspn(text, ":");
    uint64_t factor = 2 * MILLION;
    if (!read_count(plan, settings, id, text, count_bytes, row_count)) return false;
    const char *detail = text + count_bytes + 1;
    if (text[count_bytes] &&
        !tide_shape_number(settings, id, detail, strlen(detail), &factor_number, &factor))
        return false;
    tide_uint128 extra = (tide_uint128)amounts->high_cents * factor / MILLION;
    plan->extra_cents = extra < TIDE_CENTS_MAX ? (uint64_t)extra : TIDE_CENTS_MAX;
    return true;
}

/* Row of the stretch from index x rows / count on. */
static uint64_t stretch_begin(const struct tide_anomalies *anomalies, uint64_t index)
{
    return (uint64_t)((tide_uint128)index * anomalies->row_count / anomalies->plan.count);
}

static void draw_next(struct tide_anomalies *anomalies)
{
    anomalies->next_row = no_row;
    if (anomalies->index >= anomalies->plan.count) return;
    uint64_t begin = stretch_begin(anomalies, anomalies->index++);
    uint64_t rows = stretch_begin(anomalies, anomalies->index) - begin;
    anomalies->next_row = begin + tide_random_below(tide_random_next(&anomalies->random), rows);
}

void tide_anomalies_init(struct tide_anomalies *anomalies, const struct tide_anomaly_plan *plan,
                         uint64_t row_count, uint64_t seed, struct tide_output *truth)
{
    /* Where the seed's own stream would come to is no place to begin another. */
    struct tide_random other = {.state = ~seed};
    anomalies->plan = *plan;
    anomalies->row_count = row_count;
    anomalies->random.state = tide_random_next(&other);
    anomalies->index = 0;
    anomalies->truth = truth;
    anomalies->bytes = sizeof header - 1;
    memcpy(anomalies->buffer, header, anomalies->bytes);
    draw_next(anomalies);
}

static bool flush(struct tide_anomalies *anomalies, struct tide_error *error)
{
    size_t bytes = anomalies->bytes;
    anomalies->bytes = 0;
    return !anomalies->truth ||
           tide_output_write(anomalies->truth, anomalies->buffer, bytes, error);
}

bool tide_anomalies_plant(struct tide_anomalies *anomalies, struct tide_made_row *row,
                          struct tide_row_writer *writer, struct tide_error *error)
{
    if (anomalies->bytes > sizeof anomalies->buffer - LINE_BYTES_MAX && !flush(anomalies, error))
        return false;
    uint64_t ordinary_cents = row->cents;
    row->cents += anomalies->plan.extra_cents;
    char *out = anomalies->buffer + anomalies->bytes;
    out += tide_uint_print(out, anomalies->next_row + 2); /* from 1, and the header is the first */
    *out++ = ',';
    out = tide_row_put_fields(writer, out, row);
    *out++ = ',';
    out = tide_row_put_amount(writer, out, ordinary_cents);
    *out++ = '\n';
    anomalies->bytes = (size_t)(out - anomalies->buffer);
    draw_next(anomalies);
    return true;
}

bool tide_anomalies_finish(struct tide_anomalies *anomalies, struct tide_error *error)
{
    return flush(anomalies, error);
}
