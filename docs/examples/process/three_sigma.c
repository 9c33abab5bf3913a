/*
 * three_sigma: an alert for each window whose value is far from what its key has shown so far.
 *
 *     tidemark run --process ./three_sigma.so --process-arg sigmas=4 --process-arg after=20 FILE
 *
 * Keeps a running mean and variance of one aggregate for each key (B. P. Welford, "Note on a method
 * for calculating corrected sums of squares and products", Technometrics 4, 1962) and compares each
 * window with those before it: an alert is a value more than `sigmas` standard deviations from
 * their mean, once there are `after` of them. The value itself goes in afterwards, also when it was
 * an alert.
 *
 * Every value it compares goes to the side output `scores` as COUNT,VALUE,MEAN,DEVIATION,KEY if
 * that is asked for.
 */
#include <tidemark_process.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct three_sigma {
    double sigmas;
    unsigned long after;
    int of; /* the aggregate's place among a result's values */
    char name[32];
};

/* Of each key. */
struct history {
    uint64_t count;
    double mean, squares; /* sum of squared distances from the mean */
};

enum side_output { SCORES };
enum counter { COMPARED, ALERTS };

static int open_instance(const struct tidemark_open *open, void **self)
{
    const char *sigmas = tidemark_argument_text(open, "sigmas", "3");
    const char *after = tidemark_argument_text(open, "after", "10");
    const char *of = tidemark_argument_text(open, "of", "sum");
    char *sigmas_end, *after_end;
    struct three_sigma *detector = calloc(1, sizeof *detector);
    if (!detector) return tidemark_fail(open->error, "out of memory");
    *self = detector;
    detector->sigmas = strtod(sigmas, &sigmas_end);
    detector->after = strtoul(after, &after_end, 10);
    detector->of = tidemark_aggregate_index(open, of);
    snprintf(detector->name, sizeof detector->name, "%s", of);
    const char *fault = NULL;
    if (sigmas_end == sigmas || *sigmas_end || !(detector->sigmas > 0))
        fault = "sigmas is no number above 0; write sigmas=3";
    else if (after_end == after || *after_end || detector->after < 2)
        fault = "after is no whole number from 2 on; write after=10";
    else if (detector->of < 0) fault = "of names no aggregate of --aggregate";
    if (!fault) return 0;
    free(detector);
    return tidemark_fail(open->error, fault);
}

static void close_instance(void *self)
{
    free(self);
}

/* One line of the side output: the beginning of the key, which may be long and hold any bytes. */
static int score(const struct history *history, double value, double deviation,
                 struct tidemark_context *context)
{
    char line[256];
    int bytes = snprintf(line, sizeof line, "%llu,%.10g,%.10g,%.10g,",
                         (unsigned long long)history->count, value, history->mean, deviation);
    for (size_t i = 0; i < context->key_bytes && bytes < (int)sizeof line; i++)
        line[bytes++] = (unsigned char)context->key[i] < ' ' ? '?' : context->key[i];
    return tidemark_emit_to(context, SCORES, line, (size_t)bytes);
}

static int alert(const struct three_sigma *detector, const struct history *history, double value,
                 double deviation, struct tidemark_context *context)
{
    char text[160];
    snprintf(text, sizeof text, "%s %.10g is %+.1f deviations from %.10g", detector->name, value,
             (value - history->mean) / deviation, history->mean);
    if (tidemark_count(context, ALERTS, 1)) return -1;
    return tidemark_emit(context, text, strlen(text));
}

static int compare(const struct three_sigma *detector, const struct history *history, double value,
                   struct tidemark_context *context)
{
    double deviation = sqrt(history->squares / (double)(history->count - 1));
    if (tidemark_count(context, COMPARED, 1)) return -1;
    if (score(history, value, deviation, context)) return -1;
    if (!(fabs(value - history->mean) > detector->sigmas * deviation) || deviation <= 0) return 0;
    return alert(detector, history, value, deviation, context);
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    const struct three_sigma *detector = self;
    double value = tidemark_value_double(&result->values[detector->of]);
    if (isnan(value)) return 0; /* NULL: the stddev of one row */
    struct history *history = tidemark_state(context);
    if (!history) return -1;
    if (history->count >= detector->after && compare(detector, history, value, context)) return -1;
    double distance = value - history->mean;
    history->mean += distance / (double)++history->count;
    history->squares += distance * (value - history->mean);
    return 0;
}

static const char *const arguments[] = {"sigmas", "after", "of", NULL};
static const char *const side_outputs[] = {"scores", NULL};
static const char *const counters[] = {"compared", "alerts", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "three_sigma",
    .state_bytes = sizeof(struct history),
    .arguments = arguments,
    .side_outputs = side_outputs,
    .counters = counters,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
};
