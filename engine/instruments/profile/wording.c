#include "engine/instruments/profile/wording.h"

#include "engine/text/escape.h"

#include <string.h>

struct tide_wording tide_wording_count(uint64_t count)
{
    struct tide_wording wording;
    char digits[TIDE_INT_TEXT_BYTES];
    const size_t bytes = tide_uint_print(digits, count);
    size_t at = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (i > 0 && (bytes - i) % 3 == 0) wording.text[at++] = ',';
        wording.text[at++] = digits[i];
    }
    wording.text[at] = '\0';
    return wording;
}

struct tide_wording tide_wording_share(uint64_t part, uint64_t whole)
{
    struct tide_wording wording;
    const double percent = whole ? (double)part * 100 / (double)whole : 0;
    int decimals = 1;
    if (part == 0 || part == whole) decimals = 0;
    else
        for (double away = percent < 50 ? percent : 100 - percent; away < 0.1 && decimals < 9;
             away *= 10)
            decimals++;
    snprintf(wording.text, sizeof wording.text, "%.*f %%", decimals, percent);
    return wording;
}

struct tide_wording tide_wording_span(uint64_t span_ms)
{
    static const struct {
        uint64_t ms, part_ms;
        const char *name, *part;
    } units[] = {
        {86400000, 3600000, "d", "h"}, {3600000, 60000, "h", "min"}, {60000, 1000, "min", "s"}};
    struct tide_wording wording;
    const double years = (double)span_ms / (365.2425 * 86400000);
    if (years >= 3) {
        snprintf(wording.text, sizeof wording.text, "%.*f years", years < 100, years);
        return wording;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (span_ms < units[i].ms) continue;
        const uint64_t whole = span_ms / units[i].ms,
                       part = span_ms % units[i].ms / units[i].part_ms;
        if (part == 0 || whole >= 100)
            snprintf(wording.text, sizeof wording.text, "%llu %s", (unsigned long long)whole,
                     units[i].name);
        else
            snprintf(wording.text, sizeof wording.text, "%llu %s %llu %s",
                     (unsigned long long)whole, units[i].name, (unsigned long long)part,
                     units[i].part);
        return wording;
    }
    if (span_ms >= 1000 && span_ms % 1000 == 0)
        snprintf(wording.text, sizeof wording.text, "%llu s", (unsigned long long)span_ms / 1000);
    else if (span_ms >= 1000)
        snprintf(wording.text, sizeof wording.text, "%.3f s", (double)span_ms / 1000);
    else if (span_ms > 0)
        snprintf(wording.text, sizeof wording.text, "%llu ms", (unsigned long long)span_ms);
    else memcpy(wording.text, "0", 2);
    return wording;
}

struct tide_wording tide_wording_time(const struct tide_zone *zone, int64_t time_ms)
{
    struct tide_wording wording;
    struct tide_time_printer printer;
    tide_time_printer_init(&printer, TIDE_TIME_PLAIN, zone);
    wording.text[tide_time_print(&printer, wording.text, time_ms)] = '\0';
    return wording;
}

struct tide_wording tide_wording_bytes(uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    struct tide_wording wording;
    double amount = (double)bytes;
    size_t unit = 0;
    for (; amount >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++) amount /= 1000;
    snprintf(wording.text, sizeof wording.text, "%.*f %s", unit > 0, amount, units[unit]);
    return wording;
}

size_t tide_wording_put(FILE *out, const char *text, size_t bytes, size_t bytes_max)
{
    size_t columns = 0;
    const size_t shown = bytes < bytes_max ? bytes : bytes_max;
    for (size_t i = 0; i < shown;) {
        const size_t length = tide_utf8_sequence(text + i, bytes - i);
        const unsigned char c = (unsigned char)text[i];
        const bool is_c1 = length == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0;
        if (length == 0 || c < ' ' || c == 0x7f || is_c1) {
            columns += (size_t)fprintf(out, "\\x%02x", c);
            i++;
            continue;
        }
        fwrite(text + i, 1, length, out);
        columns++;
        i += length;
    }
    if (shown < bytes) columns += (size_t)fprintf(out, "...");
    return columns;
}
