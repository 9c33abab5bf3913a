/*
 * tidemark parse: each record as one JSON array of its fields, as the reader sees it. The reader
 * and the parser's record code run by turns on this thread; nothing is decoded.
 */
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/plan/plan_input.h"
#include "engine/plan/setting.h"
#include "engine/stages/columns.h"
#include "engine/stages/reader.h"
#include "engine/stages/stage.h"
#include "engine/text/escape.h"

#include <string.h>

enum parse_option { DELIMITER, MAX_ROW_BYTES, SIMD, HELP, OPTION_COUNT };
enum { LINE_BYTES_FIRST = 1 << 16, JSON_GROWTH = 6 };

static const char *const groups[] = {"Options"};

/* clang-format off */
static const struct tide_option options_table[OPTION_COUNT] = {
    [DELIMITER] = {.name = "delimiter", .argument = "C", .fallback = ",",
        .help = "what separates fields: one character, or tab"},
    [MAX_ROW_BYTES] = {.name = "max-row-bytes", .argument = "N", .fallback = "1048576",
        .help = "a longer record is an error"},
    [SIMD] = {.name = "simd", .argument = "auto|avx2|portable", .fallback = "auto",
        .help = "auto: the fastest code this processor runs"},
    [HELP] = {.name = "help", .letter = 'h', .argv_only = true,
        .help = "print this and exit"},
};
/* clang-format on */

static const struct tide_option_set parse_options = {
    .command = "parse",
    .operands = "[FILE]...",
    .summary = "Prints each record as one JSON array of its fields, a line each, header included, "
               "as the reader sees it. "
               "Bytes that are no UTF-8 print as \\udcXX. Exit status 3, after printing, if a "
               "quote stays open at the end.",
    .groups = groups,
    .group_count = 1,
    .option_count = OPTION_COUNT,
    .options = options_table,
    .closing = "Examples:\n"
               "  tidemark parse rows.csv\n"
               "  zcat rows.csv.gz | tidemark parse --delimiter tab\n",
};

struct parse {
    struct tide_plan plan; /* only its input part counts here */
    struct tide_control control;
    struct tide_block blocks[TIDE_BLOCK_COUNT];
    struct tide_link link;
    struct tide_waiter waiter;
    struct tide_reader reader;
    struct tide_decoder decoder;
    struct tide_records records;
    struct tide_output_set outputs;
    struct tide_output *out;
    char *line, *scratch;
    size_t line_bytes, line_capacity, scratch_capacity;
    bool has_open_quote;
};

static bool flush(struct parse *parse, struct tide_error *error)
{
    size_t bytes = parse->line_bytes;
    parse->line_bytes = 0;
    return bytes == 0 || tide_output_write(parse->out, parse->line, bytes, error);
}

static bool reserve(char **block, size_t *capacity, size_t bytes, struct tide_error *error)
{
    if (bytes <= *capacity) return true;
    size_t larger = *capacity ? *capacity : LINE_BYTES_FIRST;
    while (larger < bytes) larger *= 2;
    char *grown = tide_realloc(*block, larger);
    if (!grown) return tide_error_memory(error, "a long record");
    *block = grown;
    *capacity = larger;
    return true;
}

static bool print_record(struct parse *parse, unsigned i, struct tide_error *error)
{
    const struct tide_chunk *chunk = &parse->records.chunk;
    size_t bytes, count = chunk->field_count;
    tide_chunk_record(chunk, i, &bytes);
    if (chunk->is_overlong || bytes > parse->plan.row_bytes_max)
        return tide_error_set(
            error, TIDE_EXIT_POLICY, "%s:%llu: the record is longer than --max-row-bytes %zu",
            tide_reader_file_name(&parse->plan, chunk->file),
            (unsigned long long)tide_records_line(&parse->records, i), parse->plan.row_bytes_max);
    size_t worst = JSON_GROWTH * bytes + 4 * count + 8;
    if (parse->line_bytes + worst > parse->line_capacity && !flush(parse, error)) return false;
    if (!reserve(&parse->line, &parse->line_capacity, worst, error) ||
        !reserve(&parse->scratch, &parse->scratch_capacity, bytes + 1, error))
        return false;

    char *out = parse->line + parse->line_bytes;
    *out++ = '[';
    for (uint32_t field = 0; field < count; field++) {
        size_t field_bytes;
        const char *text = tide_chunk_field(chunk, i, field, &field_bytes);
        text = tide_csv_field(text, field_bytes, parse->scratch, &field_bytes);
        if (field > 0) *out++ = ',';
        *out++ = '"';
        out += tide_escape_json(out, text, field_bytes);
        *out++ = '"';
    }
    *out++ = ']';
    *out++ = '\n';
    parse->line_bytes = (size_t)(out - parse->line);
    parse->has_open_quote = parse->has_open_quote || chunk->is_open_quote;
    return true;
}

static bool print_all(struct parse *parse, struct tide_error *error)
{
    for (;;) {
        switch (tide_records_next(&parse->records, NULL, TIDE_CHUNK_ROWS)) {
        case TIDE_RECORDS_CHUNK:
            for (unsigned i = 0; i < parse->records.chunk.count; i++)
                if (!print_record(parse, i, error)) return false;
            break;
        case TIDE_RECORDS_NEW_FILE:
        case TIDE_RECORDS_FILE_END:
            break;
        case TIDE_RECORDS_END:
            return flush(parse, error);
        case TIDE_RECORDS_NO_MEMORY:
            return tide_error_memory(error, "a long record");
        case TIDE_RECORDS_STARVED:
            if (tide_reader_step(&parse->reader) == TIDE_STARVED) {
                if (!flush(parse, error)) return false;
                tide_reader_wait_for_input(&parse->reader, TIDE_CLOCK_NEVER);
            }
            if (!tide_control_has_failed(&parse->control)) break;
            *error = parse->control.error;
            return false;
        }
    }
}

static bool set_up(struct parse *parse, struct tide_error *error)
{
    void *items[TIDE_BLOCK_COUNT];
    uint64_t bytes_total;
    if (!tide_reader_check_files(&parse->plan, &bytes_total, error) ||
        !tide_control_init(&parse->control, error))
        return false;
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        if (!tide_block_init(&parse->blocks[i])) return tide_error_memory(error, "the input");
        items[i] = &parse->blocks[i];
    }
    tide_waiter_init(&parse->waiter);
    if (!tide_link_init(&parse->link, items, TIDE_BLOCK_COUNT, &parse->waiter, &parse->waiter))
        return tide_error_memory(error, "the input");
    tide_reader_init(&parse->reader, &parse->plan, &parse->control, &parse->link);
    parse->outputs.terminal_escape = tide_escape_terminal;
    parse->out = tide_output_open(&parse->outputs, "-", error);
    const struct tide_scanner *scanner = tide_scanner_select(parse->plan.scanner);
    return parse->out &&
           tide_records_init(&parse->records, scanner, &parse->decoder, parse->plan.row_bytes_max,
                             parse->plan.delimiter, &parse->link, error);
}

static bool read_options(struct parse *parse, const struct tide_options *options,
                         struct tide_error *error)
{
    static const char *const simds[] = {"auto", "avx2", "portable", NULL};
    static const char *const standard_input[] = {"-"};
    struct tide_settings settings = {.options = options, .error = error};
    unsigned simd;
    uint64_t row_bytes;
    if (!tide_setting_delimiter(&settings, DELIMITER, &parse->plan.delimiter) ||
        !tide_setting_uint(&settings, MAX_ROW_BYTES, 1, TIDE_ROW_BYTES_LIMIT, &row_bytes) ||
        !tide_setting_word(&settings, SIMD, simds, &simd))
        return false;
    parse->plan.row_bytes_max = (size_t)row_bytes;
    parse->plan.scanner = (enum tide_scanner_choice)simd;
    parse->plan.files = options->file_count ? options->files : standard_input;
    parse->plan.file_count = options->file_count ? options->file_count : 1;
    return true;
}

static void tear_down(struct parse *parse)
{
    tide_output_discard(&parse->outputs, NULL);
    tide_records_fini(&parse->records);
    tide_reader_fini(&parse->reader);
    tide_link_fini(&parse->link);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&parse->blocks[i]);
    tide_control_fini(&parse->control);
    tide_free(parse->line);
    tide_free(parse->scratch);
    tide_free(parse);
}

static bool parse_files(struct parse *parse, struct tide_error *error)
{
    if (!set_up(parse, error)) return false;
    bool printed = print_all(parse, error);
    struct tide_error cut = {0};
    if (!tide_reader_check_windows(&parse->plan, parse->records.chunk.file, &cut)) {
        *error = cut;
        return false;
    }
    struct tide_error flush_error = {0};
    if (!printed && !flush(parse, &flush_error)) return false; /* what came before the fault */
    if (!printed || !tide_output_commit(&parse->outputs, error)) return false;
    if (!parse->has_open_quote) return true;
    return tide_error_set(error, TIDE_EXIT_POLICY,
                          "a quote stays open at the end of the file; the last record printed is "
                          "all that follows it");
}

int tide_command_parse(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct tide_options options = {0};
    struct parse *parse = tide_alloc_aligned(TIDE_PARTY_BYTES, sizeof *parse);
    if (!parse) {
        tide_error_memory(&error, "the parser");
        return tide_command_failed(&error);
    }
    memset(parse, 0, sizeof *parse);
    parse->control.wake_fd = -1;
    parse->plan.registry = registry;
    int status = TIDE_EXIT_OK;
    if (!tide_options_parse(&options, &parse_options, argc, argv, &error))
        status = tide_command_failed(&error);
    else if (tide_options_flag(&options, HELP))
        status = tide_help_command(&parse_options, registry);
    else if (!read_options(parse, &options, &error) || !parse_files(parse, &error))
        status = tide_command_failed(&error);
    tear_down(parse);
    tide_options_fini(&options);
    return status;
}
