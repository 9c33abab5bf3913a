/* misbehave: does what `how` says, at the result number `at` of an instance. Each must end the run
 * with a message, or do no harm. */
#include <tidemark_process.h>

#include <stdio.h>
#include <stdlib.h>

enum { LONG_BYTES = TIDEMARK_TEXT_BYTES_MAX, MANY_LINES = 100000, HOARD_BYTES = 200 << 20 };

struct misbehave {
    const char *how;
    unsigned long at, results;
    char *hoard;
};

static int is(const struct misbehave *misbehave, const char *how)
{
    return strcmp(misbehave->how, how) == 0;
}

static int open_instance(const struct tidemark_open *open, void **self)
{
    struct misbehave *misbehave = calloc(1, sizeof *misbehave);
    if (!misbehave) return -1;
    misbehave->how = tidemark_argument_text(open, "how", "");
    misbehave->at = strtoul(tidemark_argument_text(open, "at", "1"), NULL, 10);
    *self = misbehave;
    if (is(misbehave, "open") || (is(misbehave, "open second") && open->subtask == 1)) {
        free(misbehave);
        return tidemark_fail(open->error, "no\nsuch\x1b[31mthing");
    }
    if (is(misbehave, "open silently")) {
        free(misbehave);
        return 5;
    }
    return 0;
}

static void close_instance(void *self)
{
    struct misbehave *misbehave = self;
    if (is(misbehave, "close loudly")) fputs("closed\n", stderr);
    free(misbehave->hoard);
    free(misbehave);
}

static int emit_long(struct tidemark_context *context, size_t bytes)
{
    char *text = malloc(bytes);
    if (!text) return -1;
    memset(text, 'x', bytes);
    int status = tidemark_emit(context, text, bytes);
    free(text);
    return status;
}

static int emit_many(struct tidemark_context *context, unsigned long lines, size_t bytes)
{
    for (unsigned long i = 0; i < lines; i++) {
        if (bytes) {
            if (emit_long(context, bytes)) return -1;
            continue;
        }
        char text[32];
        snprintf(text, sizeof text, "line %lu", i);
        if (tidemark_emit(context, text, strlen(text))) return -1;
    }
    return 0;
}

/* Memory that the engine knows nothing of. */
static int hoard(struct misbehave *misbehave)
{
    if (!misbehave->hoard) misbehave->hoard = malloc(HOARD_BYTES);
    if (!misbehave->hoard) return -1;
    memset(misbehave->hoard, 1, HOARD_BYTES);
    return 0;
}

/* With timers that have gone wrong. */
static int on_timers(const struct misbehave *misbehave, struct tidemark_context *context)
{
    int64_t later_ms = context->watermark_ms == INT64_MAX ? 0 : context->watermark_ms + 1;
    if (is(misbehave, "timer") || is(misbehave, "now") || is(misbehave, "for ever") ||
        is(misbehave, "ends"))
        return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, later_ms);
    if (is(misbehave, "clock"))
        return tidemark_register_timer(context, (enum tidemark_time)7, later_ms);
    return 0;
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    struct misbehave *misbehave = self;
    (void)result;
    if (++misbehave->results < misbehave->at) return 0;
    if (is(misbehave, "result")) return tidemark_fail(context->error, "I do not like this one");
    if (is(misbehave, "result silently")) return 1;
    if (is(misbehave, "emitted")) {
        if (emit_many(context, 3, 0)) return -1;
        return tidemark_fail(context->error, "after three lines");
    }
    if (is(misbehave, "line end")) {
        tidemark_emit(context, "one\ntwo", 7);
        return 0; /* does not pass it on */
    }
    if (is(misbehave, "nul")) return tidemark_emit(context, "one\0two", 7);
    if (is(misbehave, "longest")) return emit_long(context, LONG_BYTES);
    if (is(misbehave, "too long")) return emit_long(context, LONG_BYTES + 1);
    if (is(misbehave, "many")) return emit_many(context, MANY_LINES, 0);
    if (is(misbehave, "too many")) return emit_many(context, 1000, LONG_BYTES);
    if (is(misbehave, "side output")) return tidemark_emit_to(context, 3, "x", 1);
    if (is(misbehave, "hoard")) return hoard(misbehave);
    if (is(misbehave, "counter")) return tidemark_count(context, 1, 1);
    if (is(misbehave, "no state")) return tidemark_state(context) ? 0 : -1;
    return on_timers(misbehave, context);
}

static int on_timer(void *self, const struct tidemark_timer *timer,
                    struct tidemark_context *context)
{
    const struct misbehave *misbehave = self;
    if (is(misbehave, "timer")) return tidemark_fail(context->error, "too late");
    if (is(misbehave, "now")) /* each answered by an earlier one */
        return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, timer->time_ms - 1);
    if (is(misbehave, "for ever") ||
        (is(misbehave, "ends") && context->watermark_ms != TIDEMARK_WATERMARK_END))
        return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, timer->time_ms + 60000);
    return 0;
}

static const char *const arguments[] = {"how", "at", NULL};
static const char *const side_outputs[] = {"a", "b", NULL};
static const char *const counters[] = {"lonely", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "misbehave",
    .arguments = arguments,
    .side_outputs = side_outputs,
    .counters = counters,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
    .on_timer = on_timer,
};
