#include "engine/plan/plan_input.h"

#include "engine/base/memory.h"
#include "engine/plan/run_options.h"

#include <string.h>

enum { COLUMN_NUMBER_MAX = 1000000 };

static bool set_files(struct tide_plan *plan, const struct tide_settings *settings)
{
    static const char *const standard_input[] = {"-"};
    const struct tide_options *options = settings->options;
    plan->files = options->file_count ? options->files : standard_input;
    plan->file_count = options->file_count ? options->file_count : 1;
    unsigned streams = 0;
    for (unsigned i = 0; i < plan->file_count; i++) {
        if (plan->files[i][0] == '\0')
            return tide_error_set(settings->error, TIDE_EXIT_USAGE,
                                  "an input file's name is empty; - is standard input");
        streams += strcmp(plan->files[i], "-") == 0;
    }
    if (streams > 1)
        return tide_error_set(settings->error, TIDE_EXIT_USAGE,
                              "- is given %u times, but standard input can be read only once",
                              streams);
    return true;
}

/* 0: no number, or one that no file has. */
static unsigned column_number(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    unsigned number = 0;
    if (digits == 0 || name[digits] || digits > 7) return 0;
    for (; *name; name++) number = number * 10 + (unsigned)(*name - '0');
    return number <= COLUMN_NUMBER_MAX ? number : 0;
}

static bool set_column(struct tide_column *column, const struct tide_plan *plan,
                       const struct tide_settings *settings, unsigned id, const char *text,
                       size_t bytes)
{
    for (; bytes > 0 && strchr(" \t", *text); text++) bytes--;
    while (bytes > 0 && strchr(" \t", text[bytes - 1])) bytes--;
    if (bytes == 0) return tide_setting_refuse(settings, id, "a column's name is empty");
    column->name = tide_strndup(text, bytes);
    if (!column->name) return tide_error_memory(settings->error, "column names");
    column->number = column_number(column->name);
    if (!plan->has_header && column->number == 0)
        return tide_setting_refuse(settings, id,
                                   "'%s' is no column number; with --no-header, columns are given "
                                   "as 1, 2, 3 ...",
                                   column->name);
    return true;
}

static bool set_columns(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *time = tide_options_text(settings->options, TIDE_RUN_TIME);
    const char *value = tide_options_text(settings->options, TIDE_RUN_VALUE);
    const char *key = tide_options_text(settings->options, TIDE_RUN_KEY);
    plan->has_header = !tide_options_flag(settings->options, TIDE_RUN_NO_HEADER);
    for (bool more = true; more;) {
        size_t bytes = strcspn(key, ",");
        if (plan->key_count == TIDE_KEY_COLUMN_COUNT_MAX)
            return tide_setting_refuse(settings, TIDE_RUN_KEY, "more than %d key columns",
                                       TIDE_KEY_COLUMN_COUNT_MAX);
        if (!set_column(&plan->keys[plan->key_count], plan, settings, TIDE_RUN_KEY, key, bytes))
            return false;
        plan->key_count++;
        more = key[bytes] == ',';
        key += bytes + more;
    }
    return set_column(&plan->time, plan, settings, TIDE_RUN_TIME, time, strlen(time)) &&
           set_column(&plan->value, plan, settings, TIDE_RUN_VALUE, value, strlen(value));
}

static bool set_times(struct tide_plan *plan, const struct tide_settings *settings)
{
    const char *zone = tide_options_text(settings->options, TIDE_RUN_TIMEZONE);
    const char *form = tide_options_text(settings->options, TIDE_RUN_TIME_FORMAT);
    struct tide_error cause = {0};
    if (!tide_zone_init(&plan->zone, zone, &cause))
        return tide_setting_pass_on(settings, TIDE_RUN_TIMEZONE, &cause);
    if (!tide_time_format_init(&plan->time_format, form, &plan->zone, &cause))
        return tide_setting_pass_on(settings, TIDE_RUN_TIME_FORMAT, &cause);
    return true;
}

static bool set_values(struct tide_plan *plan, const struct tide_settings *settings)
{
    uint64_t scale, row_bytes;
    struct tide_error cause = {0};
    if (!tide_setting_uint(settings, TIDE_RUN_DECIMALS, 0, TIDE_DECIMAL_SCALE_MAX, &scale) ||
        !tide_setting_uint(settings, TIDE_RUN_MAX_ROW_BYTES, 1, TIDE_ROW_BYTES_LIMIT, &row_bytes))
        return false;
    if (!tide_na_init(&plan->na, tide_options_text(settings->options, TIDE_RUN_NA), &cause))
        return tide_setting_pass_on(settings, TIDE_RUN_NA, &cause);
    plan->decimal.scale = (unsigned)scale;
    plan->decimal.comma = tide_options_flag(settings->options, TIDE_RUN_DECIMAL_COMMA);
    plan->trim = tide_options_flag(settings->options, TIDE_RUN_TRIM);
    plan->row_bytes_max = (size_t)row_bytes;
    return true;
}

static bool set_inputs(struct tide_plan *plan, const struct tide_settings *settings)
{
    static const char *const words[] = {
        [TIDE_INPUTS_CONCAT] = "concat", [TIDE_INPUTS_PARTITIONS] = "partitions", NULL};
    unsigned index;
    if (!tide_setting_word(settings, TIDE_RUN_INPUTS, words, &index)) return false;
    plan->inputs = (enum tide_inputs)index;
    if (tide_plan_partitions(plan) > TIDE_PARTITIONS_MAX)
        return tide_setting_refuse(settings, TIDE_RUN_INPUTS,
                                   "%u files are more than the %d partitions there may be; join "
                                   "some of them, or read them with concat",
                                   plan->file_count, TIDE_PARTITIONS_MAX);
    return true;
}

bool tide_plan_input(struct tide_plan *plan, const struct tide_settings *settings)
{
    return set_files(plan, settings) && set_inputs(plan, settings) && set_columns(plan, settings) &&
           tide_setting_delimiter(settings, TIDE_RUN_DELIMITER, &plan->delimiter) &&
           set_times(plan, settings) && set_values(plan, settings);
}
