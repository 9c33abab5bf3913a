#include "engine/stages/decoder.h"

/* Could the quick path take this NA text for a time or an amount? Then those fields must be looked
 * at for NA first. */
static bool na_looks_like_value(const struct tide_plan *plan)
{
    for (unsigned i = 0; i < plan->na.count; i++) {
        tide_int128 units;
        int64_t time_ms;
        const char *text = plan->na.entries[i].text;
        size_t bytes = plan->na.entries[i].bytes;
        if (tide_decimal_parse(&plan->decimal, text, bytes, &units) != TIDE_DECIMAL_MALFORMED ||
            tide_time_parse(&plan->time_format, text, bytes, &time_ms))
            return true;
    }
    return false;
}

static enum tide_decode_time decode_time(enum tide_time_form form)
{
    switch (form) {
    case TIDE_TIME_AUTO:
        return TIDE_DECODE_CALENDAR;
    case TIDE_TIME_EPOCH_S:
        return TIDE_DECODE_EPOCH_S;
    case TIDE_TIME_EPOCH_MS:
        return TIDE_DECODE_EPOCH_MS;
    case TIDE_TIME_EPOCH_US:
        return TIDE_DECODE_EPOCH_US;
    case TIDE_TIME_PATTERN:
        break;
    }
    return TIDE_DECODE_NO_TIME;
}

void tide_decoder_init(struct tide_decoder *decoder, const struct tide_plan *plan)
{
    *decoder = (struct tide_decoder){
        .single_key = plan->key_count == 1,
        .row_bytes_max = (uint32_t)plan->row_bytes_max,
        .trim = plan->trim,
        .na_looks_like_value = na_looks_like_value(plan),
        .time = decode_time(plan->time_format.form),
        .zone_is_utc = plan->zone.fixed && plan->zone.fixed_offset_s == 0,
        .decimal_mark = plan->decimal.comma ? ',' : '.',
        .na = &plan->na,
        .time_format = &plan->time_format,
    };
    for (unsigned place = 0; place <= TIDE_DECODE_NO_MARK; place++) {
        unsigned decimals = place == TIDE_DECODE_NO_MARK ? 0 : TIDE_DECODE_DIGITS_MAX - 1 - place;
        if (decimals > plan->decimal.scale) continue; /* factor and limit 0: only zeros are plain */
        decoder->unit_factors[place] = (uint64_t)tide_power_of_ten(plan->decimal.scale - decimals);
        decoder->amount_limits[place] = (uint64_t)INT64_MAX / decoder->unit_factors[place];
    }
}
