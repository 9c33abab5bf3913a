#include "engine/plan/duration.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"ms", 1},          {"s", 1000},        {"m", 60 * 1000},
             {"min", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};

static int64_t unit_ms(const char *text, size_t bytes)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strlen(units[i].name) == bytes && memcmp(units[i].name, text, bytes) == 0)
            return units[i].ms;
    return 0;
}

bool tide_duration_parse(const char *text, size_t bytes, int64_t *duration_ms,
                         struct tide_error *error)
{
    const int64_t longest_ms = (int64_t)1 << 62;
    int64_t count = 0;
    bool too_long = false;
    size_t digits = 0;
    for (; digits < bytes && text[digits] >= '0' && text[digits] <= '9'; digits++) {
        int digit = text[digits] - '0';
        if (count > (longest_ms - digit) / 10) too_long = true;
        if (!too_long) count = count * 10 + digit;
    }
    int64_t unit = unit_ms(text + digits, bytes - digits);
    if (digits == bytes && count == 0 && !too_long) unit = 1;
    if (digits == 0 || unit == 0)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "'%.*s' is no duration; write a whole number and ms, s, m, min, h or "
                              "d, as in 10s, or 0",
                              (int)bytes, text);
    if (too_long || count > longest_ms / unit)
        return tide_error_set(error, TIDE_EXIT_USAGE, "'%.*s' is too long; at most 2^62 ms",
                              (int)bytes, text);
    *duration_ms = count * unit;
    return true;
}

void tide_duration_text(char *out, int64_t duration_ms)
{
    size_t i = sizeof units / sizeof units[0] - 1;
    if (duration_ms == 0) {
        memcpy(out, "0", 2);
        return;
    }
    while (duration_ms % units[i].ms != 0) i--;
    snprintf(out, TIDE_DURATION_TEXT_BYTES, "%lld%s", (long long)(duration_ms / units[i].ms),
             units[i].name);
}
