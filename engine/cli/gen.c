/* Seeded transactions. Every row takes the same number of draws, so that a change of one share
 * leaves the others' keys and amounts as they were. Numbers: splitmix64 (G. Steele, D. Lea and C.
 * Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014), brought into a range by
 * the high half of a product (D. Lemire, "Fast Random Integer Generation in an Interval", 2019,
 * without the rejection: the bias is below 2^-20 for a million keys). */
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/plan/setting.h"
#include "engine/text/decimal.h"
#include "engine/text/time.h"

#include <string.h>

enum gen_option { ROWS, KEYS, SEED, DISORDER, LATE, MALFORMED, RATE, HELP, OPTION_COUNT };

static const char *const groups[] = {"Options"};

/* clang-format off */
static const struct tide_option options_table[OPTION_COUNT] = {
    [ROWS] = {.name = "rows", .argument = "N", .fallback = "1000000",
        .help = "rows after the header"},
    [KEYS] = {.name = "keys", .argument = "N", .fallback = "1000",
        .help = "keys tx1 .. txN, all equally likely; 0: every row its own"},
    [SEED] = {.name = "seed", .argument = "N", .fallback = "1",
        .help = "the same seed and options give the same bytes on every machine"},
    [DISORDER] = {.name = "disorder", .argument = "DUR", .fallback = "1s",
        .help = "a row's time lies up to this behind the one its place would give"},
    [LATE] = {.name = "late", .argument = "P%", .fallback = "0%",
        .help = "share of rows that lie behind by the disorder, a second, and up to a minute more"},
    [MALFORMED] = {.name = "malformed", .argument = "P%", .fallback = "0%",
        .help = "share of rows with a wrong time, a wrong amount, an empty field, too few fields "
                "or a stray quote"},
    [RATE] = {.name = "rate", .argument = "N", .fallback = "1000",
        .help = "rows a second of event time, which begins at 2024-05-11 10:00:00"},
    [HELP] = {.name = "help", .letter = 'h', .argv_only = true,
        .help = "print this and exit"},
};
/* clang-format on */

static const struct tide_option_set gen_options = {
    .command = "gen",
    .operands = "",
    .summary = "Writes seeded transactions to standard output: transaction_id,timestamp,amount.",
    .groups = groups,
    .group_count = 1,
    .option_count = OPTION_COUNT,
    .options = options_table,
    .closing = "DUR is a whole number and ms, s, m, min, h or d, as in 90s; or 0.\n"
               "\n"
               "Examples:\n"
               "  tidemark gen --rows 20000000 --keys 100000 > rows.csv\n"
               "  tidemark gen --late 1% --malformed 0.1% | tidemark run --late late.csv\n",
};

enum {
    BUFFER_BYTES = 1 << 18,
    ROW_BYTES_MAX = 160,
    CENTS_COUNT = 500000, /* 0.00 .. 4999.99 */
    SHARE_WHOLE = 100 * 1000000,
    LATE_MS_MIN = 1000,
    LATE_MS_SPAN = 60 * 1000,
};
static const int64_t first_ms = 1715421600000;      /* 2024-05-11 10:00:00 UTC */
static const int64_t last_ms_max = 253402300799999; /* 9999-12-31 23:59:59.999 UTC */
static const int64_t disorder_ms_max = 366LL * 24 * 3600 * 1000;

struct generator {
    uint64_t row_count, key_count, rate, random;
    int64_t disorder_ms;
    uint32_t late_share, malformed_share; /* of SHARE_WHOLE */
    struct tide_zone zone;
    struct tide_time_printer printer;
    char *buffer;
    size_t buffer_bytes;
};

static uint64_t draw(struct generator *generator)
{
    uint64_t z = generator->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. count - 1 */
static uint64_t draw_below(struct generator *generator, uint64_t count)
{
    return (uint64_t)((tide_uint128)draw(generator) * count >> 64);
}

static char *put_text(char *out, const char *text)
{
    size_t bytes = strlen(text);
    memcpy(out, text, bytes);
    return out + bytes;
}

static char *put_key(char *out, uint64_t key)
{
    *out++ = 't';
    *out++ = 'x';
    return out + tide_uint_print(out, key);
}

static char *put_amount(char *out, uint64_t cents)
{
    out += tide_uint_print(out, cents / 100);
    *out++ = '.';
    *out++ = (char)('0' + cents / 10 % 10);
    *out++ = (char)('0' + cents % 10);
    return out;
}

static char *put_plain(struct generator *generator, char *out, uint64_t key, int64_t time_ms,
                       uint64_t cents)
{
    out = put_key(out, key);
    *out++ = ',';
    out += tide_time_print(&generator->printer, out, time_ms);
    *out++ = ',';
    return put_amount(out, cents);
}

/* One of the kinds of damage; no quote opens a field, so that the rows behind stay what they are.
 */
static char *put_malformed(struct generator *generator, char *out, uint64_t key, int64_t time_ms,
                           uint64_t cents, uint64_t kind)
{
    enum { WRONG_TIME, WRONG_AMOUNT, NO_KEY, NO_TIME, NO_AMOUNT, FEW_FIELDS, STRAY_QUOTE };
    if (kind != NO_KEY) out = put_key(out, key);
    *out++ = ',';
    if (kind == WRONG_TIME) out = put_text(out, "2024-02-30 10:00:00");
    else if (kind != NO_TIME) out += tide_time_print(&generator->printer, out, time_ms);
    if (kind == FEW_FIELDS) return out;
    *out++ = ',';
    if (kind == NO_AMOUNT) return out;
    out = put_amount(out, cents);
    if (kind == WRONG_AMOUNT) out = put_text(out, ".7");
    if (kind == STRAY_QUOTE) *out++ = '"';
    return out;
}
enum { MALFORMED_KINDS = 7 };

static char *put_row(struct generator *generator, char *out, uint64_t row)
{
    uint64_t fate = draw_below(generator, SHARE_WHOLE);
    uint64_t key = generator->key_count ? draw_below(generator, generator->key_count) : row;
    uint64_t cents = draw_below(generator, CENTS_COUNT);
    int64_t behind_ms = (int64_t)draw_below(generator, (uint64_t)generator->disorder_ms + 1);
    uint64_t detail = draw(generator);

    int64_t time_ms = first_ms + (int64_t)(row * 1000 / generator->rate);
    bool malformed = fate < generator->malformed_share;
    bool late = !malformed && fate - generator->malformed_share < generator->late_share;
    if (late)
        time_ms -= generator->disorder_ms + LATE_MS_MIN + 1 + (int64_t)(detail % LATE_MS_SPAN);
    else if (time_ms - behind_ms >= first_ms) time_ms -= behind_ms;
    else time_ms = first_ms;
    out = malformed
              ? put_malformed(generator, out, key + 1, time_ms, cents, detail % MALFORMED_KINDS)
              : put_plain(generator, out, key + 1, time_ms, cents);
    *out++ = '\n';
    return out;
}

static bool read_share(const struct tide_settings *settings, unsigned id, uint32_t *share)
{
    const char *text = tide_options_text(settings->options, id);
    size_t bytes = strlen(text);
    if (bytes > 0 && text[bytes - 1] == '%') bytes--;
    return tide_setting_percent(settings, id, text, bytes, share);
}

static bool read_settings(struct generator *generator, const struct tide_settings *settings)
{
    const uint64_t rows_max = UINT64_C(1000000000000), rate_max = 1000000000;
    if (settings->options->file_count > 0)
        return tide_error_set(settings->error, TIDE_EXIT_USAGE,
                              "gen takes no file, and '%s' is none of its options",
                              settings->options->files[0]);
    if (!tide_setting_uint(settings, ROWS, 0, rows_max, &generator->row_count) ||
        !tide_setting_uint(settings, KEYS, 0, rows_max, &generator->key_count) ||
        !tide_setting_uint(settings, SEED, 0, UINT64_MAX, &generator->random) ||
        !tide_setting_uint(settings, RATE, 1, rate_max, &generator->rate) ||
        !tide_setting_duration(settings, DISORDER, NULL, 0, &generator->disorder_ms) ||
        !read_share(settings, LATE, &generator->late_share) ||
        !read_share(settings, MALFORMED, &generator->malformed_share))
        return false;
    if (generator->disorder_ms > disorder_ms_max)
        return tide_setting_refuse(settings, DISORDER, "more than a year (366d)");
    if (generator->late_share + generator->malformed_share > SHARE_WHOLE)
        return tide_setting_refuse(settings, LATE, "with --malformed, more than 100%%");
    if ((int64_t)(generator->row_count * 1000 / generator->rate) > last_ms_max - first_ms)
        return tide_setting_refuse(settings, RATE,
                                   "the last of so many rows is past the year 9999");
    return true;
}

static bool write_rows(struct generator *generator, struct tide_output *output,
                       struct tide_error *error)
{
    static const char header[] = "transaction_id,timestamp,amount\n";
    char *start = generator->buffer, *out = put_text(start, header);
    for (uint64_t row = 0; row < generator->row_count; row++) {
        if ((size_t)(out - start) > BUFFER_BYTES - ROW_BYTES_MAX) {
            if (!tide_output_write(output, start, (size_t)(out - start), error)) return false;
            out = start;
        }
        out = put_row(generator, out, row);
    }
    return tide_output_write(output, start, (size_t)(out - start), error);
}

static bool generate(struct generator *generator, struct tide_error *error)
{
    if (!tide_zone_init(&generator->zone, "UTC", error)) return false;
    tide_time_printer_init(&generator->printer, TIDE_TIME_PLAIN, &generator->zone);
    generator->buffer = tide_alloc(BUFFER_BYTES);
    if (!generator->buffer) return tide_error_memory(error, "rows");
    struct tide_output_set set = {0};
    struct tide_output *output = tide_output_open(&set, "-", error);
    bool ok = output && write_rows(generator, output, error) && tide_output_commit(&set, error);
    if (!ok) tide_output_discard(&set, NULL);
    tide_free(generator->buffer);
    return ok;
}

int tide_command_gen(int argc, char **argv, const struct tide_registry *registry)
{
    (void)registry; /* nothing is read */
    struct tide_error error = {0};
    struct tide_options options;
    struct generator generator = {0};
    int status = TIDE_EXIT_OK;
    if (!tide_options_parse(&options, &gen_options, argc, argv, &error)) {
        status = tide_command_failed(&error);
    } else if (tide_options_flag(&options, HELP)) {
        status = tide_help_command(&gen_options, NULL);
    } else {
        struct tide_settings settings = {.options = &options, .error = &error};
        if (!read_settings(&generator, &settings) || !generate(&generator, &error))
            status = tide_command_failed(&error);
    }
    tide_options_fini(&options);
    return status;
}
