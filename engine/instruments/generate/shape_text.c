#include "engine/instruments/generate/shape_text.h"

#include "engine/plan/nearest.h"
#include "engine/text/decimal.h"

#include <string.h>

bool tide_shape_word(const struct tide_settings *settings, unsigned id, const char *text,
                     size_t bytes, const char *const words[], const char *forms, unsigned *index)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, text, bytes);
    for (unsigned i = 0; words[i]; i++) {
        if (strlen(words[i]) == bytes && memcmp(words[i], text, bytes) == 0) {
            *index = i;
            return true;
        }
        tide_nearest_offer(&nearest, words[i]);
    }
    return tide_setting_refuse(settings, id, "unknown '%.*s'%s%s%s; there are %s", (int)bytes, text,
                               nearest.name ? ", did you mean " : "",
                               nearest.name ? nearest.name : "", nearest.name ? "?" : "", forms);
}

bool tide_shape_number(const struct tide_settings *settings, unsigned id, const char *text,
                       size_t bytes, const struct tide_shape_number *number, uint64_t *units)
{
    struct tide_decimal_format format = {.scale = number->scale};
    tide_int128 value = -1;
    /* The reader of amounts also takes signs, currencies and exponents. */
    bool is_plain = bytes > 0 && strspn(text, "0123456789.") >= bytes;
    if (is_plain && tide_decimal_parse(&format, text, bytes, &value) == TIDE_DECIMAL_OK &&
        value >= (tide_int128)number->least && value <= (tide_int128)number->most) {
        *units = (uint64_t)value;
        return true;
    }
    char least[TIDE_DECIMAL_TEXT_BYTES + 1], most[TIDE_DECIMAL_TEXT_BYTES + 1];
    least[tide_decimal_print(least, number->least, number->scale)] = '\0';
    most[tide_decimal_print(most, number->most, number->scale)] = '\0';
    return tide_setting_refuse(settings, id,
                               "'%.*s' is no %s: a number from %s to %s, of at most %u decimals",
                               (int)bytes, text, number->what, least, most, number->scale);
}

bool tide_shape_share(const struct tide_settings *settings, unsigned id, const char *text,
                      size_t bytes, uint32_t *share)
{
    if (bytes > 0 && text[bytes - 1] == '%') bytes--;
    return tide_setting_percent(settings, id, text, bytes, share);
}
