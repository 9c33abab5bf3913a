/*
 * inactivity: an alarm for each key that has been silent for a while, with what it did until then.
 *
 *     tidemark run --process ./inactivity.so --process-arg after=30000 --window count:1 FILE
 *
 * Activity is a result; its time is the end of its window, which with count:1 is the row's own
 * time. Each result moves the key's timer `after` milliseconds beyond the latest activity, or with
 * base=record beyond this one, even if it is older. When the timer fires the key is forgotten. (The
 * example of Flink's documentation for timers, over windows.)
 */
#include <tidemark_process.h>

#include <stdio.h>
#include <stdlib.h>

struct inactivity {
    int64_t after_ms;
    int goes_back;  /* base=record */
    int sum, count; /* their places among a result's values; -1: not listed */
};

/* Of each key. */
struct activity {
    int64_t base_ms, timer_ms;
    uint64_t results;
    double sum, count;
};

enum counter { ALARMS, MOVED };

static int open_instance(const struct tidemark_open *open, void **self)
{
    const char *after = tidemark_argument_text(open, "after", "30000");
    const char *base = tidemark_argument_text(open, "base", "max");
    char *end;
    long long after_ms = strtoll(after, &end, 10);
    if (end == after || *end != '\0' || after_ms < 0)
        return tidemark_fail(open->error, "after is no number of milliseconds; write after=30000");
    if (strcmp(base, "max") != 0 && strcmp(base, "record") != 0)
        return tidemark_fail(open->error, "base is max or record");
    struct inactivity *inactivity = calloc(1, sizeof *inactivity);
    if (!inactivity) return tidemark_fail(open->error, "out of memory");
    inactivity->after_ms = after_ms;
    inactivity->goes_back = strcmp(base, "record") == 0;
    inactivity->sum = tidemark_aggregate_index(open, "sum");
    inactivity->count = tidemark_aggregate_index(open, "count");
    *self = inactivity;
    return 0;
}

static void close_instance(void *self)
{
    free(self);
}

/* Moves the key's timer to where its activity says. */
static int move_timer(const struct inactivity *inactivity, struct activity *activity,
                      struct tidemark_context *context)
{
    int64_t timer_ms = activity->base_ms > INT64_MAX - inactivity->after_ms
                           ? INT64_MAX
                           : activity->base_ms + inactivity->after_ms;
    if (activity->results > 1 && timer_ms == activity->timer_ms) return 0;
    if (activity->results > 1) {
        if (tidemark_delete_timer(context, TIDEMARK_EVENT_TIME, activity->timer_ms)) return -1;
        if (tidemark_count(context, MOVED, 1)) return -1;
    }
    activity->timer_ms = timer_ms;
    return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, timer_ms);
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    const struct inactivity *inactivity = self;
    struct activity *activity = tidemark_state(context);
    if (!activity) return -1;
    int is_first = activity->results++ == 0;
    if (is_first || inactivity->goes_back || result->window_end_ms > activity->base_ms)
        activity->base_ms = result->window_end_ms;
    if (inactivity->sum >= 0)
        activity->sum += tidemark_value_double(&result->values[inactivity->sum]);
    if (inactivity->count >= 0)
        activity->count += tidemark_value_double(&result->values[inactivity->count]);
    return move_timer(inactivity, activity, context);
}

static int on_timer(void *self, const struct tidemark_timer *timer,
                    struct tidemark_context *context)
{
    const struct activity *activity = tidemark_state(context);
    char text[128];
    (void)self;
    (void)timer;
    if (!activity) return -1;
    snprintf(text, sizeof text, "inactive since %lld: sum %.15g of %.15g rows",
             (long long)activity->base_ms, activity->sum, activity->count);
    tidemark_clear_state(context);
    if (tidemark_count(context, ALARMS, 1)) return -1;
    return tidemark_emit(context, text, strlen(text));
}

static const char *const arguments[] = {"after", "base", NULL};
static const char *const counters[] = {"alarms", "moved", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "inactivity",
    .state_bytes = sizeof(struct activity),
    .arguments = arguments,
    .counters = counters,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
    .on_timer = on_timer,
};
