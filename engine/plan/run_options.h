/*
 * run_options: the one table of the options of `tidemark run`: names, defaults and help.
 * Owns:     nothing; the table is const.
 * Threads:  read-only.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none.
 */
#ifndef TIDE_PLAN_RUN_OPTIONS_H
#define TIDE_PLAN_RUN_OPTIONS_H

#include "engine/plan/options.h"

/* Indices into the table. */
enum tide_run_option {
    TIDE_RUN_KEY,
    TIDE_RUN_TIME,
    TIDE_RUN_VALUE,
    TIDE_RUN_NO_HEADER,
    TIDE_RUN_DELIMITER,
    TIDE_RUN_TIME_FORMAT,
    TIDE_RUN_TIMEZONE,
    TIDE_RUN_DECIMALS,
    TIDE_RUN_DECIMAL_COMMA,
    TIDE_RUN_NA,
    TIDE_RUN_TRIM,
    TIDE_RUN_MAX_ROW_BYTES,
    TIDE_RUN_MAX_REJECTS,
    TIDE_RUN_FOLLOW,
    TIDE_RUN_INPUTS,
    TIDE_RUN_OUT_OF_ORDERNESS,
    TIDE_RUN_MAX_FUTURE,
    TIDE_RUN_ALLOWED_LATENESS,
    TIDE_RUN_CLOCK,
    TIDE_RUN_IDLE_TIMEOUT,
    TIDE_RUN_WINDOW,
    TIDE_RUN_AGGREGATE,
    TIDE_RUN_ALERT,
    TIDE_RUN_HISTORY,
    TIDE_RUN_PROCESS,
    TIDE_RUN_PROCESS_ARG,
    TIDE_RUN_INACTIVE,
    TIDE_RUN_AT_END,
    TIDE_RUN_ALERTS,
    TIDE_RUN_SIDE_OUTPUT,
    TIDE_RUN_RESULTS,
    TIDE_RUN_LATE,
    TIDE_RUN_REJECTS,
    TIDE_RUN_STATS,
    TIDE_RUN_TRACE,
    TIDE_RUN_FORMAT,
    TIDE_RUN_FLINK_PARALLELISM,
    TIDE_RUN_ESCAPE_FORMULAS,
    TIDE_RUN_TIME_OUTPUT,
    TIDE_RUN_ORDER,
    TIDE_RUN_PARALLELISM,
    TIDE_RUN_CHECKPOINT,
    TIDE_RUN_CHECKPOINT_EVERY,
    TIDE_RUN_RESUME,
    TIDE_RUN_PROGRESS,
    TIDE_RUN_QUIET,
    TIDE_RUN_VERBOSE,
    TIDE_RUN_CONFIG,
    TIDE_RUN_HELP,
    TIDE_RUN_BATCH_ROWS,
    TIDE_RUN_RING_SLOTS,
    TIDE_RUN_SIMD,
    TIDE_RUN_SCHEDULER,
    TIDE_RUN_OPTION_COUNT,
};

extern const struct tide_option_set tide_run_options;

#endif
