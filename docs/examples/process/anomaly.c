/*
 * anomaly: an alert for each window whose sum is above a threshold: the process function of the
 * PyFlink lab (AnomalyDetectionProcess), and what the built-in rule `sum > 8000` does.
 *
 *     tidemark run --process ./anomaly.so --process-arg threshold=5000 FILE
 *
 * It keeps no state: the smallest useful process function.
 */
#include <tidemark_process.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct anomaly {
    double threshold;
    int sum; /* its place among a result's values */
    char text[64];
};

static int open_instance(const struct tidemark_open *open, void **self)
{
    const char *threshold = tidemark_argument_text(open, "threshold", "8000");
    struct anomaly *anomaly = calloc(1, sizeof *anomaly);
    char *end;
    if (!anomaly) return tidemark_fail(open->error, "out of memory");
    *self = anomaly;
    anomaly->sum = tidemark_aggregate_index(open, "sum");
    anomaly->threshold = strtod(threshold, &end);
    snprintf(anomaly->text, sizeof anomaly->text, "sum > %s", threshold);
    if (anomaly->sum >= 0 && end != threshold && *end == '\0' && isfinite(anomaly->threshold))
        return 0;
    free(anomaly);
    if (end == threshold || *end != '\0')
        return tidemark_fail(open->error, "threshold is no number; write threshold=8000");
    return tidemark_fail(open->error, "it needs sum among the aggregates of --aggregate");
}

static void close_instance(void *self)
{
    free(self);
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    const struct anomaly *anomaly = self;
    if (tidemark_value_double(&result->values[anomaly->sum]) <= anomaly->threshold) return 0;
    return tidemark_emit(context, anomaly->text, strlen(anomaly->text));
}

static const char *const arguments[] = {"threshold", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "anomaly",
    .arguments = arguments,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
};
