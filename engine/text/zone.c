/* Named zones go through libc: TZ names the very file that was checked, localtime_r does the rest.
 * Local to UTC is the algorithm of Python's datetime (Lib/datetime.py, _mktime; PEP 495), which
 * needs nothing but the offset in force at a few instants. */
#include "engine/text/zone.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    DAY_S = 24 * 3600,
    PATH_BYTES = 512,
    ZONE_FILE_HEADER_BYTES = 44, /* RFC 8536, 3.1 */
    LEAP_COUNT_AT = 28,
};

static const int64_t CALENDAR_CYCLE_S = INT64_C(146097) * DAY_S; /* 400 years */
/* The year 2770: transitions that are listed one by one end in 2037. */
static const int64_t LAST_RULE_S = 2 * INT64_C(146097) * DAY_S;

enum zone_file { ZONE_FILE_FINE, ZONE_FILE_MISSING, ZONE_FILE_UNREADABLE, ZONE_FILE_LEAP_SECONDS };

bool tide_zone_offset_read(const char *text, int32_t *offset_s)
{
    if ((text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    unsigned digits[4];
    for (size_t i = 0; i < 4; i++) {
        digits[i] = (unsigned)(unsigned char)text[i < 2 ? i + 1 : i + 2] - '0';
        if (digits[i] > 9) return false;
    }
    unsigned hours = digits[0] * 10 + digits[1], minutes = digits[2] * 10 + digits[3];
    if (hours > 23 || minutes > 59) return false;
    int32_t offset = (int32_t)(hours * 3600 + minutes * 60);
    *offset_s = text[0] == '-' ? -offset : offset;
    return true;
}

/* Letters, digits, '_', '+', '-' and single slashes within: nothing that leaves the folder. */
static bool name_is_plain(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t bytes = strlen(name);
    if (bytes == 0 || bytes >= sizeof((struct tide_zone *)0)->name) return false;
    if (strspn(name, allowed) != bytes) return false;
    return name[0] != '/' && name[bytes - 1] != '/' && !strstr(name, "//");
}

/* As much of the header as there is; -1: errno says why. */
static ssize_t read_header(int fd, unsigned char header[ZONE_FILE_HEADER_BYTES])
{
    struct stat status;
    if (tide_sys_fstat(fd, &status) != 0) return -1;
    return S_ISREG(status.st_mode) ? tide_retry_read_all(fd, header, ZONE_FILE_HEADER_BYTES) : 0;
}

/* ZONE_FILE_UNREADABLE: errno says why. */
static enum zone_file check_file(const char *path)
{
    static const unsigned char none[4];
    unsigned char header[ZONE_FILE_HEADER_BYTES];
    int fd = tide_retry_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? ZONE_FILE_MISSING : ZONE_FILE_UNREADABLE;
    ssize_t bytes = read_header(fd, header);
    int reason = errno;
    tide_sys_close(fd);
    errno = reason;
    if (bytes < 0) return ZONE_FILE_UNREADABLE;
    if (bytes < ZONE_FILE_HEADER_BYTES || memcmp(header, "TZif", 4) != 0) return ZONE_FILE_MISSING;
    return memcmp(header + LEAP_COUNT_AT, none, sizeof none) == 0 ? ZONE_FILE_FINE
                                                                  : ZONE_FILE_LEAP_SECONDS;
}

static bool init_named(const char *name, struct tide_error *error)
{
    const char *folder = getenv("TZDIR");
    if (!folder || !*folder) folder = "/usr/share/zoneinfo";
    char value[PATH_BYTES]; /* a colon, then the path: TZ's form for a file */
    int bytes = snprintf(value, sizeof value, ":%s/%s", folder, name);
    enum zone_file file = ZONE_FILE_MISSING;
    if (name_is_plain(name) && bytes > 0 && (size_t)bytes < sizeof value)
        file = check_file(value + 1);
    if (file == ZONE_FILE_UNREADABLE)
        return tide_error_system(error, errno, "cannot read the time zone %s", value + 1);
    if (file == ZONE_FILE_MISSING)
        return tide_error_set(
            error, TIDE_EXIT_USAGE,
            "unknown time zone '%s': use UTC, +hh:mm, -hh:mm or the name of a file "
            "under %s, such as Europe/London",
            name, folder);
    if (file == ZONE_FILE_LEAP_SECONDS)
        return tide_error_set(error, TIDE_EXIT_USAGE,
                              "time zone '%s' counts leap seconds: use the one without 'right/'",
                              name);
    if (setenv("TZ", value, 1) != 0) return tide_error_memory(error, "the time zone");
    tzset();
    return true;
}

bool tide_zone_init(struct tide_zone *zone, const char *name, struct tide_error *error)
{
    *zone = (struct tide_zone){.fixed = true};
    bool is_utc = strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0;
    bool is_offset = strlen(name) == TIDE_ZONE_OFFSET_BYTES &&
                     tide_zone_offset_read(name, &zone->fixed_offset_s);
    if (!is_utc && !is_offset) {
        if (!init_named(name, error)) return false;
        zone->fixed = false;
    }
    snprintf(zone->name, sizeof zone->name, "%s", name);
    return true;
}

int32_t tide_zone_offset_s(const struct tide_zone *zone, int64_t utc_s)
{
    if (zone->fixed) return zone->fixed_offset_s;
    /* The last rule of a zone holds for ever and the calendar repeats, weekdays included: glibc
     * counts the days since 1970 in an int, which ends in the year 5,881,580. */
    if (utc_s > LAST_RULE_S) utc_s -= (utc_s - LAST_RULE_S) / CALENDAR_CYCLE_S * CALENDAR_CYCLE_S;
    struct tm fields;
    time_t instant = utc_s;
    /* Fails only where the year leaves 32 bits, which no millisecond time does. */
    bool known = localtime_r(&instant, &fields) != NULL;
    TIDE_ASSERT(known);
    return (int32_t)fields.tm_gmtoff;
}

int64_t tide_zone_utc_s(const struct tide_zone *zone, int64_t local_s)
{
    if (zone->fixed) return local_s - zone->fixed_offset_s;
    int64_t guess_offset = tide_zone_offset_s(zone, local_s);
    int64_t guess = local_s - guess_offset;
    int64_t offset_there = tide_zone_offset_s(zone, guess);
    bool guess_reads_so = offset_there == guess_offset;
    /* If the guess reads as asked, an earlier instant may do so too: fold 0 wants the earlier. */
    int64_t other_offset = guess_reads_so ? tide_zone_offset_s(zone, guess - DAY_S) : offset_there;
    if (guess_reads_so && other_offset == guess_offset) return guess;
    int64_t other = local_s - other_offset;
    if (tide_zone_offset_s(zone, other) == other_offset) return other;
    if (guess_reads_so) return guess;
    return guess > other ? guess : other; /* in a gap: as if the offset before it still held */
}
