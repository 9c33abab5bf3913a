#include "engine/flow/emission.h"

uint32_t tide_emission_record_capacity(size_t text_bytes)
{
    return (uint32_t)(text_bytes / TIDE_EMISSION_TEXT_BYTES_A_RECORD) + TIDE_CHANNEL_COUNT;
}

size_t tide_emission_batch_bytes(size_t text_bytes)
{
    return tide_emission_record_capacity(text_bytes) * sizeof(struct tide_record);
}

bool tide_emission_batch_init(struct tide_emission_batch *batch, size_t text_bytes)
{
    *batch = (struct tide_emission_batch){
        .record_capacity = tide_emission_record_capacity(text_bytes), .text_bytes = text_bytes};
    batch->records = tide_alloc(tide_emission_batch_bytes(text_bytes));
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
