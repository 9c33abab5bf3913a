#include "engine/instruments/generate/damage.h"

#include "engine/instruments/generate/shape_text.h"

#include <string.h>

enum { KEY, TIME, AMOUNT };

struct kinds {
    const char *const *words; /* NULL-terminated */
    const char *forms;
    enum tide_damage first;      /* what the first word means; the others count on from there */
    unsigned unless_named_count; /* so many of them when none is named */
};

static const char *const malformed_words[] = {"malformed-time",
                                              "malformed-amount",
                                              "missing-key",
                                              "missing-time",
                                              "missing-value",
                                              "too-few-fields",
                                              "stray-quote",
                                              "too-many-decimals",
                                              "amount-out-of-range",
                                              "nul-byte",
                                              "row-too-long",
                                              "future",
                                              NULL};
static const struct kinds malformed_kinds = {
    .words = malformed_words,
    .forms = "malformed-time, malformed-amount, missing-key, missing-time, missing-value, "
             "too-few-fields, stray-quote, too-many-decimals, amount-out-of-range, nul-byte, "
             "row-too-long and future",
    .first = TIDE_MALFORMED_TIME,
    .unless_named_count = TIDE_STRAY_QUOTE - TIDE_MALFORMED_TIME + 1,
};

static const char *const missing_words[] = {"key", "time", "value", NULL};
static const struct kinds missing_kinds = {
    .words = missing_words,
    .forms = "key, time and value",
    .first = TIDE_NA_KEY,
    .unless_named_count = TIDE_NA_VALUE - TIDE_NA_KEY + 1,
};

bool tide_damage_mix_has(const struct tide_damage_mix *mix, enum tide_damage kind)
{
    for (unsigned i = 0; i < mix->kind_count; i++)
        if (mix->kinds[i] == kind) return true;
    return false;
}

static bool read_kinds(struct tide_damage_mix *mix, const struct tide_settings *settings,
                       unsigned id, const struct kinds *kinds, const char *list)
{
    for (;; list++) {
        size_t bytes = strcspn(list, ",");
        unsigned index;
        if (!tide_shape_word(settings, id, list, bytes, kinds->words, kinds->forms, &index))
            return false;
        enum tide_damage kind = (enum tide_damage)(kinds->first + index);
        if (tide_damage_mix_has(mix, kind))
            return tide_setting_refuse(settings, id, "'%s' twice", kinds->words[index]);
        mix->kinds[mix->kind_count++] = kind;
        list += bytes;
        if (!*list) return true;
    }
}

static bool read_mix(struct tide_damage_mix *mix, const struct tide_settings *settings, unsigned id,
                     const struct kinds *kinds)
{
    const char *text = tide_options_text(settings->options, id);
    size_t share_bytes = strcspn(text, ":");
    *mix = (struct tide_damage_mix){0};
    if (!tide_shape_share(settings, id, text, share_bytes, &mix->share)) return false;
    if (text[share_bytes]) return read_kinds(mix, settings, id, kinds, text + share_bytes + 1);
    for (unsigned i = 0; i < kinds->unless_named_count; i++)
        mix->kinds[mix->kind_count++] = (enum tide_damage)(kinds->first + i);
    return true;
}

bool tide_malformed_read(struct tide_damage_mix *mix, const struct tide_settings *settings,
                         unsigned id)
{
    return read_mix(mix, settings, id, &malformed_kinds);
}

bool tide_missing_read(struct tide_damage_mix *mix, const struct tide_settings *settings,
                       unsigned id)
{
    return read_mix(mix, settings, id, &missing_kinds);
}

static void append(struct tide_row_fields *fields, unsigned field, const char *text, size_t bytes)
{
    TIDE_ASSERT(fields->bytes[field] + bytes <= TIDE_ROW_FIELD_BYTES);
    memcpy(fields->text[field] + fields->bytes[field], text, bytes);
    fields->bytes[field] += bytes;
}

static void replace(struct tide_row_fields *fields, unsigned field, const char *text)
{
    fields->bytes[field] = 0;
    append(fields, field, text, strlen(text));
}

/* Some of the texts that pandas' read_csv, and a run, take for missing. */
static const char *draw_na(uint64_t detail)
{
    static const char *const texts[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"};
    return texts[detail % (sizeof texts / sizeof *texts)];
}

/* Decimals and digits are more than any scale allows: 19 after the point, 28 before it. */
void tide_damage_do(enum tide_damage damage, uint64_t detail, struct tide_row_fields *fields)
{
    switch (damage) {
    case TIDE_MALFORMED_TIME:
        replace(fields, TIME, "2024-02-30 10:00:00");
        break;
    case TIDE_MALFORMED_AMOUNT:
        append(fields, AMOUNT, ".7", 2);
        break;
    case TIDE_MISSING_KEY:
        replace(fields, KEY, "");
        break;
    case TIDE_MISSING_TIME:
        replace(fields, TIME, "");
        break;
    case TIDE_MISSING_VALUE:
        replace(fields, AMOUNT, "");
        break;
    case TIDE_TOO_FEW_FIELDS:
        fields->count = AMOUNT;
        break;
    case TIDE_STRAY_QUOTE:
        append(fields, AMOUNT, "\"", 1);
        break;
    case TIDE_TOO_MANY_DECIMALS:
        append(fields, AMOUNT, "00000000000000001", 17);
        break;
    case TIDE_AMOUNT_OUT_OF_RANGE:
        replace(fields, AMOUNT, "1000000000000000000000000000");
        break;
    case TIDE_NUL_BYTE:
        append(fields, KEY, "", 1);
        break;
    case TIDE_ROW_TOO_LONG:
        fields->has_filler = true;
        break;
    case TIDE_NA_KEY:
        replace(fields, KEY, draw_na(detail));
        break;
    case TIDE_NA_TIME:
        replace(fields, TIME, draw_na(detail));
        break;
    case TIDE_NA_VALUE:
        replace(fields, AMOUNT, draw_na(detail));
        break;
    case TIDE_FUTURE:
    case TIDE_DAMAGE_NONE:
    case TIDE_DAMAGE_COUNT:
        break;
    }
}
