/*
 * Where a checkpoint stands in the inputs, and what is known of their columns.
 */
#include "engine/stages/parser_parts.h"

#include "engine/state/place_snapshot.h"

#include <string.h>

/* --- what the outputs call the key columns: they head them, and the first header is not read again
 */

static void save_key_names(const struct tide_plan *plan, struct tide_snapshot *snapshot)
{
    for (unsigned i = 0; i < plan->key_count; i++) {
        const char *name = plan->key_names->names[i];
        tide_put_u8(snapshot, name != NULL);
        tide_put_text(snapshot, name ? name : "", name ? strlen(name) : 0);
    }
}

static bool load_key_names(const struct tide_plan *plan, struct tide_snapshot_reader *reader)
{
    for (unsigned i = 0; i < plan->key_count; i++) {
        size_t bytes;
        const bool is_known = tide_get_bool(reader);
        const char *name = tide_get_text(reader, &bytes);
        if (!name) return false;
        if (memchr(name, '\0', bytes)) return tide_damage(reader, "a column's name is no text");
        if (!is_known) continue;
        tide_free(plan->key_names->names[i]);
        plan->key_names->names[i] = tide_strndup(name, bytes);
        if (!plan->key_names->names[i]) return false;
    }
    return !reader->damage;
}

/* --- one input --- */

/* Columns are those of the file; at its beginning nothing is known of them. */
static void save_input(const struct tide_parser *parser, const struct tide_input_place *place,
                       const struct tide_columns *columns, struct tide_snapshot *snapshot)
{
    tide_input_place_save(place, snapshot);
    if (place->offset > 0) tide_columns_save(columns, parser->plan->key_count, snapshot);
}

static bool load_input(const struct tide_parser *parser, struct tide_input_place *place,
                       struct tide_columns *columns, struct tide_snapshot_reader *reader)
{
    return tide_input_place_load(place, reader) &&
           (place->offset == 0 || tide_columns_load(columns, parser->plan->key_count, reader));
}

/* --- files that are one stream --- */

/* Those before the current one are done; of those behind it nothing is known. */
static void save_stream(struct tide_parser *parser, struct tide_snapshot *snapshot)
{
    const unsigned file = parser->records.chunk.file;
    const struct tide_input_place place = tide_records_place(&parser->records, parser->next);
    tide_put_u64(snapshot, file);
    for (unsigned i = 0; i < file; i++) tide_input_place_save(&parser->places[i], snapshot);
    save_input(parser, &place, &parser->columns, snapshot);
}

static bool load_stream(struct tide_parser *parser, struct tide_snapshot_reader *reader)
{
    const uint64_t file = tide_get_u64(reader);
    if (file >= parser->plan->file_count) return tide_damage(reader, "it has too many inputs");
    struct tide_input_place *current = &parser->places[file];
    for (uint64_t i = 0; i < file; i++) {
        if (!tide_input_place_load(&parser->places[i], reader)) return false;
        if (!parser->places[i].is_done)
            return tide_damage(reader, "an input before the current one is not done");
    }
    if (!load_input(parser, current, &parser->columns, reader)) return false;
    if (current->is_done || current->skip_count > 0)
        return tide_damage(reader, "a place in the input cannot be");
    tide_records_resume(&parser->records, (unsigned)file, current);
    if (current->offset == 0) return true; /* all is as at the file's beginning */
    parser->awaits_header = false;
    tide_columns_teach(&parser->columns, parser->columns.needed, &parser->decoder);
    return true;
}

/* --- files that are read side by side --- */

static void save_confluence(const struct tide_parser *parser, struct tide_snapshot *snapshot)
{
    const struct tide_confluence *confluence = &parser->confluence;
    tide_confluence_save(confluence, snapshot);
    for (unsigned i = 0; i < confluence->input_count; i++) {
        const struct tide_input_place place = tide_confluence_place(confluence, i);
        save_input(parser, &place, confluence->inputs[i].columns, snapshot);
    }
}

static bool load_confluence(struct tide_parser *parser, struct tide_snapshot_reader *reader)
{
    struct tide_confluence *confluence = &parser->confluence;
    if (!tide_confluence_load(confluence, reader)) return false;
    if (!tide_confluence_allows(confluence, parser->router.watermark_ms, parser->plan->idle_ms > 0))
        return tide_damage(reader, "its inputs' times contradict each other");
    for (unsigned i = 0; i < confluence->input_count; i++) {
        struct tide_input_place *place = &parser->places[i];
        if (!load_input(parser, place, confluence->inputs[i].columns, reader)) return false;
        if (place->is_done != confluence->watermark.inputs[i].is_finished)
            return tide_damage(reader, "an input has ended and has not");
        tide_confluence_resume(confluence, i, place);
    }
    if (tide_confluence_has_ended(confluence)) parser->phase = TIDE_PARSER_ENDING;
    return true;
}

/* --- either --- */

void tide_parser_save_inputs(struct tide_parser *parser, struct tide_snapshot *snapshot)
{
    save_key_names(parser->plan, snapshot);
    if (parser->confluence.input_count > 0) save_confluence(parser, snapshot);
    else save_stream(parser, snapshot);
}

bool tide_parser_load_inputs(struct tide_parser *parser, struct tide_snapshot_reader *reader)
{
    if (!load_key_names(parser->plan, reader)) return false;
    return parser->confluence.input_count > 0 ? load_confluence(parser, reader)
                                              : load_stream(parser, reader);
}
