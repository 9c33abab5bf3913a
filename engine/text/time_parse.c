#include "engine/text/decimal.h"
#include "engine/text/time.h"
#include "engine/text/time_pattern.h"

#include <string.h>

enum { DAY_MS = 24 * 3600 * 1000, DATE_BYTES = 10, SECONDS_BYTES = 19 };

static const char *const words[] = {[TIDE_TIME_AUTO] = "auto",
                                    [TIDE_TIME_EPOCH_S] = "epoch-s",
                                    [TIDE_TIME_EPOCH_MS] = "epoch-ms",
                                    [TIDE_TIME_EPOCH_US] = "epoch-us"};

bool tide_time_format_init(struct tide_time_format *format, const char *text,
                           const struct tide_zone *zone, struct tide_error *error)
{
    *format = (struct tide_time_format){.form = TIDE_TIME_PATTERN, .pattern = text, .zone = zone};
    for (enum tide_time_form form = TIDE_TIME_AUTO; form < TIDE_TIME_PATTERN; form++) {
        if (strcmp(text, words[form]) != 0) continue;
        format->form = form;
        format->pattern = NULL;
        return true;
    }
    if (strchr(text, '%')) return tide_time_pattern_check(text, error);
    return tide_error_set(error, TIDE_EXIT_USAGE,
                          "unknown time format '%s': use auto, epoch-s, epoch-ms, epoch-us or a "
                          "pattern such as '%%d.%%m.%%Y %%H:%%M:%%S'",
                          text);
}

bool tide_time_day_ms(unsigned year, unsigned month, unsigned day, int64_t *day_ms)
{
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > lengths[month - 1] + (unsigned)(month == 2 && leap)) return false;
    /* Years begin in March, so that the leap day is the last; eras of 400 years repeat. A whole era
     * is added first, for January and February of year 0. */
    unsigned long shifted = year + 400ul - (month <= 2);
    unsigned long era = shifted / 400, year_of_era = shifted % 400;
    unsigned long day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    unsigned long day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = (int64_t)era * 146097 + (int64_t)day_of_era - 719468 - 146097;
    *day_ms = days * DAY_MS;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two digits as a number, or 100 if one of them is none: more than any part of a time may be. */
static unsigned two_digits(const char *text)
{
    unsigned tens = (unsigned)(unsigned char)text[0] - '0';
    unsigned ones = (unsigned)(unsigned char)text[1] - '0';
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* YYYY-MM-DD */
static bool read_date(const char *text, int64_t *day_ms)
{
    unsigned century = two_digits(text), year = two_digits(text + 2);
    if (century > 99 || year > 99 || text[4] != '-' || text[7] != '-') return false;
    return tide_time_day_ms(century * 100 + year, two_digits(text + 5), two_digits(text + 8),
                            day_ms);
}

/* hh:mm:ss, as seconds since midnight */
static bool read_clock(const char *text, int64_t *seconds)
{
    unsigned hour = two_digits(text), minute = two_digits(text + 3), second = two_digits(text + 6);
    if (hour > 23 || minute > 59 || second > 59 || text[2] != ':' || text[5] != ':') return false;
    *seconds = hour * 3600 + minute * 60 + second;
    return true;
}

/* Moves *at past a fraction, dot included; no dot is a fraction of 0, a dot without digits is none.
 * What is finer than ms says nothing: the part before is a floor already. */
static bool read_fraction(const char **at, const char *end, int64_t *ms)
{
    *ms = 0;
    if (*at == end || **at != '.') return true;
    const char *digits = ++*at;
    for (int64_t weight = 100; *at < end && is_digit(**at); weight /= 10, ++*at)
        *ms += weight * (**at - '0');
    return *at > digits;
}

static bool read_auto(const struct tide_zone *zone, const char *text, const char *end,
                      int64_t *time_ms)
{
    int64_t day_ms, seconds = 0, ms = 0;
    if (end - text < DATE_BYTES || !read_date(text, &day_ms)) return false;
    const char *at = text + DATE_BYTES;
    if (at < end) {
        if (end - text < SECONDS_BYTES || (*at != ' ' && *at != 'T')) return false;
        if (!read_clock(at + 1, &seconds)) return false;
        at = text + SECONDS_BYTES;
        if (!read_fraction(&at, end, &ms)) return false;
    }
    int64_t local_s = day_ms / 1000 + seconds, utc_s;
    if (at == end) {
        utc_s = tide_zone_utc_s(zone, local_s);
    } else {
        int32_t offset_s = 0;
        bool is_utc = end - at == 1 && *at == 'Z';
        if (!is_utc &&
            (end - at != TIDE_ZONE_OFFSET_BYTES || !tide_zone_offset_read(at, &offset_s)))
            return false;
        utc_s = local_s - offset_s;
    }
    *time_ms = utc_s * 1000 + ms;
    return true;
}

/* An epoch form's number: its whole digits and `fraction_digits` more are counted in ticks, of
 * which `ticks_per_ms` make a millisecond. */
struct epoch_unit {
    unsigned fraction_digits, ticks_per_ms;
};

/* Ten times as many ticks and a digit; once past every limit, they only need to stay there. */
static tide_uint128 add_digit(tide_uint128 ticks, unsigned digit)
{
    return ticks < (tide_uint128)1 << 80 ? ticks * 10 + digit : ticks;
}

/* Reads digits[.digits] to the end as ticks; *finer: the digits beyond them are not all zero. */
static bool read_ticks(const char *at, const char *end, unsigned fraction_digits,
                       tide_uint128 *ticks, bool *finer)
{
    const char *whole = at;
    *ticks = 0;
    *finer = false;
    for (; at < end && is_digit(*at); at++) *ticks = add_digit(*ticks, (unsigned)(*at - '0'));
    if (at == whole) return false;
    if (at < end && (*at != '.' || ++at == end)) return false;
    unsigned place = 0;
    for (; at < end && is_digit(*at); at++) {
        if (place++ < fraction_digits) *ticks = add_digit(*ticks, (unsigned)(*at - '0'));
        else *finer |= *at != '0';
    }
    for (; place < fraction_digits; place++) *ticks = add_digit(*ticks, 0);
    return at == end;
}

static bool read_epoch(struct epoch_unit unit, const char *at, const char *end, int64_t *time_ms)
{
    bool negative = at < end && *at == '-', finer;
    if (at < end && (*at == '-' || *at == '+')) at++;
    tide_uint128 ticks;
    if (!read_ticks(at, end, unit.fraction_digits, &ticks, &finer)) return false;
    finer |= ticks % unit.ticks_per_ms != 0;
    tide_uint128 ms = ticks / unit.ticks_per_ms;
    if (negative && finer) ms++; /* below zero the past is away from zero */
    if (ms > (tide_uint128)1 << 62) return false;
    *time_ms = negative ? -(int64_t)ms : (int64_t)ms;
    return true;
}

bool tide_time_parse(const struct tide_time_format *format, const char *text, size_t bytes,
                     int64_t *time_ms)
{
    const char *end = text + bytes;
    while (text < end && (*text == ' ' || *text == '\t')) text++;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t')) end--;
    switch (format->form) {
    case TIDE_TIME_AUTO:
        return read_auto(format->zone, text, end, time_ms);
    case TIDE_TIME_EPOCH_S:
        return read_epoch((struct epoch_unit){3, 1}, text, end, time_ms);
    case TIDE_TIME_EPOCH_MS:
        return read_epoch((struct epoch_unit){0, 1}, text, end, time_ms);
    case TIDE_TIME_EPOCH_US:
        return read_epoch((struct epoch_unit){0, 1000}, text, end, time_ms);
    case TIDE_TIME_PATTERN:
        return tide_time_pattern_parse(format->pattern, format->zone, text, end, time_ms);
    }
    return false;
}

const char *tide_time_likelier_form(enum tide_time_form form, int64_t first_ms, int64_t last_ms)
{
    static const int64_t a_second[] = {
        [TIDE_TIME_EPOCH_S] = 1, [TIDE_TIME_EPOCH_MS] = 1000, [TIDE_TIME_EPOCH_US] = 1000000};
    const int64_t begin_s = 1000000000, end_s = 4200000000;
    if (form < TIDE_TIME_EPOCH_S || form > TIDE_TIME_EPOCH_US) return NULL;
    for (enum tide_time_form other = TIDE_TIME_EPOCH_S; other <= TIDE_TIME_EPOCH_US; other++) {
        /* What a second of the other unit is taken for. 0: too short, those times lie in the first
         * hour of 1970, where simulations are at home. */
        int64_t taken_ms = 1000 * a_second[other] / a_second[form];
        int64_t begin_ms = begin_s * taken_ms, end_ms = end_s * taken_ms;
        if (other == form || taken_ms == 0) continue;
        if (first_ms >= begin_ms && first_ms < end_ms && last_ms >= begin_ms && last_ms < end_ms)
            return words[other];
    }
    return NULL;
}
