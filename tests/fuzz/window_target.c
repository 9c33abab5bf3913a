/* Is the text of a window, a duration, a size or a percentage read as it says, and is the
 * arithmetic of windows that of 128 bits, at the ends of time too? */
#include "tests/fuzz/target.h"

#include "engine/plan/duration.h"
#include "engine/plan/setting.h"
#include "engine/text/exact.h"
#include "operators/registry.h"

#include <stdbool.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 100 };
#define DURATION_MS_MAX ((int64_t)1 << 62)

/* --- durations
 * ------------------------------------------------------------------------------------ */

static int64_t unit_of(const char *text)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1},      {"s", 1000},    {"m", 60000},
                 {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, text) == 0) return units[i].ms;
    return 0;
}

/* text ends with NUL; -1: it is none */
static tide_int128 read_slowly(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    tide_int128 count = 0;
    for (size_t i = 0; i < digits; i++)
        if (count <= DURATION_MS_MAX) count = count * 10 + text[i] - '0';
    int64_t unit = text[digits] ? unit_of(text + digits) : count == 0;
    return digits > 0 && unit > 0 && count * unit <= DURATION_MS_MAX ? count * unit : -1;
}

static void check_duration(const char *text)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    tide_int128 expected_ms = read_slowly(text);
    int64_t span_ms, again_ms;
    bool is_read = tide_duration_parse(text, strlen(text), &span_ms, &error);
    FUZZ_CHECK(is_read == (expected_ms >= 0));
    FUZZ_CHECK(is_read || (error.exit == TIDE_EXIT_USAGE && error.text[0]));
    if (!is_read) return;
    FUZZ_CHECK(span_ms == expected_ms);
    char printed[TIDE_DURATION_TEXT_BYTES];
    tide_duration_text(printed, span_ms);
    FUZZ_CHECK(tide_duration_parse(printed, strlen(printed), &again_ms, &error));
    FUZZ_CHECK(again_ms == span_ms);
}

/* --- sizes and percentages
 * ------------------------------------------------------------------------ */

/* A text as if it had been given for an option. */
struct given {
    struct tide_option option;
    struct tide_option_set set;
    struct tide_options options;
    struct tide_error error;
};

static struct tide_settings give(struct given *given, const char *text)
{
    *given = (struct given){.option = {.name = "it", .fallback = text}};
    given->set = (struct tide_option_set){.option_count = 1, .options = &given->option};
    given->options.set = &given->set;
    return (struct tide_settings){.options = &given->options, .error = &given->error};
}

static void check_size(const char *text)
{
    struct given given;
    struct tide_settings settings = give(&given, text);
    uint64_t got;
    size_t digits = strspn(text, "0123456789");
    tide_uint128 bytes = 0;
    for (size_t i = 0; i < digits && i < 18; i++) bytes = bytes * 10 + (unsigned)(text[i] - '0');
    static const char units[] = "kmg";
    bool has_unit = text[digits] != '\0', is_size = digits > 0 && digits <= 18;
    for (unsigned i = 0; has_unit && i < 3; i++)
        if ((text[digits] | 0x20) == units[i]) bytes <<= 10 * (i + 1);
    if (has_unit) is_size = is_size && strchr("kKmMgG", text[digits]) && !text[digits + 1];
    is_size = is_size && bytes > 0 && bytes <= INT64_MAX;
    bool is_off = strcmp(text, "off") == 0;
    FUZZ_CHECK(tide_setting_size(&settings, 0, "off", 7, &got) == (is_size || is_off));
    if (is_size || is_off) FUZZ_CHECK(got == (is_off ? 7 : bytes));
    else FUZZ_CHECK(given.error.exit == TIDE_EXIT_USAGE && given.error.text[0]);
}

static void check_percentage(const char *text)
{
    struct given given;
    struct tide_settings settings = give(&given, text);
    uint32_t got;
    size_t whole = strspn(text, "0123456789"), point = text[whole] == '.';
    size_t part = point ? strspn(text + whole + 1, "0123456789") : 0;
    bool is_percentage = whole + part > 0 && part <= 6 && !text[whole + point + part];
    tide_uint128 millionths = 0;
    for (size_t i = 0; i < whole && millionths <= 1000; i++)
        millionths = millionths * 10 + (unsigned)(text[i] - '0');
    for (size_t i = 0; i < 6; i++)
        millionths = millionths * 10 + (i < part ? (unsigned)(text[whole + 1 + i] - '0') : 0);
    is_percentage = is_percentage && millionths <= 100000000;
    FUZZ_CHECK(tide_setting_percent(&settings, 0, text, strlen(text), &got) == is_percentage);
    if (is_percentage) FUZZ_CHECK(got == millionths);
    else FUZZ_CHECK(given.error.exit == TIDE_EXIT_USAGE && given.error.text[0]);
}

/* --- windows
 * -------------------------------------------------------------------------------------- */

static int64_t saturated(tide_int128 time_ms)
{
    if (time_ms > INT64_MAX) return INT64_MAX;
    return time_ms < INT64_MIN ? INT64_MIN : (int64_t)time_ms;
}

/* The greatest place + a multiple of slide that is not above the time. */
static tide_int128 floor_to(tide_int128 place_ms, int64_t slide_ms, tide_int128 time_ms)
{
    tide_int128 rest = (time_ms - place_ms) % slide_ms;
    return time_ms - rest - (rest < 0 ? slide_ms : 0);
}

static tide_int128 least(tide_int128 a, tide_int128 b)
{
    return a < b ? a : b;
}

static void check_aligned(const struct tide_window *window, const struct tide_window_shape *shape,
                          int64_t time_ms)
{
    const int64_t slide_ms = shape->slide_ms;
    FUZZ_CHECK(shape->size_ms > 0 && slide_ms > 0);
    FUZZ_CHECK(shape->offset_ms >= 0 && shape->offset_ms < slide_ms && shape->row_count == 0);
    const tide_int128 starts_ms = shape->offset_ms, ends_ms = starts_ms + shape->size_ms;
    tide_int128 start_ms = floor_to(starts_ms, slide_ms, time_ms);
    tide_int128 last_end_ms = floor_to(ends_ms, slide_ms, time_ms);
    FUZZ_CHECK(window->start(shape, time_ms) == saturated(start_ms));

    tide_int128 next_ms = floor_to(ends_ms, slide_ms, (tide_int128)time_ms + 1) + slide_ms - 1;
    FUZZ_CHECK(window->next_fire(shape, time_ms) == saturated(next_ms));

    struct tide_window_bounds slice = window->slice(shape, time_ms);
    tide_int128 begin_ms = start_ms > last_end_ms ? start_ms : last_end_ms;
    FUZZ_CHECK(slice.start_ms == saturated(begin_ms));
    FUZZ_CHECK(slice.end_ms == saturated(least(start_ms, last_end_ms) + slide_ms));
}

static void check_count(const struct tide_window *window, const struct tide_window_shape *shape,
                        int64_t span_ms)
{
    uint64_t count = window->count_over(shape, span_ms);
    tide_int128 slide_ms = shape->slide_ms, reach_ms = (tide_int128)span_ms + shape->size_ms;
    if (window->slice) FUZZ_CHECK(count == (tide_uint128)((reach_ms + slide_ms - 1) / slide_ms));
    else if (window->kind == TIDE_WINDOW_COUNT) FUZZ_CHECK(count == 1);
    else FUZZ_CHECK(count == (tide_uint128)(span_ms / ((tide_int128)shape->size_ms + 1) + 1));
}

static void check_window(const struct tide_window *window, const char *text, int64_t time_ms)
{
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_window_shape shape = {0};
    if (!window->parse(text, &shape, &error)) {
        FUZZ_CHECK(error.exit == TIDE_EXIT_USAGE && error.text[0]);
        return;
    }
    check_count(window, &shape, time_ms & (DURATION_MS_MAX - 1));
    if (window->slice) {
        check_aligned(window, &shape, time_ms);
        return;
    }
    int64_t next_ms = window->next_fire(&shape, time_ms);
    FUZZ_CHECK(window->start(&shape, time_ms) == time_ms);
    if (window->kind == TIDE_WINDOW_COUNT) FUZZ_CHECK(shape.row_count > 0 && next_ms == INT64_MAX);
    else FUZZ_CHECK(shape.size_ms > 0 && next_ms == saturated((tide_int128)time_ms + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char text[TEXT_BYTES_MAX + 1];
    struct feed feed = {(const char *)data, bytes};
    unsigned shift = feed_number(&feed, 64);
    uint64_t time = 0;
    for (unsigned i = 0; i < 4; i++) time = time << 16 | feed_number(&feed, 1 << 16);
    size_t count = feed.bytes < TEXT_BYTES_MAX ? feed.bytes : TEXT_BYTES_MAX;
    memcpy(text, feed.text, count);
    text[count] = '\0';
    const char *colon = strchr(text, ':');
    if (!colon) {
        check_duration(text);
        check_size(text);
        check_percentage(text);
    }
    for (unsigned i = 0; colon && tide_operators.windows[i]; i++) {
        const struct tide_window *window = tide_operators.windows[i];
        if (strlen(window->name) == (size_t)(colon - text) &&
            memcmp(window->name, text, (size_t)(colon - text)) == 0)
            check_window(window, colon + 1, (int64_t)time >> shift);
    }
    return 0;
}
