#include "engine/text/decimal.h"
#include "engine/text/time.h"

#include <string.h>

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

static char *put_two(char *out, unsigned value)
{
    *out++ = (char)('0' + value / 10);
    *out++ = (char)('0' + value % 10);
    return out;
}

static char *put_year(char *out, int64_t year)
{
    if (year < 0) *out++ = '-';
    uint64_t magnitude = year < 0 ? (uint64_t)-year : (uint64_t)year;
    for (uint64_t least = 1000; magnitude < least && least > 1; least /= 10) *out++ = '0';
    return out + tide_uint_print(out, magnitude);
}

/* YYYY-MM-DD of a day number. Algorithm: civil from days (H. Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms"): eras of 400 years that begin in March of year 0. */
static char *put_date(char *out, int64_t day)
{
    int64_t shifted = day + 719468, era = floor_divide(shifted, 146097);
    unsigned day_of_era = (unsigned)(shifted - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month_from_march = (5 * day_of_year + 2) / 153;
    unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    out = put_year(out, year_of_era + era * 400 + (month <= 2));
    *out++ = '-';
    out = put_two(out, month);
    *out++ = '-';
    return put_two(out, day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

/* Z or ±hh:mm; returns its bytes. */
static unsigned put_offset(char *out, int32_t offset_s)
{
    if (offset_s == 0) {
        *out = 'Z';
        return 1;
    }
    unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;
    char *at = out;
    *at++ = offset_s < 0 ? '-' : '+';
    at = put_two(at, minutes / 60);
    *at++ = ':';
    at = put_two(at, minutes % 60);
    return (unsigned)(at - out);
}

static int32_t printed_offset_s(const struct tide_time_printer *printer, int64_t utc_s)
{
    int32_t offset_s = tide_zone_offset_s(printer->zone, utc_s);
    return printer->style == TIDE_TIME_ISO ? offset_s - offset_s % 60 : offset_s;
}

/* May the text of this minute stand for all its times? Not where an old zone changes within it, and
 * not at the ends of 64 bits, where the next time wraps into it. */
static bool is_whole_minute(const struct tide_time_printer *printer, int64_t start_s,
                            int32_t offset_s)
{
    if (start_s < INT64_MIN / 1000 || start_s > INT64_MAX / 1000 - 60) return false;
    return printed_offset_s(printer, start_s) == offset_s &&
           printed_offset_s(printer, start_s + 59) == offset_s;
}

/* The product wraps at the ends of 64 bits, and the difference that is taken of it wraps back. */
static void remember_minute(struct tide_time_printer *printer, int64_t time_ms)
{
    int64_t utc_s = floor_divide(time_ms, 1000);
    int32_t offset_s = printed_offset_s(printer, utc_s);
    int64_t local_minute = floor_divide(utc_s + offset_s, 60);
    int64_t start_s = local_minute * 60 - offset_s;
    printer->minute_ms = (int64_t)((uint64_t)start_s * 1000);
    printer->minute_span_ms = is_whole_minute(printer, start_s, offset_s) ? 60 * 1000 : 0;
    int64_t day = floor_divide(local_minute, 24 * 60);
    unsigned minute_of_day = (unsigned)(local_minute - day * 24 * 60);
    char *at = put_date(printer->minute_text, day);
    *at++ = printer->style == TIDE_TIME_ISO ? 'T' : ' ';
    at = put_two(at, minute_of_day / 60);
    *at++ = ':';
    at = put_two(at, minute_of_day % 60);
    *at++ = ':';
    printer->minute_bytes = (unsigned)(at - printer->minute_text);
    if (printer->style == TIDE_TIME_ISO)
        printer->suffix_bytes = put_offset(printer->suffix, offset_s);
}

void tide_time_printer_init(struct tide_time_printer *printer, enum tide_time_style style,
                            const struct tide_zone *zone)
{
    *printer = (struct tide_time_printer){.style = style, .zone = zone};
}

size_t tide_time_print(struct tide_time_printer *printer, char *out, int64_t time_ms)
{
    if (printer->style == TIDE_TIME_STYLE_EPOCH_MS) return tide_int_print(out, time_ms);
    uint64_t within_ms = (uint64_t)time_ms - (uint64_t)printer->minute_ms;
    if (TIDE_UNLIKELY(within_ms >= printer->minute_span_ms)) {
        remember_minute(printer, time_ms);
        within_ms = (uint64_t)time_ms - (uint64_t)printer->minute_ms;
    }
    unsigned ms = (unsigned)within_ms;
    memcpy(out, printer->minute_text, sizeof printer->minute_text);
    char *at = put_two(out + printer->minute_bytes, ms / 1000);
    ms %= 1000;
    if (ms > 0) {
        *at++ = '.';
        *at++ = (char)('0' + ms / 100);
        at = put_two(at, ms % 100);
    }
    memcpy(at, printer->suffix, sizeof printer->suffix);
    return (size_t)(at - out) + printer->suffix_bytes;
}
