#include "engine/text/time_pattern.h"

#include "engine/text/time.h"

#include <string.h>
#include <strings.h>

/* The parts of a time, as bits: which ones a conversion gives. */
enum part {
    PART_YEAR = 1,
    PART_MONTH = 2,
    PART_DAY = 4,
    PART_HOUR = 8,
    PART_MINUTE = 16,
    PART_SECOND = 32,
    PART_FRACTION = 64,
    PART_HALF = 128, /* of the day */
    PART_ZONE = 256,
};

static const struct {
    char letter;
    unsigned parts;
} conversions[] = {
    {'Y', PART_YEAR},
    {'y', PART_YEAR},
    {'m', PART_MONTH},
    {'b', PART_MONTH},
    {'d', PART_DAY},
    {'H', PART_HOUR},
    {'I', PART_HOUR},
    {'p', PART_HALF},
    {'M', PART_MINUTE},
    {'S', PART_SECOND},
    {'f', PART_FRACTION},
    {'z', PART_ZONE},
    {'%', 0},
    {'j', PART_MONTH | PART_DAY},
};

bool tide_time_pattern_check(const char *pattern, struct tide_error *error)
{
    unsigned seen = 0;
    for (const char *at = pattern; (at = strchr(at, '%')) != NULL; at += 2) {
        size_t i = 0, count = sizeof conversions / sizeof *conversions;
        while (i < count && conversions[i].letter != at[1]) i++;
        if (i == count)
            return tide_error_set(error, TIDE_EXIT_USAGE,
                                  "time format '%s': '%%%.1s' is none of %%Y %%y %%m %%d %%b %%H "
                                  "%%I %%p %%M %%S %%f %%z %%j %%%%",
                                  pattern, at + 1);
        if (seen & conversions[i].parts)
            return tide_error_set(error, TIDE_EXIT_USAGE,
                                  "time format '%s': '%%%c' gives a part of the time that stands "
                                  "there already",
                                  pattern, at[1]);
        seen |= conversions[i].parts;
    }
    if (seen) return true;
    return tide_error_set(error, TIDE_EXIT_USAGE, "time format '%s' reads no part of a time",
                          pattern);
}

/* The text still to be read, and what has been read. */
struct reading {
    const char *at, *end;
    unsigned year, month, day, hour, minute, second, ms;
    unsigned day_of_year; /* 0: month and day say it */
    bool twelve_hours, afternoon, has_offset;
    int32_t offset_s;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* As many digits as keep the number within `high`, digits_min to digits_max of them. */
static bool read_number(struct reading *r, unsigned digits_min, unsigned digits_max, unsigned high,
                        unsigned *number)
{
    unsigned value = 0, digits = 0;
    while (digits < digits_max && r->at < r->end && is_digit(*r->at)) {
        unsigned next = value * 10 + (unsigned)(*r->at - '0');
        if (next > high) break;
        value = next;
        digits++;
        r->at++;
    }
    *number = value;
    return digits >= digits_min;
}

static bool read_short_year(struct reading *r)
{
    if (!read_number(r, 2, 2, 99, &r->year)) return false;
    r->year += r->year < 69 ? 2000 : 1900;
    return true;
}

static bool read_month_name(struct reading *r)
{
    static const char names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (r->end - r->at < 3) return false;
    for (r->month = 1; r->month <= 12; r->month++) {
        if (strncasecmp(r->at, names[r->month - 1], 3) != 0) continue;
        r->at += 3;
        return true;
    }
    return false;
}

static bool read_half(struct reading *r)
{
    if (r->end - r->at < 2) return false;
    r->afternoon = strncasecmp(r->at, "PM", 2) == 0;
    bool known = r->afternoon || strncasecmp(r->at, "AM", 2) == 0;
    r->at += 2;
    return known;
}

static bool read_fraction(struct reading *r)
{
    const char *digits = r->at;
    for (unsigned weight = 100; r->at < r->end && is_digit(*r->at); weight /= 10, r->at++)
        r->ms += weight * (unsigned)(*r->at - '0');
    return r->at > digits;
}

/* Z, +hh, +hhmm or +hh:mm, brought into the last form. */
static bool read_offset(struct reading *r)
{
    r->has_offset = true;
    if (r->at < r->end && *r->at == 'Z') {
        r->at++;
        return true;
    }
    char text[TIDE_ZONE_OFFSET_BYTES] = "+00:00";
    if (r->end - r->at < 3) return false;
    memcpy(text, r->at, 3);
    r->at += 3;
    const char *minutes = r->at;
    if (minutes < r->end && *minutes == ':') minutes++;
    if (r->end - minutes >= 2 && is_digit(minutes[0]) && is_digit(minutes[1])) {
        memcpy(text + 4, minutes, 2);
        r->at = minutes + 2;
    }
    return tide_zone_offset_read(text, &r->offset_s);
}

static bool read_conversion(struct reading *r, char letter)
{
    switch (letter) {
    case 'Y':
        return read_number(r, 4, 4, 9999, &r->year);
    case 'y':
        return read_short_year(r);
    case 'm':
        return read_number(r, 1, 2, 12, &r->month);
    case 'b':
        return read_month_name(r);
    case 'd':
        return read_number(r, 1, 2, 31, &r->day);
    case 'j':
        return read_number(r, 1, 3, 366, &r->day_of_year) && r->day_of_year > 0;
    case 'H':
        return read_number(r, 1, 2, 23, &r->hour);
    case 'I':
        r->twelve_hours = true;
        return read_number(r, 1, 2, 12, &r->hour) && r->hour > 0;
    case 'p':
        return read_half(r);
    case 'M':
        return read_number(r, 1, 2, 59, &r->minute);
    case 'S':
        return read_number(r, 1, 2, 59, &r->second);
    case 'f':
        return read_fraction(r);
    case 'z':
        return read_offset(r);
    default:
        return r->at < r->end && *r->at++ == letter; /* %% */
    }
}

/* Blanks at either end of a pattern fit nothing, for the text has been trimmed. */
static bool read_blanks(struct reading *r, bool at_either_end)
{
    const char *start = r->at;
    while (r->at < r->end && is_blank(*r->at)) r->at++;
    return at_either_end || r->at > start;
}

static bool read_by_pattern(struct reading *r, const char *pattern)
{
    for (const char *at = pattern; *at;) {
        if (*at == '%') {
            if (!read_conversion(r, at[1])) return false;
            at += 2;
        } else if (is_blank(*at)) {
            bool first = at == pattern;
            while (is_blank(*at)) at++;
            if (!read_blanks(r, first || !*at)) return false;
        } else {
            if (r->at == r->end || *r->at++ != *at++) return false;
        }
    }
    return r->at == r->end;
}

bool tide_time_pattern_parse(const char *pattern, const struct tide_zone *zone, const char *text,
                             const char *end, int64_t *time_ms)
{
    enum { DAY_MS = 24 * 3600 * 1000 };
    struct reading r = {.at = text, .end = end, .year = 1900, .month = 1, .day = 1};
    if (!read_by_pattern(&r, pattern)) return false;
    int64_t day_ms, next_year_ms;
    if (!tide_time_day_ms(r.year, r.month, r.day, &day_ms)) return false;
    if (r.day_of_year > 0) {
        day_ms += (int64_t)(r.day_of_year - 1) * DAY_MS;
        if (!tide_time_day_ms(r.year + 1, 1, 1, &next_year_ms) || day_ms >= next_year_ms)
            return false;
    }
    if (r.twelve_hours) r.hour = r.hour % 12 + (r.afternoon ? 12 : 0);
    int64_t local_s = day_ms / 1000 + r.hour * 3600 + r.minute * 60 + r.second;
    int64_t utc_s = r.has_offset ? local_s - r.offset_s : tide_zone_utc_s(zone, local_s);
    *time_ms = utc_s * 1000 + r.ms;
    return true;
}
