/*
 * probe: says what it sees, and sets timers as its arguments tell it, so that a test can predict
 * every line.
 *
 * after=MS   each result sets an event timer this long after its window's end
 * again=N    each timer sets the next one `step` later, N times
 * step=MS    may be negative: then the next one is due at once
 * erase=N    each N-th result of a key takes its timer back
 * clear=N    each N-th result of a key clears its state
 * clock=processing: timers of processing time, `after` from now; both: of both
 */
#include <tidemark_process.h>

#include <stdio.h>
#include <stdlib.h>

struct probe {
    long after_ms, step_ms, again, erase, clear;
    int has_timers[2]; /* by enum tidemark_time */
};

struct seen {
    uint64_t results, timers;
    long left;
};

enum side_output { SEEN };
enum counter { RESULTS, TIMERS };

static long number(const struct tidemark_open *open, const char *name, const char *fallback)
{
    return strtol(tidemark_argument_text(open, name, fallback), NULL, 10);
}

static int open_instance(const struct tidemark_open *open, void **self)
{
    struct probe *probe = calloc(1, sizeof *probe);
    if (!probe) return tidemark_fail(open->error, "out of memory");
    if (open->subtask >= open->parallelism) return tidemark_fail(open->error, "bad subtask");
    const char *clock = tidemark_argument_text(open, "clock", "event");
    int has_timers = tidemark_argument_text(open, "after", NULL) != NULL;
    probe->has_timers[TIDEMARK_EVENT_TIME] = has_timers && strcmp(clock, "processing") != 0;
    probe->has_timers[TIDEMARK_PROCESSING_TIME] = has_timers && strcmp(clock, "event") != 0;
    probe->after_ms = number(open, "after", "0");
    probe->step_ms = number(open, "step", "1000");
    probe->again = number(open, "again", "0");
    probe->erase = number(open, "erase", "0");
    probe->clear = number(open, "clear", "0");
    *self = probe;
    return 0;
}

static void close_instance(void *self)
{
    free(self);
}

static int say(struct tidemark_context *context, const char *text)
{
    if (tidemark_emit(context, text, strlen(text))) return -1;
    return tidemark_emit_to(context, SEEN, text, strlen(text));
}

static int set_timer(const struct probe *probe, const struct seen *seen, enum tidemark_time clock,
                     int64_t base_ms, struct tidemark_context *context)
{
    int64_t time_ms = base_ms + probe->after_ms;
    if (!probe->has_timers[clock]) return 0;
    if (tidemark_register_timer(context, clock, time_ms)) return -1;
    if (!probe->erase || seen->results % (uint64_t)probe->erase != 0) return 0;
    return tidemark_delete_timer(context, clock, time_ms);
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    const struct probe *probe = self;
    struct seen *seen = tidemark_state(context);
    char text[256];
    if (!seen) return -1;
    seen->results++;
    int bytes = snprintf(text, sizeof text, "result %llu", (unsigned long long)seen->results);
    for (uint32_t i = 0; i < result->value_count; i++)
        bytes += snprintf(text + bytes, sizeof text - (size_t)bytes, " %.15g",
                          tidemark_value_double(&result->values[i]));
    if (say(context, text) || tidemark_count(context, RESULTS, 1)) return -1;
    seen->left = probe->again;
    if (set_timer(probe, seen, TIDEMARK_EVENT_TIME, result->window_end_ms, context)) return -1;
    if (set_timer(probe, seen, TIDEMARK_PROCESSING_TIME, tidemark_processing_time(context),
                  context))
        return -1;
    if (probe->clear && seen->results % (uint64_t)probe->clear == 0) tidemark_clear_state(context);
    return 0;
}

static int on_timer(void *self, const struct tidemark_timer *timer,
                    struct tidemark_context *context)
{
    const struct probe *probe = self;
    struct seen *seen = tidemark_state(context);
    char text[256];
    if (!seen) return -1;
    seen->timers++;
    snprintf(text, sizeof text, "timer %llu of %llu results%s", (unsigned long long)seen->timers,
             (unsigned long long)seen->results,
             timer->time == TIDEMARK_PROCESSING_TIME ? " by the clock" : "");
    /* Every third one is silent. */
    if (seen->timers % 3 != 0 && say(context, text)) return -1;
    if (tidemark_count(context, TIMERS, 1)) return -1;
    if (seen->left == 0) return 0;
    seen->left--;
    return tidemark_register_timer(context, timer->time, timer->time_ms + probe->step_ms);
}

static const char *const arguments[] = {"after", "again", "step", "erase", "clear", "clock", NULL};
static const char *const side_outputs[] = {"seen", NULL};
static const char *const counters[] = {"results", "timers", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "probe",
    .state_bytes = sizeof(struct seen),
    .arguments = arguments,
    .side_outputs = side_outputs,
    .counters = counters,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
    .on_timer = on_timer,
};
