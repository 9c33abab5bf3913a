#include "engine/flow/parcel.h"

enum { PLACES_FIRST = 16 };

size_t tide_parcel_bytes(uint32_t row_capacity)
{
    return tide_batch_bytes(row_capacity, false);
}

bool tide_parcel_init(struct tide_parcel *parcel, uint32_t row_capacity)
{
    *parcel = (struct tide_parcel){0};
    return tide_batch_init(&parcel->batch, row_capacity, false);
}

void tide_parcel_fini(struct tide_parcel *parcel)
{
    tide_batch_fini(&parcel->batch);
    tide_free(parcel->places);
    *parcel = (struct tide_parcel){0};
}

void tide_parcel_reset(struct tide_parcel *parcel)
{
    tide_batch_reset(&parcel->batch, NULL, 0);
    parcel->place_count = 0;
}

bool tide_parcel_add_place(struct tide_parcel *parcel, const struct tide_parcel_place *place)
{
    if (parcel->place_count == parcel->place_capacity) {
        uint32_t capacity = parcel->place_capacity ? parcel->place_capacity * 2 : PLACES_FIRST;
        struct tide_parcel_place *places =
            tide_realloc(parcel->places, capacity * sizeof *parcel->places);
        if (!places) return false;
        parcel->places = places;
        parcel->place_capacity = capacity;
    }
    parcel->places[parcel->place_count++] = *place;
    return true;
}
