#include "engine/stages/confluence.h"

size_t tide_confluence_bytes(unsigned input_count)
{
    return input_count * sizeof(struct tide_confluence_input) + tide_interleave_bytes(input_count);
}

bool tide_confluence_init(struct tide_confluence *confluence, struct tide_link *links,
                          unsigned input_count, struct tide_error *error)
{
    *confluence = (struct tide_confluence){.input_count = input_count};
    confluence->inputs = tide_alloc_zeroed(input_count, sizeof *confluence->inputs);
    if (!confluence->inputs || !tide_interleave_init(&confluence->order, input_count))
        return tide_error_memory(error, "the inputs");
    for (unsigned i = 0; i < input_count; i++) confluence->inputs[i].link = &links[i];
    return true;
}

void tide_confluence_fini(struct tide_confluence *confluence)
{
    tide_free(confluence->inputs);
    tide_interleave_fini(&confluence->order);
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

enum tide_confluence_news tide_confluence_look(struct tide_confluence *confluence)
{
    struct tide_confluence_input *input = tide_confluence_next(confluence);
    for (;;) {
        if (input->parcel && input->row_next < input->parcel->batch.row_count)
            return TIDE_CONFLUENCE_ROW;
        if (input->parcel && leave_parcel(input)) break;
        input->parcel = tide_link_receive(input->link);
        if (!input->parcel) return TIDE_CONFLUENCE_STARVED;
        input->row_next = input->place_next = 0;
    }
    tide_interleave_remove(&confluence->order, tide_interleave_next(&confluence->order));
    if (confluence->order.heap_count == 0) return TIDE_CONFLUENCE_END;
    confluence->end_count++;
    return TIDE_CONFLUENCE_FINISHED;
}

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
