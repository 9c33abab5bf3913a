#include "engine/stages/confluence.h"

size_t tide_confluence_bytes(unsigned input_count)
{
    return input_count * sizeof(struct tide_confluence_input) + tide_interleave_bytes(input_count) +
           tide_watermark_bytes(input_count);
}

bool tide_confluence_init(struct tide_confluence *confluence, struct tide_link *links,
                          unsigned input_count, int64_t bound_ms, struct tide_error *error)
{
    *confluence = (struct tide_confluence){.input_count = input_count, .behind_ms = bound_ms + 1};
    confluence->inputs = tide_alloc_zeroed(input_count, sizeof *confluence->inputs);
    if (!confluence->inputs || !tide_interleave_init(&confluence->order, input_count) ||
        !tide_watermark_init(&confluence->watermark, input_count))
        return tide_error_memory(error, "the inputs");
    for (unsigned i = 0; i < input_count; i++) {
        confluence->inputs[i].link = &links[i];
        confluence->inputs[i].from.line = 1;
    }
    return true;
}

void tide_confluence_fini(struct tide_confluence *confluence)
{
    tide_free(confluence->inputs);
    tide_interleave_fini(&confluence->order);
    tide_watermark_fini(&confluence->watermark);
    *confluence = (struct tide_confluence){0};
}

/* Gives back a parcel that has no more rows. True: it was the last of its input. */
static bool leave_parcel(struct tide_confluence_input *input)
{
    struct tide_parcel *parcel = input->parcel;
    bool was_last = (parcel->batch.flags & TIDE_BATCH_END) != 0;
    TIDE_ASSERT(input->place_next == parcel->place_count);
    input->parcel = NULL;
    tide_link_give_back(input->link, parcel);
    return was_last;
}

/* Takes the next parcel of an input that has none. */
static bool take_parcel(struct tide_confluence_input *input)
{
    input->parcel = tide_link_receive(input->link);
    if (!input->parcel) return false;
    input->has_begun = true;
    input->silent_since_ns = 0;
    input->row_next = input->place_next = 0;
    input->from = input->parcel->from;
    return true;
}

int64_t tide_confluence_behind(const struct tide_confluence *confluence, int64_t greatest_ms)
{
    int64_t watermark_ms;
    if (__builtin_sub_overflow(greatest_ms, confluence->behind_ms, &watermark_ms))
        return TIDE_WATERMARK_NONE;
    return watermark_ms;
}

/* Tells the watermark where all active inputs are. */
static void tell_watermark(struct tide_confluence *confluence)
{
    const struct tide_interleave *order = &confluence->order;
    for (unsigned i = 0; i < order->heap_count; i++)
        tide_watermark_advance(
            &confluence->watermark, order->heap[i],
            tide_confluence_behind(confluence, order->greatest_ms[order->heap[i]]));
}

static bool is_idle(const struct tide_confluence *confluence, unsigned input)
{
    return confluence->watermark.inputs[input].is_idle;
}

/* Idle inputs of which something has come are waited for again. */
static void wake_idle(struct tide_confluence *confluence)
{
    for (unsigned i = 0; i < confluence->input_count; i++) {
        if (!is_idle(confluence, i) || confluence->watermark.inputs[i].is_finished ||
            !take_parcel(&confluence->inputs[i]))
            continue;
        tell_watermark(confluence);
        tide_watermark_set_active(&confluence->watermark, i);
        tide_interleave_add(&confluence->order, i);
    }
}

static enum tide_confluence_news finish_next(struct tide_confluence *confluence)
{
    unsigned next = tide_interleave_next(&confluence->order);
    tell_watermark(confluence);
    tide_interleave_remove(&confluence->order, next);
    tide_watermark_finish(&confluence->watermark, next);
    if (tide_confluence_has_ended(confluence)) return TIDE_CONFLUENCE_END;
    confluence->end_count++;
    return TIDE_CONFLUENCE_FINISHED;
}

enum tide_confluence_news tide_confluence_look(struct tide_confluence *confluence)
{
    const struct tide_watermark *watermark = &confluence->watermark;
    if (TIDE_UNLIKELY(watermark->active_count + watermark->finished_count <
                      confluence->input_count))
        wake_idle(confluence);
    if (confluence->order.heap_count == 0) return TIDE_CONFLUENCE_STARVED;
    struct tide_confluence_input *input = tide_confluence_next(confluence);
    for (;;) {
        if (input->parcel && input->row_next < input->parcel->batch.row_count)
            return TIDE_CONFLUENCE_ROW;
        if (input->parcel && leave_parcel(input)) return finish_next(confluence);
        if (!take_parcel(input)) return TIDE_CONFLUENCE_STARVED;
    }
}

/* --- idle inputs --- */

/* Has nothing come of the input that is still to be taken, neither a row nor its end? */
static bool is_empty(const struct tide_confluence_input *input)
{
    const struct tide_parcel *parcel = input->parcel;
    if (parcel &&
        (input->row_next < parcel->batch.row_count || parcel->batch.flags & TIDE_BATCH_END))
        return false;
    return tide_ring_count(&input->link->forward) == 0;
}

/* The names of the key columns come from the first input's header, and head the outputs. */
static bool may_be_idle(const struct tide_confluence *confluence, unsigned input)
{
    return input > 0 || confluence->inputs[0].has_begun;
}

struct tide_silence tide_confluence_listen(struct tide_confluence *confluence, int64_t now_ns,
                                           int64_t idle_ns)
{
    struct tide_silence silence = {.is_of_all = true};
    for (unsigned i = 0; i < confluence->input_count; i++) {
        struct tide_confluence_input *input = &confluence->inputs[i];
        if (confluence->watermark.inputs[i].is_finished || is_idle(confluence, i)) continue;
        if (!is_empty(input)) {
            input->silent_since_ns = 0;
            silence.is_of_all = false;
            continue;
        }
        if (input->silent_since_ns == 0) input->silent_since_ns = now_ns;
        if (now_ns - input->silent_since_ns < idle_ns || !may_be_idle(confluence, i)) continue;
        if (input->parcel) leave_parcel(input);
        tell_watermark(confluence);
        tide_interleave_remove(&confluence->order, i);
        tide_watermark_set_idle(&confluence->watermark, i);
        silence.is_new_idle = true;
    }
    return silence;
}

int64_t tide_confluence_idle_at_ns(const struct tide_confluence *confluence, int64_t idle_ns)
{
    int64_t least_ns = TIDE_CLOCK_NEVER;
    for (unsigned i = 0; i < confluence->input_count; i++) {
        const struct tide_confluence_input *input = &confluence->inputs[i];
        if (input->silent_since_ns == 0 || is_idle(confluence, i) || !may_be_idle(confluence, i))
            continue;
        int64_t at_ns = input->silent_since_ns + idle_ns;
        if (at_ns < least_ns) least_ns = at_ns;
    }
    return least_ns;
}

/* --- bounds of the next input --- */

int64_t tide_confluence_others_ms(const struct tide_confluence *confluence)
{
    const struct tide_interleave *order = &confluence->order;
    return order->heap_count > 1 ? order->greatest_ms[tide_interleave_second(order)] : INT64_MAX;
}

int64_t tide_confluence_stay_ms(const struct tide_confluence *confluence)
{
    const struct tide_interleave *order = &confluence->order;
    if (order->heap_count == 1) return INT64_MAX;
    unsigned next = tide_interleave_next(order), second = tide_interleave_second(order);
    /* Of equal ones the first is next; so the other one's time is greater than the least there is.
     */
    return next < second ? order->greatest_ms[second] : order->greatest_ms[second] - 1;
}

void tide_confluence_nudge(struct tide_confluence *confluence)
{
    for (unsigned i = 0; i < confluence->input_count; i++)
        tide_link_nudge_producer(confluence->inputs[i].link);
}
