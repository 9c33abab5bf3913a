#include "operators/registry.h"

#include "operators/aggregates.h"
#include "operators/formats.h"
#include "operators/sources.h"
#include "operators/windows.h"

/* Asked in this order; plain takes anything. */
static const struct tide_source *const sources[] = {
    &tide_source_gzip,
    &tide_source_zstd,
    &tide_source_plain,
    NULL,
};

static const struct tide_window *const windows[] = {
    &tide_window_tumbling, &tide_window_sliding, &tide_window_session, &tide_window_count, NULL,
};

/* The engine counts on the first five; an index is an aggregate's number everywhere. */
static const struct tide_aggregate *const aggregates[] = {
    &tide_aggregate_sum,   &tide_aggregate_count, &tide_aggregate_min,
    &tide_aggregate_max,   &tide_aggregate_mean,  &tide_aggregate_stddev,
    &tide_aggregate_first, &tide_aggregate_last,  NULL,
};

static const struct tide_format *const formats[] = {
    &tide_format_csv,
    &tide_format_jsonl,
    &tide_format_flink,
    NULL,
};

const struct tide_registry tide_operators = {
    .sources = sources,
    .windows = windows,
    .aggregates = aggregates,
    .formats = formats,
};
