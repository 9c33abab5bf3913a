/* Is a text read as the time it says, in every form and zone, and does a time print as libc has it
 * and read back as itself? */
#include "tests/fuzz/target.h"

#include "engine/text/time.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

enum {
    TEXT_BYTES_MAX = 120,
    DATE_BYTES = 10,
    SECONDS_BYTES = 19,
    PRINTED_BYTES = TIDE_TIME_TEXT_BYTES + 1,
    YEAR_MAX = 1000000, /* libc counts days in an int */
};

static const char *const zones[] = {
    "UTC",
    "+05:30",
    "-23:59",
    "Europe/London",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kolkata",
    "Africa/Monrovia",
};
enum { ZONES = sizeof zones / sizeof zones[0] };

static struct tide_zone utc;

static bool is_text(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    return a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0;
}

static struct tide_time_format format_of(const char *text, const struct tide_zone *zone)
{
    struct tide_time_format format;
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    FUZZ_CHECK(tide_time_format_init(&format, text, zone, &error));
    return format;
}

static bool reads_as(const char *form, const struct tide_zone *zone, const char *text, size_t bytes,
                     int64_t *time_ms)
{
    struct tide_time_format format = format_of(form, zone);
    return tide_time_parse(&format, text, bytes, time_ms);
}

/* --- printing
 * ------------------------------------------------------------------------------------- */

static size_t print(enum tide_time_style style, const struct tide_zone *zone, char *out,
                    int64_t time_ms)
{
    struct tide_time_printer printer;
    tide_time_printer_init(&printer, style, zone);
    size_t bytes = tide_time_print(&printer, out, time_ms);
    FUZZ_CHECK(bytes < TIDE_TIME_TEXT_BYTES);
    return bytes;
}

/* The same as libc has it; false where libc has no answer. */
static bool print_slowly(const struct tide_zone *zone, char *out, size_t room, int64_t time_ms)
{
    int64_t seconds = time_ms / 1000, ms = time_ms % 1000;
    if (ms < 0) {
        seconds--;
        ms += 1000;
    }
    time_t instant = seconds + (zone->fixed ? zone->fixed_offset_s : 0);
    struct tm fields;
    if (!(zone->fixed ? gmtime_r(&instant, &fields) : localtime_r(&instant, &fields))) return false;
    long year = fields.tm_year + 1900L;
    if (year > YEAR_MAX || year < -YEAR_MAX) return false;
    int bytes =
        snprintf(out, room, "%s%04ld-%02d-%02d %02d:%02d:%02d", year < 0 ? "-" : "", labs(year),
                 fields.tm_mon + 1, fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec);
    if (ms > 0) snprintf(out + bytes, room - (size_t)bytes, ".%03d", (int)ms);
    return true;
}

/* A printer that remembers its last minute prints as one that does not. */
static void check_memory(const struct tide_zone *zone, enum tide_time_style style, int64_t time_ms)
{
    static const int64_t steps_ms[] = {0, 1, 999, -1000, 15000, 43000, 60000, -1, 3600000};
    struct tide_time_printer printer;
    tide_time_printer_init(&printer, style, zone);
    for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++) {
        char text[PRINTED_BYTES], fresh[PRINTED_BYTES];
        time_ms = (int64_t)((uint64_t)time_ms + (uint64_t)steps_ms[i]);
        size_t bytes = tide_time_print(&printer, text, time_ms);
        FUZZ_CHECK(is_text(text, bytes, fresh, print(style, zone, fresh, time_ms)));
    }
}

static bool has_plain_year(const char *text)
{
    return text[0] != '-' && text[4] == '-';
}

static void check_print(const struct tide_zone *zone, int64_t time_ms)
{
    const int64_t limit_ms = (int64_t)1 << 62;
    char text[PRINTED_BYTES], expected[2 * PRINTED_BYTES], again[PRINTED_BYTES];
    int64_t read_ms;
    size_t bytes = print(TIDE_TIME_PLAIN, zone, text, time_ms);
    if (print_slowly(zone, expected, sizeof expected, time_ms))
        FUZZ_CHECK(is_text(text, bytes, expected, strlen(expected)));
    if (has_plain_year(text)) { /* where clocks go back two times read alike */
        FUZZ_CHECK(reads_as("auto", zone, text, bytes, &read_ms));
        FUZZ_CHECK(is_text(text, bytes, again, print(TIDE_TIME_PLAIN, zone, again, read_ms)));
        FUZZ_CHECK(zone->fixed ? read_ms == time_ms : read_ms <= time_ms);
    }
    bytes = print(TIDE_TIME_ISO, zone, text, time_ms);
    if (has_plain_year(text))
        FUZZ_CHECK(reads_as("auto", &utc, text, bytes, &read_ms) && read_ms == time_ms);
    bytes = print(TIDE_TIME_STYLE_EPOCH_MS, zone, text, time_ms);
    bool is_read = reads_as("epoch-ms", zone, text, bytes, &read_ms);
    FUZZ_CHECK(is_read == (time_ms >= -limit_ms && time_ms <= limit_ms));
    FUZZ_CHECK(!is_read || read_ms == time_ms);
    check_memory(zone, TIDE_TIME_PLAIN, time_ms);
    check_memory(zone, TIDE_TIME_ISO, time_ms);
}

/* --- reading
 * -------------------------------------------------------------------------------------- */

/* The earliest instant that the zone's clocks show so; where they skip it, as if the offset from
 * before still held. Tries every offset in force within a day. */
static int64_t utc_slowly(const struct tide_zone *zone, int64_t local_s)
{
    enum { HOUR_S = 3600, HOURS = 26 };
    int64_t earliest_s = INT64_MAX;
    for (int64_t hour = -HOURS; hour <= HOURS; hour++) {
        int32_t offset_s = tide_zone_offset_s(zone, local_s + hour * HOUR_S);
        int64_t instant_s = local_s - offset_s;
        if (tide_zone_offset_s(zone, instant_s) == offset_s && instant_s < earliest_s)
            earliest_s = instant_s;
    }
    if (earliest_s < INT64_MAX) return earliest_s;
    return local_s - tide_zone_offset_s(zone, local_s - HOURS * HOUR_S);
}

/* The pattern that says what `auto` has taken. */
static void pattern_of(const char *text, size_t bytes, char *pattern)
{
    bool has_clock = bytes > DATE_BYTES;
    bool has_fraction = bytes > SECONDS_BYTES && text[SECONDS_BYTES] == '.';
    char last = text[bytes - 1];
    bool has_zone = has_clock && (last == 'Z' || text[bytes - 6] == '+' ||
                                  (bytes > SECONDS_BYTES && text[bytes - 6] == '-'));
    snprintf(pattern, TEXT_BYTES_MAX, "%%Y-%%m-%%d%s%s%s",
             !has_clock                ? ""
             : text[DATE_BYTES] == 'T' ? "T%H:%M:%S"
                                       : " %H:%M:%S",
             has_fraction ? ".%f" : "", has_zone ? "%z" : "");
}

static void check_auto(const struct tide_zone *zone, const char *text, size_t bytes,
                       int64_t time_ms)
{
    for (; bytes > 0 && (*text == ' ' || *text == '\t'); text++) bytes--;
    while (bytes > 0 && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t')) bytes--;
    FUZZ_CHECK(bytes >= DATE_BYTES);
    char pattern[TEXT_BYTES_MAX], plain[SECONDS_BYTES + 1] = "YYYY-MM-DD 00:00:00";
    int64_t read_ms;
    pattern_of(text, bytes, pattern);
    FUZZ_CHECK(reads_as(pattern, zone, text, bytes, &read_ms) && read_ms == time_ms);
    if (bytes != DATE_BYTES && bytes != SECONDS_BYTES) return;
    char printed[PRINTED_BYTES];
    memcpy(plain, text, bytes);
    plain[DATE_BYTES] = ' ';
    FUZZ_CHECK(reads_as("auto", &utc, text, bytes, &read_ms));
    FUZZ_CHECK(time_ms == 1000 * utc_slowly(zone, read_ms / 1000));
    FUZZ_CHECK(
        is_text(plain, SECONDS_BYTES, printed, print(TIDE_TIME_PLAIN, &utc, printed, read_ms)));
}

/* Where libc's strptime takes the text too, both have read the same. */
static void check_pattern(const struct tide_zone *zone, const char *pattern, const char *text,
                          size_t bytes, int64_t time_ms)
{
    char line[TEXT_BYTES_MAX + 1];
    struct tm fields = {.tm_mday = 1};
    if (strstr(pattern, "%f") || strstr(pattern, "%%") || memchr(text, '\0', bytes)) return;
    bool has_year = strstr(pattern, "%Y") || strstr(pattern, "%y");
    if (strstr(pattern, "%j") && !has_year) return; /* libc then leaves month and day alone */
    for (; bytes > 0 && (*text == ' ' || *text == '\t'); text++) bytes--;
    while (bytes > 0 && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t')) bytes--;
    memcpy(line, text, bytes);
    line[bytes] = '\0';
    const char *end = strptime(line, pattern, &fields);
    if (!end || *end) return;
    long offset_s = fields.tm_gmtoff;
    int64_t local_s = timegm(&fields); /* resets the offset */
    bool has_zone = strstr(pattern, "%z") != NULL;
    FUZZ_CHECK(time_ms == 1000 * (has_zone ? local_s - offset_s : utc_slowly(zone, local_s)));
}

/* Blanks around change nothing. */
static void check_trimmed(const struct tide_time_format *format, const char *text, size_t bytes,
                          bool is_read, int64_t time_ms)
{
    char padded[TEXT_BYTES_MAX + 4] = " \t";
    int64_t read_ms;
    memcpy(padded + 2, text, bytes);
    memcpy(padded + 2 + bytes, "\t ", 2);
    FUZZ_CHECK(tide_time_parse(format, padded, bytes + 4, &read_ms) == is_read);
    FUZZ_CHECK(!is_read || read_ms == time_ms);
}

/* The text's first line is a pattern, or it is all read in one of the forms. */
static void check_text(struct feed *feed, const struct tide_zone *zone, unsigned form)
{
    static const char *const forms[] = {"auto", "epoch-s", "epoch-ms", "epoch-us"};
    char line[TEXT_BYTES_MAX + 1] = "auto", text[TEXT_BYTES_MAX];
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_time_format format;
    size_t bytes = feed->bytes < TEXT_BYTES_MAX ? feed->bytes : TEXT_BYTES_MAX, line_bytes = 0;
    memcpy(text, feed->text, bytes);
    if (form < 4) snprintf(line, sizeof line, "%s", forms[form]);
    else {
        while (line_bytes < bytes && text[line_bytes] != '\n') line_bytes++;
        memcpy(line, text, line_bytes);
        line[line_bytes] = '\0';
        line_bytes += line_bytes < bytes;
    }
    if (!tide_time_format_init(&format, line, zone, &error)) {
        FUZZ_CHECK(form == 4 && error.exit == TIDE_EXIT_USAGE && error.text[0]);
        return;
    }
    int64_t time_ms = 0;
    bool is_read = tide_time_parse(&format, text + line_bytes, bytes - line_bytes, &time_ms);
    check_trimmed(&format, text + line_bytes, bytes - line_bytes, is_read, time_ms);
    if (!is_read) return;
    check_print(zone, time_ms);
    if (form == 0) check_auto(zone, text, bytes, time_ms);
    if (form == 4) check_pattern(zone, line, text + line_bytes, bytes - line_bytes, time_ms);
}

/* Any name: a zone, or refused by name. */
static void check_zone(struct feed *feed)
{
    char name[TEXT_BYTES_MAX + 1];
    struct tide_zone zone;
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    int64_t time_ms = (int64_t)feed_number(feed, 1 << 16) * feed_number(feed, 1 << 16) * 500000;
    size_t bytes = feed->bytes < TEXT_BYTES_MAX ? feed->bytes : TEXT_BYTES_MAX;
    memcpy(name, feed->text, bytes);
    name[bytes] = '\0';
    if (tide_zone_init(&zone, name, &error)) check_print(&zone, time_ms);
    else FUZZ_CHECK(error.exit == TIDE_EXIT_USAGE && error.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct feed feed = {(const char *)data, bytes};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_zone zone;
    unsigned kind = feed_number(&feed, 7);
    FUZZ_CHECK(tide_zone_init(&utc, "UTC", &error));
    FUZZ_CHECK(tide_zone_init(&zone, zones[feed_number(&feed, ZONES)], &error));
    if (kind < 5) check_text(&feed, &zone, kind);
    else if (kind == 5) check_zone(&feed);
    else if (feed.bytes >= sizeof(int64_t)) {
        int64_t time_ms;
        unsigned shift = feed_number(&feed, 64);
        memcpy(&time_ms, data, sizeof time_ms);
        check_print(&zone, time_ms >> shift);
    }
    return 0;
}
