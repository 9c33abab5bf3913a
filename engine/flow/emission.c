#include "engine/flow/emission.h"

bool tide_emission_batch_init(struct tide_emission_batch *batch, size_t text_bytes)
{
    uint32_t records =
        (uint32_t)(text_bytes / TIDE_EMISSION_TEXT_BYTES_A_RECORD) + TIDE_CHANNEL_COUNT;
    *batch = (struct tide_emission_batch){.record_capacity = records, .text_bytes = text_bytes};
    batch->records = tide_alloc(records * sizeof *batch->records);
    return batch->records != NULL;
}

void tide_emission_batch_fini(struct tide_emission_batch *batch)
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) tide_free(batch->channels[i].text);
    tide_free(batch->records);
    *batch = (struct tide_emission_batch){0};
}

void tide_emission_batch_reset(struct tide_emission_batch *batch)
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        struct tide_channel_text *channel = &batch->channels[i];
        channel->bytes = 0;
        if (channel->capacity <= batch->text_bytes) continue;
        tide_free(channel->text); /* one huge line must not cost its room for ever */
        *channel = (struct tide_channel_text){0};
    }
    batch->record_count = 0;
    batch->is_last = false;
}

enum tide_room tide_emission_reserve(struct tide_emission_batch *batch, unsigned channel_index,
                                     size_t bytes)
{
    struct tide_channel_text *channel = &batch->channels[channel_index];
    /* One emission may put a record into each channel. */
    if (batch->record_count + TIDE_CHANNEL_COUNT > batch->record_capacity) return TIDE_ROOM_FULL;
    if (channel->bytes + bytes <= channel->capacity) return TIDE_ROOM;
    if (channel->bytes > 0) return TIDE_ROOM_FULL;
    size_t capacity = bytes > batch->text_bytes ? bytes : batch->text_bytes;
    tide_free(channel->text);
    *channel = (struct tide_channel_text){.text = tide_alloc(capacity)};
    if (!channel->text) return TIDE_ROOM_NO_MEMORY;
    channel->capacity = capacity;
    return TIDE_ROOM;
}
