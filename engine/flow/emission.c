#include "engine/flow/emission.h"

#include "engine/text/key_order.h"

#include <string.h>

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
    batch->is_last = batch->is_barrier = false;
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

size_t tide_emission_key_bytes(uint32_t bytes)
{
    return tide_aligned_bytes(_Alignof(struct tide_key_text), sizeof(struct tide_key_text) + bytes);
}

const struct tide_key_text *tide_emission_keep_key(struct tide_emission_batch *batch,
                                                   const char *key, uint32_t bytes)
{
    struct tide_channel_text *channel = &batch->channels[TIDE_CHANNEL_KEYS];
    struct tide_key_text *kept = (struct tide_key_text *)(void *)(channel->text + channel->bytes);
    TIDE_CHECK(channel->capacity - channel->bytes >= tide_emission_key_bytes(bytes));
    kept->bytes = bytes;
    memcpy(kept->text, key, bytes);
    channel->bytes += tide_emission_key_bytes(bytes);
    return kept;
}

bool tide_key_text_before(const struct tide_order_key *a, const struct tide_order_key *b)
{
    const struct tide_key_text *x = (const struct tide_key_text *)(uintptr_t)a->first_row;
    const struct tide_key_text *y = (const struct tide_key_text *)(uintptr_t)b->first_row;
    return tide_key_order(x->text, x->bytes, y->text, y->bytes) < 0;
}
