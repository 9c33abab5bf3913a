#include "engine/state/place_snapshot.h"

static size_t tail_bytes(const struct tide_checksum *checksum)
{
    return checksum->bytes % TIDE_CHECKSUM_STRIPE_BYTES;
}

static void save_checksum(const struct tide_checksum *checksum, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, checksum->bytes);
    for (unsigned i = 0; i < TIDE_CHECKSUM_LANES; i++) {
        tide_put_u64(snapshot, checksum->first[i]);
        tide_put_u64(snapshot, checksum->second[i]);
    }
    tide_put_bytes(snapshot, checksum->tail, tail_bytes(checksum));
}

static void load_checksum(struct tide_checksum *checksum, struct tide_snapshot_reader *reader)
{
    *checksum = (struct tide_checksum){.bytes = tide_get_u64(reader)};
    for (unsigned i = 0; i < TIDE_CHECKSUM_LANES; i++) {
        checksum->first[i] = tide_get_u64(reader);
        checksum->second[i] = tide_get_u64(reader);
    }
    const char *tail = tide_get_bytes(reader, tail_bytes(checksum));
    if (tail) memcpy(checksum->tail, tail, tail_bytes(checksum));
}

void tide_input_place_save(const struct tide_input_place *place, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, place->offset);
    tide_put_u64(snapshot, place->line);
    tide_put_u8(snapshot, place->is_after_cr);
    tide_put_u64(snapshot, place->skip_count);
    save_checksum(&place->read, snapshot);
    tide_put_u8(snapshot, place->has_ended);
    tide_put_u64(snapshot, place->file_bytes);
    tide_put_u8(snapshot, place->is_done);
}

bool tide_input_place_load(struct tide_input_place *place, struct tide_snapshot_reader *reader)
{
    place->offset = tide_get_u64(reader);
    place->line = tide_get_u64(reader);
    place->is_after_cr = tide_get_bool(reader);
    place->skip_count = tide_get_u64(reader);
    load_checksum(&place->read, reader);
    place->has_ended = tide_get_bool(reader);
    place->file_bytes = tide_get_u64(reader);
    place->is_done = tide_get_bool(reader);
    if (reader->damage) return false;
    const bool can_be = place->offset <= place->read.bytes && place->read.bytes <= INT64_MAX &&
                        place->file_bytes <= INT64_MAX && place->line > 0 &&
                        place->line <= place->offset + 1 && place->skip_count <= reader->row_count;
    return (can_be && (place->has_ended || !place->is_done)) ||
           tide_damage(reader, "a place in the input cannot be");
}
