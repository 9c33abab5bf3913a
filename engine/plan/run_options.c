#include "engine/plan/run_options.h"

enum group { INPUT, EVENT_TIME, WINDOWS, OUTPUTS, RUNNING, TUNING };

static const char *const groups[] = {
    [INPUT] = "Input",     [EVENT_TIME] = "Event time", [WINDOWS] = "Windows and alerts",
    [OUTPUTS] = "Outputs", [RUNNING] = "Running",       [TUNING] = "Tuning",
};

/* clang-format off */
static const struct tide_option options[TIDE_RUN_OPTION_COUNT] = {
    [TIDE_RUN_KEY] = {.name = "key", .argument = "COL[,COL...]", .fallback = "transaction_id",
        .group = INPUT,
        .help = "key column, by header name or 1-based number; several make one key and print as "
                "one column each"},
    [TIDE_RUN_TIME] = {.name = "time", .argument = "COL", .fallback = "timestamp", .group = INPUT,
        .help = "event time column"},
    [TIDE_RUN_VALUE] = {.name = "value", .argument = "COL", .fallback = "amount", .group = INPUT,
        .help = "amount column"},
    [TIDE_RUN_NO_HEADER] = {.name = "no-header", .group = INPUT,
        .help = "the first record is data; columns are given by number"},
    [TIDE_RUN_DELIMITER] = {.name = "delimiter", .argument = "C", .fallback = ",", .group = INPUT,
        .help = "what stands between fields: one byte, or tab"},
    [TIDE_RUN_TIME_FORMAT] = {.name = "time-format", .argument = "F", .fallback = "auto",
        .group = INPUT,
        .help = "auto (YYYY-MM-DD, then a blank or T and hh:mm:ss[.fff], then Z or +hh:mm), "
                "epoch-s, epoch-ms, epoch-us, or a pattern of %Y %y %m %d %b %H %I %p %M %S %f %z "
                "%j"},
    [TIDE_RUN_TIMEZONE] = {.name = "timezone", .argument = "Z", .fallback = "UTC", .group = INPUT,
        .help = "zone of times that carry none, and of printed times: UTC, +hh:mm or a name such "
                "as Europe/London"},
    [TIDE_RUN_DECIMALS] = {.name = "decimals", .argument = "D", .fallback = "6", .group = INPUT,
        .help = "scale of exact amounts, 0 to 18; an amount with more decimals is malformed"},
    [TIDE_RUN_DECIMAL_COMMA] = {.name = "decimal-comma", .group = INPUT,
        .help = "amounts have a comma before the decimals and points between thousands"},
    [TIDE_RUN_NA] = {.name = "na", .argument = "LIST", .group = INPUT,
        .help = "texts that stand for a missing value, comma-separated; not given: the 19 of "
                "pandas (NA, N/A, NaN, null, None, ...); the empty text always does"},
    [TIDE_RUN_TRIM] = {.name = "trim", .group = INPUT,
        .help = "trim blanks around keys"},
    [TIDE_RUN_MAX_ROW_BYTES] = {.name = "max-row-bytes", .argument = "N", .fallback = "1048576",
        .group = INPUT,
        .help = "a longer record is malformed"},
    [TIDE_RUN_MAX_REJECTS] = {.name = "max-rejects", .argument = "N|P%", .fallback = "none",
        .group = INPUT,
        .help = "stop with exit status 3 past this many missing, malformed and future rows; a "
                "percentage is judged at the end"},
    [TIDE_RUN_FOLLOW] = {.name = "follow", .group = INPUT,
        .help = "go on reading the last FILE (with --inputs partitions each), a regular one, when "
                "it grows; outputs are written in place, behind what they hold"},
    [TIDE_RUN_INPUTS] = {.name = "inputs", .argument = "concat|partitions", .fallback = "concat",
        .group = INPUT,
        .help = "what several FILEs are. concat: one stream in the order given; partitions: up to "
                "64 inputs read at the same time, each with its own watermark, of which the least "
                "counts"},
    [TIDE_RUN_OUT_OF_ORDERNESS] = {.name = "out-of-orderness", .argument = "DUR|unbounded",
        .fallback = "1s", .group = EVENT_TIME,
        .help = "how far the watermark stays behind the greatest event time; unbounded: no row is "
                "late and all windows fire at the end"},
    [TIDE_RUN_MAX_FUTURE] = {.name = "max-future", .argument = "DUR", .fallback = "off",
        .group = EVENT_TIME,
        .help = "reject a row that is more than this ahead of the greatest event time so far"},
    [TIDE_RUN_ALLOWED_LATENESS] = {.name = "allowed-lateness", .argument = "DUR", .fallback = "0",
        .group = EVENT_TIME,
        .help = "keep a window this much longer once the watermark has passed it: a row for it "
                "that still comes fires its key's window again with the whole new value"},
    [TIDE_RUN_CLOCK] = {.name = "clock", .argument = "event|processing|virtual:RATE",
        .fallback = "event", .group = EVENT_TIME,
        .help = "what windows run on: the rows' own times; the wall clock when a row comes; or as "
                "if RATE rows came a second from the first one's time, which can be repeated"},
    [TIDE_RUN_IDLE_TIMEOUT] = {.name = "idle-timeout", .argument = "DUR", .fallback = "off",
        .group = EVENT_TIME,
        .help = "when the whole input has been silent for this long, the watermark goes on by the "
                "wall clock; then results depend on when rows come"},
    [TIDE_RUN_WINDOW] = {.name = "window", .argument = "W", .fallback = "tumbling:10s",
        .group = WINDOWS,
        .help = "the windows; forms are listed below"},
    [TIDE_RUN_AGGREGATE] = {.name = "aggregate", .argument = "LIST", .fallback = "sum,count",
        .group = WINDOWS,
        .help = "what is computed of each window, comma-separated; aggregates are listed below"},
    [TIDE_RUN_ALERT] = {.name = "alert", .argument = "[NAME=]EXPR", .fallback = "sum > 8000",
        .repeatable = true, .group = WINDOWS,
        .help = "a window for which this holds is an alert: arithmetic, comparison, BETWEEN, IS "
                "NULL, AND, OR, NOT on the aggregates and on history.mean, history.stddev, "
                "history.count of the key's earlier windows; none: no alerts"},
    [TIDE_RUN_HISTORY] = {.name = "history", .argument = "N", .fallback = "20", .group = WINDOWS,
        .help = "how many earlier windows of its key a rule looks back at with history.*, 1 to "
                "10000"},
    [TIDE_RUN_PROCESS] = {.name = "process", .argument = "FILE", .group = WINDOWS,
        .help = "a process function of your own, a shared library built with tidemark_process.h: "
                "sees every result, keeps state, sets timers; there is no default alert then"},
    [TIDE_RUN_PROCESS_ARG] = {.name = "process-arg", .argument = "NAME=VALUE", .repeatable = true,
        .group = WINDOWS,
        .help = "an argument for the process function"},
    [TIDE_RUN_INACTIVE] = {.name = "inactive", .argument = "DUR", .fallback = "off",
        .group = WINDOWS,
        .help = "an alert when a key has had no row for this long by the watermark"},
    [TIDE_RUN_AT_END] = {.name = "at-end", .argument = "fire|drop", .fallback = "fire",
        .group = WINDOWS,
        .help = "what becomes of the windows still open when the input ends"},
    [TIDE_RUN_ALERTS] = {.name = "alerts", .argument = "FILE", .group = OUTPUTS,
        .help = "alerts; not given: standard output, unless another output goes there or there is "
                "no rule for them"},
    [TIDE_RUN_SIDE_OUTPUT] = {.name = "side-output", .argument = "NAME=FILE", .repeatable = true,
        .group = OUTPUTS,
        .help = "alerts of the rule NAME, or of inactive, go to FILE instead; not given: all go to "
                "--alerts"},
    [TIDE_RUN_RESULTS] = {.name = "results", .argument = "FILE", .group = OUTPUTS,
        .help = "every window's result; not given: off"},
    [TIDE_RUN_LATE] = {.name = "late", .argument = "FILE", .group = OUTPUTS,
        .help = "rows that came too late for their window; not given: off"},
    [TIDE_RUN_REJECTS] = {.name = "rejects", .argument = "FILE", .group = OUTPUTS,
        .help = "missing, malformed and future rows with the reason; not given: off"},
    [TIDE_RUN_STATS] = {.name = "stats", .argument = "FILE", .group = OUTPUTS,
        .help = "counters and timing as JSON; not given: off"},
    [TIDE_RUN_TRACE] = {.name = "trace", .argument = "FILE", .group = OUTPUTS,
        .help = "results, late rows, alerts and timers in one stream, as CSV in the columns of "
                "Flink traces; slower; not given: off"},
    [TIDE_RUN_FORMAT] = {.name = "format", .argument = "F", .fallback = "csv", .group = OUTPUTS,
        .help = "format of alerts and results; formats are listed below"},
    [TIDE_RUN_FLINK_PARALLELISM] = {.name = "flink-parallelism", .argument = "N", .fallback = "1",
        .group = OUTPUTS,
        .help = "--format flink: print the subtask to which Flink at parallelism N, 1 to 32768, "
                "routes the key, as `Anomaly Detection:2> `"},
    [TIDE_RUN_ESCAPE_FORMULAS] = {.name = "escape-formulas", .group = OUTPUTS,
        .help = "CSV for a spreadsheet: an apostrophe before each field of text (key, record, name "
                "of a column, rule or file) that begins with = + - @, tab, CR, LF or NUL; numbers "
                "and times stay as they are"},
    [TIDE_RUN_TIME_OUTPUT] = {.name = "time-output", .argument = "plain|iso|epoch-ms",
        .fallback = "plain", .group = OUTPUTS,
        .help = "how times are printed"},
    [TIDE_RUN_ORDER] = {.name = "order", .argument = "global|key|flink", .fallback = "global",
        .group = OUTPUTS,
        .help = "global: the same bytes at every parallelism; key: each key's lines in order, "
                "keys as they come; flink: the order of a Flink job at parallelism 1, slower"},
    [TIDE_RUN_PARALLELISM] = {.name = "parallelism", .letter = 'p', .argument = "N|auto",
        .fallback = "auto", .group = RUNNING,
        .help = "window workers, 1 to 256; auto: one less than the cores allowed, 1 to 8"},
    [TIDE_RUN_CHECKPOINT] = {.name = "checkpoint", .argument = "DIR", .group = RUNNING,
        .help = "keep in DIR what it takes to go on after a crash; outputs lie there until the run "
                "has ended well, and must be regular files"},
    [TIDE_RUN_CHECKPOINT_EVERY] = {.name = "checkpoint-every", .argument = "ROWS|DUR",
        .fallback = "10s", .group = RUNNING,
        .help = "what lies between two checkpoints at least: rows, or time"},
    [TIDE_RUN_RESUME] = {.name = "resume", .group = RUNNING,
        .help = "go on from the newest checkpoint in DIR, if there is one: the same input and "
                "options, any --parallelism; all outputs come out as if nothing had happened"},
    [TIDE_RUN_MEMORY] = {.name = "memory", .argument = "LIMIT", .fallback = "off",
        .group = RUNNING,
        .help = "a run that would take more memory than this is refused with exit status 1 and the "
                "figures; in bytes, or with K, M or G, as in 512M"},
    [TIDE_RUN_PROGRESS] = {.name = "progress", .argument = "auto|always|never", .fallback = "auto",
        .group = RUNNING,
        .help = "progress line on standard error; auto: if that is a terminal"},
    [TIDE_RUN_QUIET] = {.name = "quiet", .letter = 'q', .group = RUNNING,
        .help = "print nothing but errors"},
    [TIDE_RUN_VERBOSE] = {.name = "verbose", .letter = 'v', .group = RUNNING,
        .help = "print a line for each stage"},
    [TIDE_RUN_CONFIG] = {.name = "config", .argument = "FILE", .argv_only = true, .group = RUNNING,
        .help = "read options from lines `name = value`; the command line wins; SIGHUP reads the "
                "alert lines anew"},
    [TIDE_RUN_HELP] = {.name = "help", .letter = 'h', .argv_only = true, .group = RUNNING,
        .help = "print this and exit"},
    [TIDE_RUN_BATCH_ROWS] = {.name = "batch-rows", .argument = "N|auto", .fallback = "auto",
        .group = TUNING,
        .help = "rows handed over at a time, 1 to 65536; auto: 2048 for up to four workers, fewer "
                "for more; like the next three, it changes nothing but speed"},
    [TIDE_RUN_RING_SLOTS] = {.name = "ring-slots", .argument = "N", .fallback = "16",
        .group = TUNING,
        .help = "batches under way between two threads, a power of two from 2 to 4096"},
    [TIDE_RUN_SIMD] = {.name = "simd", .argument = "auto|avx2|portable", .fallback = "auto",
        .group = TUNING,
        .help = "code for reading; auto: the fastest this processor runs, also AVX-512"},
    [TIDE_RUN_SCHEDULER] = {.name = "scheduler", .argument = "threads|one[:SEED]",
        .fallback = "threads", .group = TUNING,
        .help = "one: a single thread runs all stages by turns, in an order drawn from SEED"},
};
/* clang-format on */

const struct tide_option_set tide_run_options = {
    .command = "run",
    .operands = "[FILE]...",
    .summary = "Reads CSV rows, folds each key's rows into windows of event time and prints the "
               "windows that break a rule. "
               "FILE is CSV, also packed as .gz or .zst; several are one stream in the order "
               "given, unless --inputs says otherwise; none or - is standard input.",
    .groups = groups,
    .group_count = sizeof groups / sizeof groups[0],
    .option_count = TIDE_RUN_OPTION_COUNT,
    .options = options,
    .closing =
        "DUR, SIZE and OFFSET are a whole number and ms, s, m, min, h or d, as in 90s; or 0.\n"
        "FILE may be - for standard output; a regular file is written whole or not at all.\n"
        "\n"
        "Examples:\n"
        "  tidemark run transactions.csv\n"
        "      10 s windows of transaction_id, timestamp and amount; alerts where sum > 8000\n"
        "  tidemark run --key card --window tumbling:1h --alert 'busy=count >= 20' "
        "payments.csv.gz\n"
        "      an alert named busy for each card with 20 payments or more within an hour\n"
        "  tidemark run --results hours.csv --window tumbling:1h --out-of-orderness unbounded "
        "dump.csv\n"
        "      also every window's result; rows in any order\n",
};
