#include "engine/instruments/profile/column_facts.h"

#include "engine/text/hash.h"

#include <string.h>

enum { FORMATS_MAX = 12, DISTINCT_BITS = 1 << 14 };

static bool is_missing(const struct tide_plan *plan, const struct tide_sample_field *field)
{
    return tide_na_is(&plan->na, field->text, field->bytes);
}

static bool is_number(const struct tide_sample_field *field, bool comma)
{
    const struct tide_decimal_format format = {.scale = 6, .comma = comma};
    tide_int128 units;
    return tide_decimal_parse(&format, field->text, field->bytes, &units) != TIDE_DECIMAL_MALFORMED;
}

/* A plain number may be anything: it is taken for a time only within these years. */
static bool is_likely(const struct tide_sample_field *field, int64_t time_ms)
{
    const int64_t from_ms = INT64_C(631152000000), to_ms = INT64_C(4102444800000);
    for (size_t i = 0; i < field->bytes; i++)
        if ((field->text[i] < '0' || field->text[i] > '9') && field->text[i] != '.') return true;
    return time_ms >= from_ms && time_ms < to_ms;
}

bool tide_column_is_time(const char *format_text, const struct tide_plan *plan,
                         const struct tide_sample_field *field)
{
    struct tide_time_format format;
    struct tide_error error = {0};
    int64_t time_ms;
    return tide_time_format_init(&format, format_text, &plan->zone, &error) &&
           tide_time_parse(&format, field->text, field->bytes, &time_ms) &&
           is_likely(field, time_ms);
}

static uint32_t count_times(const struct tide_sample *sample, uint32_t column, uint32_t first_row,
                            const struct tide_plan *plan, const char *format)
{
    uint32_t count = 0;
    for (uint32_t row = first_row; row < sample->row_count; row++) {
        const struct tide_sample_field *field = tide_sample_field(sample, row, column);
        count += !is_missing(plan, field) && tide_column_is_time(format, plan, field);
    }
    return count;
}

/* The formats that the column's texts suggest, each once, in order of appearance. */
static unsigned collect_formats(const struct tide_sample *sample, uint32_t column,
                                uint32_t first_row,
                                char formats[FORMATS_MAX][TIDE_TIME_GUESS_BYTES])
{
    unsigned count = 0;
    for (uint32_t row = first_row; row < sample->row_count; row++) {
        const struct tide_sample_field *field = tide_sample_field(sample, row, column);
        struct tide_time_guesses guesses;
        tide_time_guess(&guesses, field->text, field->bytes);
        for (unsigned i = 0; i < guesses.count; i++) {
            unsigned at = 0;
            while (at < count && strcmp(formats[at], guesses.formats[i]) != 0) at++;
            if (at < count || count == FORMATS_MAX) continue;
            memcpy(formats[count++], guesses.formats[i], TIDE_TIME_GUESS_BYTES);
        }
    }
    return count;
}

static void find_time_format(struct tide_column_facts *facts, const struct tide_sample *sample,
                             uint32_t column, uint32_t first_row, const struct tide_plan *plan)
{
    char formats[FORMATS_MAX][TIDE_TIME_GUESS_BYTES];
    memcpy(facts->time_format, "auto", sizeof "auto");
    facts->auto_times = facts->times = count_times(sample, column, first_row, plan, "auto");
    if (facts->present > 0 && facts->times == facts->present) return;
    const unsigned count = collect_formats(sample, column, first_row, formats);
    for (unsigned i = 0; i < count; i++) {
        const uint32_t times = count_times(sample, column, first_row, plan, formats[i]);
        if (times <= facts->times) continue;
        facts->times = times;
        memcpy(facts->time_format, formats[i], TIDE_TIME_GUESS_BYTES);
    }
}

void tide_column_facts_gather(struct tide_column_facts *facts, const struct tide_sample *sample,
                              uint32_t column, uint32_t first_row, const struct tide_plan *plan)
{
    static const struct tide_hash_seed seed = {
        {UINT64_C(0x452821E638D01377), UINT64_C(0xBE5466CF34E90C6C)}};
    uint8_t seen[DISTINCT_BITS / 8] = {0};
    *facts = (struct tide_column_facts){.name = {"", 0}};
    if (first_row > 0) facts->name = *tide_sample_field(sample, 0, column);
    for (uint32_t row = first_row; row < sample->row_count; row++) {
        const struct tide_sample_field *field = tide_sample_field(sample, row, column);
        facts->rows++;
        if (is_missing(plan, field)) continue;
        facts->present++;
        const bool number = is_number(field, false);
        facts->numbers += number;
        facts->comma_numbers += is_number(field, true);
        facts->fractions += number && memchr(field->text, '.', field->bytes) != NULL;
        uint64_t words[2] = {0, 0};
        if (field->bytes <= TIDE_KEY_INLINE_BYTES) memcpy(words, field->text, field->bytes);
        const uint64_t hash = field->bytes <= TIDE_KEY_INLINE_BYTES
                                  ? tide_hash_inline(&seed, words[0], words[1])
                                  : tide_hash_bytes(&seed, field->text, field->bytes);
        const uint32_t bit = (uint32_t)(hash >> 32) % DISTINCT_BITS;
        facts->distinct += !(seen[bit / 8] >> bit % 8 & 1);
        seen[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    find_time_format(facts, sample, column, first_row, plan);
}
