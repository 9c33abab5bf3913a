#include "engine/instruments/generate/times.h"

#include "engine/instruments/generate/elementary.h"
#include "engine/instruments/generate/shape_text.h"
#include "engine/plan/duration.h"

#include <string.h>

enum { UNIFORM, EXPONENTIAL };
static const char *const words[] = {[UNIFORM] = "uniform", [EXPONENTIAL] = "exponential", NULL};
static const char forms[] = "DUR, uniform:DUR and exponential:DUR";
static const int64_t span_ms_max = 366LL * 24 * 3600 * 1000;

static bool check_span(const struct tide_settings *settings, unsigned id, int64_t span_ms)
{
    return span_ms <= span_ms_max || tide_setting_refuse(settings, id, "more than a year (366d)");
}

bool tide_span_read(const struct tide_settings *settings, unsigned id, const char *none,
                    int64_t none_ms, int64_t *span_ms)
{
    return tide_setting_duration(settings, id, none, none_ms, span_ms) &&
           ((none && *span_ms == none_ms) || check_span(settings, id, *span_ms));
}

bool tide_disorder_read(struct tide_times *times, const struct tide_settings *settings, unsigned id)
{
    const char *text = tide_options_text(settings->options, id), *colon = strchr(text, ':');
    unsigned shape = UNIFORM;
    if (colon && !tide_shape_word(settings, id, text, (size_t)(colon - text), words, forms, &shape))
        return false;
    times->is_exponential = shape == EXPONENTIAL;
    const char *duration = colon ? colon + 1 : text;
    struct tide_error cause = {0};
    if (!tide_duration_parse(duration, strlen(duration), &times->disorder_ms, &cause))
        return tide_setting_pass_on(settings, id, &cause);
    return check_span(settings, id, times->disorder_ms);
}

/* Inverts the exponential distribution that halves with each tenth of the bound, cut off at the
 * bound: 1 - 2^-10 of it. */
int64_t tide_times_behind_exponential(const struct tide_times *times, uint64_t draw)
{
    const double kept = 1023.0 / 1024, tenths_per_log = 0x1.71547652b82fep+0 / 10; /* 1 / ln 2 */
    double part = -tide_log(1 - kept * tide_random_unit(draw)) * tenths_per_log;
    int64_t behind_ms = (int64_t)((double)(times->disorder_ms + 1) * part);
    return behind_ms < times->disorder_ms ? behind_ms : times->disorder_ms;
}
