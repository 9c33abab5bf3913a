#include "engine/stages/output_lengths.h"

enum { ITEM_BYTES_LEAST = 2 * 8 };

void tide_output_lengths_save(struct tide_output *const outputs[], unsigned count, bool is_finished,
                              struct tide_snapshot *snapshot)
{
    uint64_t saved = 0;
    tide_put_u8(snapshot, is_finished);
    const size_t place = tide_put_later(snapshot);
    for (unsigned i = 0; i < count; i++) {
        if (!outputs[i]) continue;
        const char *name = outputs[i]->part_name;
        tide_put_text(snapshot, name, strlen(name));
        tide_put_u64(snapshot, outputs[i]->bytes);
        saved++;
    }
    tide_put_at(snapshot, place, saved);
}

bool tide_output_lengths_load(struct tide_output_lengths *lengths,
                              struct tide_snapshot_reader *reader)
{
    *lengths = (struct tide_output_lengths){.is_finished = tide_get_bool(reader)};
    const uint64_t count = tide_get_count(reader, ITEM_BYTES_LEAST);
    if (count > TIDE_OUTPUT_FILES_MAX) return tide_damage(reader, "it has too many outputs");
    for (; lengths->count < count; lengths->count++) {
        struct tide_output_length *item = &lengths->items[lengths->count];
        item->part = tide_get_text(reader, &item->part_bytes);
        item->bytes = tide_get_u64(reader);
        if (item->bytes > INT64_MAX) return tide_damage(reader, "an output is too long");
    }
    return !reader->damage;
}

bool tide_output_lengths_find(const struct tide_output_lengths *lengths, const char *part,
                              uint64_t *bytes)
{
    const size_t part_bytes = strlen(part);
    for (unsigned i = 0; i < lengths->count; i++) {
        const struct tide_output_length *item = &lengths->items[i];
        if (item->part_bytes != part_bytes || memcmp(item->part, part, part_bytes) != 0) continue;
        *bytes = item->bytes;
        return true;
    }
    return false;
}
