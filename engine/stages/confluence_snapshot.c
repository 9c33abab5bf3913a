/*
 * What the parser knows of its inputs, in a checkpoint and back from it. How long an input has been
 * silent is of the run that waited, and begins anew; that it was found idle is not, for the
 * watermark went on without it.
 */
#include "engine/stages/confluence.h"

void tide_confluence_save(const struct tide_confluence *confluence, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, confluence->end_count);
    tide_put_i64(snapshot, confluence->watermark.least_ms);
    for (unsigned i = 0; i < confluence->input_count; i++) {
        const struct tide_watermark_input *input = &confluence->watermark.inputs[i];
        tide_put_i64(snapshot, confluence->order.greatest_ms[i]);
        tide_put_i64(snapshot, input->watermark_ms);
        tide_put_u8(snapshot, input->is_idle);
        tide_put_u8(snapshot, input->is_finished);
        tide_put_u8(snapshot, input->counts);
    }
}

/* All inputs are active before. */
static bool load_input(struct tide_confluence *confluence, unsigned i,
                       struct tide_snapshot_reader *reader)
{
    struct tide_watermark *watermark = &confluence->watermark;
    struct tide_watermark_input *input = &watermark->inputs[i];
    confluence->order.greatest_ms[i] = tide_get_i64(reader);
    input->watermark_ms = tide_get_i64(reader);
    input->is_idle = tide_get_bool(reader);
    input->is_finished = tide_get_bool(reader);
    input->counts = tide_get_bool(reader);
    watermark->finished_count += input->is_finished;
    watermark->active_count -= input->is_idle || input->is_finished;
    return !(input->counts && (input->is_idle || input->is_finished)) ||
           tide_damage(reader, "an input counts that is idle or has ended");
}

/* Those that may be next, in an order that makes a heap. */
static void build_order(struct tide_confluence *confluence)
{
    confluence->order.heap_count = 0;
    for (unsigned i = 0; i < confluence->input_count; i++) {
        const struct tide_watermark_input *input = &confluence->watermark.inputs[i];
        if (!input->is_idle && !input->is_finished) tide_interleave_add(&confluence->order, i);
    }
}

bool tide_confluence_load(struct tide_confluence *confluence, struct tide_snapshot_reader *reader)
{
    confluence->end_count = tide_get_u64(reader);
    confluence->watermark.least_ms = tide_get_i64(reader);
    for (unsigned i = 0; i < confluence->input_count; i++)
        if (!load_input(confluence, i, reader)) return false;
    build_order(confluence);
    /* The end of the last one is not among them: it is that of the whole input. */
    const unsigned ends =
        confluence->watermark.finished_count - tide_confluence_has_ended(confluence);
    if (reader->damage) return false;
    return confluence->end_count == ends || tide_damage(reader, "its inputs' ends are miscounted");
}

bool tide_confluence_allows(const struct tide_confluence *confluence, int64_t watermark_ms,
                            bool may_be_idle)
{
    const struct tide_watermark *watermark = &confluence->watermark;
    int64_t least_ms = INT64_MAX, most_ms = TIDE_WATERMARK_NONE;
    for (unsigned i = 0; i < confluence->input_count; i++) {
        const struct tide_watermark_input *input = &watermark->inputs[i];
        const int64_t reached_ms =
            tide_confluence_behind(confluence, confluence->order.greatest_ms[i]);
        if (input->watermark_ms > reached_ms) return false;
        if (!may_be_idle && (input->is_idle || input->counts == input->is_finished)) return false;
        if (!input->is_finished && reached_ms < least_ms) least_ms = reached_ms;
        if (reached_ms > most_ms) most_ms = reached_ms;
    }
    if (tide_confluence_has_ended(confluence)) return true;
    if (may_be_idle) return watermark->least_ms <= most_ms;
    return watermark->least_ms <= least_ms && watermark_ms <= least_ms;
}

struct tide_input_place tide_confluence_place(const struct tide_confluence *confluence,
                                              unsigned input)
{
    struct tide_input_place place = confluence->inputs[input].from;
    place.skip_count += confluence->inputs[input].row_next;
    place.is_done = confluence->watermark.inputs[input].is_finished;
    return place;
}

void tide_confluence_resume(struct tide_confluence *confluence, unsigned input,
                            const struct tide_input_place *place)
{
    confluence->inputs[input].from = *place;
    confluence->inputs[input].has_begun = place->offset > 0;
}
