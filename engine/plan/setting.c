#include "engine/plan/setting.h"

#include "engine/plan/duration.h"
#include "engine/plan/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tide_setting_refuse(const struct tide_settings *settings, unsigned id, const char *format, ...)
{
    char reason[TIDE_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    const struct tide_options *options = settings->options;
    const char *name = tide_option_at(options->set, id)->name;
    const struct tide_given *given = tide_options_given(options, id);
    /* Of a repeatable option any line may be meant; the reason quotes the text. */
    if (given && given->line > 0 && tide_option_at(options->set, id)->repeatable)
        return tide_error_set(settings->error, TIDE_EXIT_USAGE, "%s: %s: %s", options->config_file,
                              name, reason);
    if (given && given->line > 0)
        return tide_error_set(settings->error, TIDE_EXIT_USAGE, "%s:%u: %s: %s",
                              options->config_file, given->line, name, reason);
    return tide_error_set(settings->error, TIDE_EXIT_USAGE, "--%s: %s", name, reason);
}

bool tide_setting_pass_on(const struct tide_settings *settings, unsigned id,
                          const struct tide_error *cause)
{
    if (cause->exit == TIDE_EXIT_USAGE) return tide_setting_refuse(settings, id, "%s", cause->text);
    return tide_error_set(settings->error, cause->exit, "%s", cause->text);
}

static bool read_uint(const char *text, uint64_t most, uint64_t *value)
{
    uint64_t number = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits]) return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (digit > most || number > (most - digit) / 10) return false;
        number = number * 10 + digit;
    }
    *value = number;
    return true;
}

bool tide_setting_uint(const struct tide_settings *settings, unsigned id, uint64_t least,
                       uint64_t most, uint64_t *value)
{
    const char *text = tide_options_text(settings->options, id);
    if (read_uint(text, most, value) && *value >= least) return true;
    const char *fallback = tide_option_at(settings->options->set, id)->fallback;
    bool has_word = fallback && strspn(fallback, "0123456789") == 0;
    return tide_setting_refuse(settings, id, "'%s' is no whole number from %llu to %llu%s%s", text,
                               (unsigned long long)least, (unsigned long long)most,
                               has_word ? ", or " : "", has_word ? fallback : "");
}

bool tide_setting_duration(const struct tide_settings *settings, unsigned id, const char *none,
                           int64_t none_ms, int64_t *duration_ms)
{
    const char *text = tide_options_text(settings->options, id);
    if (none && strcmp(text, none) == 0) {
        *duration_ms = none_ms;
        return true;
    }
    struct tide_error cause = {0};
    if (tide_duration_parse(text, strlen(text), duration_ms, &cause)) return true;
    if (none) return tide_setting_refuse(settings, id, "%s, or %s", cause.text, none);
    return tide_setting_pass_on(settings, id, &cause);
}

bool tide_setting_size(const struct tide_settings *settings, unsigned id, const char *none,
                       uint64_t none_bytes, uint64_t *bytes)
{
    static const char units[] = "KkMmGg";
    enum { DIGITS_MAX = 18 }; /* fit 64 bits */
    const char *text = tide_options_text(settings->options, id);
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)((unit - units) / 2 + 1) : 0;
    if (strcmp(text, none) == 0) {
        *bytes = none_bytes;
        return true;
    }
    if (digits == 0 || digits > DIGITS_MAX || strlen(text) != digits + (unit != NULL))
        return tide_setting_refuse(
            settings, id, "'%s' is no size; write one such as 512M or 2G, or %s", text, none);
    uint64_t count = strtoull(text, NULL, 10);
    if (count == 0 || count > (uint64_t)INT64_MAX >> shift)
        return tide_setting_refuse(settings, id, "%s is not between 1 byte and 8 EiB", text);
    *bytes = count << shift;
    return true;
}

bool tide_setting_word(const struct tide_settings *settings, unsigned id, const char *const words[],
                       unsigned *index)
{
    const char *text = tide_options_text(settings->options, id);
    char list[256] = "";
    size_t used = 0;
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, text, strlen(text));
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *index = i;
            return true;
        }
        tide_nearest_offer(&nearest, words[i]);
        int wrote = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
        used += (size_t)wrote < sizeof list - used ? (size_t)wrote : sizeof list - used - 1;
    }
    if (nearest.name)
        return tide_setting_refuse(settings, id, "unknown '%s'; did you mean %s? There are %s",
                                   text, nearest.name, list);
    return tide_setting_refuse(settings, id, "unknown '%s'; there are %s", text, list);
}

bool tide_setting_percent(const struct tide_settings *settings, unsigned id, const char *text,
                          size_t bytes, uint32_t *millionths)
{
    const uint64_t whole = 100 * UINT64_C(1000000);
    uint64_t value = 0, unit = 1000000;
    bool digit_seen = false, point_seen = false, ok = true;
    for (size_t i = 0; i < bytes && ok; i++) {
        if (text[i] == '.' && !point_seen) {
            point_seen = true;
            continue;
        }
        ok = text[i] >= '0' && text[i] <= '9';
        digit_seen = true;
        if (point_seen) unit /= 10;
        uint64_t digit = (uint64_t)(text[i] - '0');
        value = point_seen ? value + digit * unit : value * 10 + digit * unit;
        ok = ok && unit > 0 && value <= whole;
    }
    if (!ok || !digit_seen)
        return tide_setting_refuse(
            settings, id, "'%.*s' is no percentage from 0 to 100 with at most six decimals",
            (int)bytes, text);
    *millionths = (uint32_t)value;
    return true;
}

bool tide_setting_delimiter(const struct tide_settings *settings, unsigned id, char *delimiter)
{
    const char *text = tide_options_text(settings->options, id);
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) text = "\t";
    if (strlen(text) != 1)
        return tide_setting_refuse(settings, id,
                                   "'%s' is not one byte; write one, such as ; or |, or tab", text);
    if (strchr("\"\r\n", *text))
        return tide_setting_refuse(settings, id,
                                   "a quote or a line end cannot stand between fields");
    *delimiter = *text;
    return true;
}
