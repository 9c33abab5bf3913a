#include "engine/plan/plan_clock.h"

#include "engine/plan/run_options.h"

#include <stdlib.h>
#include <string.h>

static bool set_rate(struct tide_plan *plan, const struct tide_settings *settings, const char *text)
{
    enum { DIGITS_MAX = 10 };
    size_t digits = strspn(text, "0123456789");
    unsigned long long rate = 0;
    if (digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0') rate = strtoull(text, NULL, 10);
    if (rate < 1 || rate > TIDE_CLOCK_RATE_MAX)
        return tide_setting_refuse(settings, TIDE_RUN_CLOCK,
                                   "'%s' is no rate; write whole rows a second, 1 to %d, as in "
                                   "virtual:1000",
                                   text, TIDE_CLOCK_RATE_MAX);
    plan->clock = TIDE_CLOCK_VIRTUAL;
    plan->clock_rate = (unsigned)rate;
    return true;
}

static bool set_clock(struct tide_plan *plan, const struct tide_settings *settings)
{
    static const char virtual[] = "virtual:";
    const char *text = tide_options_text(settings->options, TIDE_RUN_CLOCK);
    if (strcmp(text, "event") == 0) return true;
    plan->lateness_ms = 0; /* nothing is late by the time at which it comes */
    if (strncmp(text, virtual, sizeof virtual - 1) == 0)
        return set_rate(plan, settings, text + sizeof virtual - 1);
    plan->clock = TIDE_CLOCK_PROCESSING;
    return strcmp(text, "processing") == 0 ||
           tide_setting_refuse(settings, TIDE_RUN_CLOCK,
                               "'%s' is no clock; write event, processing or virtual:RATE", text);
}

static bool set_idle(struct tide_plan *plan, const struct tide_settings *settings)
{
    if (!tide_setting_duration(settings, TIDE_RUN_IDLE_TIMEOUT, "off", -1, &plan->idle_ms))
        return false;
    if (plan->idle_ms < 0) return true;
    if (plan->idle_ms == 0)
        return tide_setting_refuse(settings, TIDE_RUN_IDLE_TIMEOUT,
                                   "0 would move the watermark between any two rows; write how "
                                   "long the input must be silent, or off");
    if (plan->unbounded)
        return tide_setting_refuse(settings, TIDE_RUN_IDLE_TIMEOUT,
                                   "with --out-of-orderness unbounded there is no watermark to "
                                   "move on");
    if (plan->clock != TIDE_CLOCK_EVENT)
        return tide_setting_refuse(settings, TIDE_RUN_IDLE_TIMEOUT,
                                   "it moves the watermark on, and windows of --clock %s do not "
                                   "wait for that",
                                   tide_options_text(settings->options, TIDE_RUN_CLOCK));
    return true;
}

bool tide_plan_clock(struct tide_plan *plan, const struct tide_settings *settings)
{
    plan->is_following = tide_options_flag(settings->options, TIDE_RUN_FOLLOW);
    return set_clock(plan, settings) && set_idle(plan, settings);
}

bool tide_plan_check_repeatable(const struct tide_settings *settings)
{
    const char *text = tide_options_text(settings->options, TIDE_RUN_CLOCK);
    return strcmp(text, "processing") != 0 ||
           tide_setting_refuse(settings, TIDE_RUN_CLOCK,
                               "no two runs on the wall clock are the same; virtual:RATE is "
                               "processing time that can be repeated");
}
