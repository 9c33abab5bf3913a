#include "engine/instruments/profile/pass.h"

#include "engine/stages/decoder.h"
#include "engine/stages/reader.h"

#include <string.h>

enum { BOM_BYTES = 3 };

bool tide_pass_init(struct tide_pass *pass, const struct tide_plan *plan, bool adapts_decimals,
                    struct tide_link *blocks, struct tide_tally *tally, struct tide_error *error)
{
    *pass = (struct tide_pass){.plan = plan,
                               .tally = tally,
                               .adapts_decimals = adapts_decimals,
                               .other_scale = *plan,
                               .awaits_header = plan->has_header};
    pass->amount_unit = tide_powers_of_ten[plan->decimal.scale];
    tide_decoder_init(&pass->decoder, plan);
    tide_classifier_init(&pass->classifier, plan, &pass->columns);
    tide_classifier_init(&pass->other_classifier, &pass->other_scale, &pass->columns);
    return tide_records_init(&pass->records, tide_scanner_select(plan->scanner), &pass->decoder,
                             plan->row_bytes_max, plan->delimiter, blocks, error);
}

void tide_pass_fini(struct tide_pass *pass)
{
    tide_records_fini(&pass->records);
    tide_classifier_fini(&pass->classifier);
    tide_classifier_fini(&pass->other_classifier);
    tide_free(pass->scratch);
    *pass = (struct tide_pass){0};
}

static const char *file_name(const struct tide_pass *pass)
{
    return tide_reader_file_name(pass->plan, pass->records.chunk.file);
}

static bool read_header(struct tide_pass *pass, struct tide_error *error)
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    size_t bytes;
    tide_chunk_record(chunk, 0, &bytes);
    if (chunk->is_open_quote)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s:%llu: a quote in the header stays open to the end of the file",
                              file_name(pass),
                              (unsigned long long)tide_records_line(&pass->records, 0));
    if (chunk->is_overlong || bytes > pass->plan->row_bytes_max)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s: the header is longer than --max-row-bytes %zu", file_name(pass),
                              pass->plan->row_bytes_max);
    char *scratch = tide_classifier_scratch(&pass->classifier, bytes + 1);
    if (!scratch) return tide_error_memory(error, "the header");
    if (!tide_columns_from_header(&pass->columns, pass->plan, chunk, scratch, file_name(pass),
                                  error))
        return false;
    tide_columns_teach(&pass->columns, chunk->field_count, &pass->decoder);
    pass->awaits_header = false;
    return true;
}

static void begin_file(struct tide_pass *pass)
{
    pass->awaits_header = pass->plan->has_header;
    pass->is_first_of_file = true;
    if (pass->plan->has_header) return;
    tide_columns_from_numbers(&pass->columns, pass->plan);
    tide_columns_teach(&pass->columns, pass->columns.needed, &pass->decoder);
}

/* How records end. What straddled two blocks has lost its end and is passed over. */
static void count_ends(struct tide_pass *pass)
{
    const struct tide_chunk *chunk = &pass->records.chunk;
    struct tide_tally *tally = pass->tally;
    if (pass->is_first_of_file && chunk->offset + tide_chunk_start(chunk, 0) == BOM_BYTES)
        tally->files_with_bom++;
    pass->is_first_of_file = false;
    if (chunk->bytes == pass->records.joint) return;
    if (!pass->records.index.has_cr) {
        tally->lf_ends += chunk->count;
        return;
    }
    for (unsigned i = 0; i < chunk->count; i++) {
        const uint32_t end = chunk->separators[chunk->first + (i + 1) * chunk->field_count - 1];
        if (chunk->bytes[end] == '\r') tally->cr_ends++;
        else if (end > 0 && chunk->bytes[end - 1] == '\r') tally->crlf_ends++;
        else tally->lf_ends++;
    }
}

static enum tide_pass_news take_chunk(struct tide_pass *pass, struct tide_error *error)
{
    count_ends(pass);
    if (pass->awaits_header) return read_header(pass, error) ? TIDE_PASS_WENT_ON : TIDE_PASS_FAILED;
    if (tide_pass_rows(pass) && !pass->has_no_memory) return TIDE_PASS_WENT_ON;
    tide_error_memory(error, pass->has_no_memory ? "a field" : "the keys");
    return TIDE_PASS_FAILED;
}

enum tide_pass_news tide_pass_step(struct tide_pass *pass, struct tide_error *error)
{
    switch (tide_records_next(&pass->records, NULL, pass->awaits_header ? 1 : TIDE_CHUNK_ROWS)) {
    case TIDE_RECORDS_CHUNK:
        return take_chunk(pass, error);
    case TIDE_RECORDS_NEW_FILE:
        begin_file(pass);
        return TIDE_PASS_WENT_ON;
    case TIDE_RECORDS_FILE_END:
        if (!pass->awaits_header) return TIDE_PASS_WENT_ON;
        tide_error_set(error, TIDE_EXIT_FAILED, "%s: the file is empty: not even a header",
                       file_name(pass));
        return TIDE_PASS_FAILED;
    case TIDE_RECORDS_END:
        return TIDE_PASS_ENDED;
    case TIDE_RECORDS_STARVED:
        return TIDE_PASS_STARVED;
    case TIDE_RECORDS_NO_MEMORY:
        break;
    }
    tide_error_memory(error, "a long record");
    return TIDE_PASS_FAILED;
}

static unsigned digits_of(uint64_t number)
{
    unsigned digits = 0;
    for (; number > 0; number /= 10) digits++;
    return digits;
}

void tide_pass_settle(struct tide_pass *pass)
{
    struct tide_amount_range *range = &pass->tally->amounts;
    const unsigned scale = pass->plan->decimal.scale;
    unsigned decimals = scale;
    for (uint64_t unit = pass->amount_unit; unit > 1; unit /= 10) decimals--;
    if (decimals > range->decimals) range->decimals = decimals;
    const unsigned digits = digits_of(pass->amount_max);
    if (digits > scale && digits - scale > range->digits) range->digits = digits - scale;
}
