#include "engine/text/checksum.h"

#include <string.h>

static size_t tail_bytes(const struct tide_checksum *checksum)
{
    return checksum->bytes % TIDE_CHECKSUM_STRIPE_BYTES;
}

void tide_checksum_add(struct tide_checksum *checksum, tide_checksum_stripes *add_stripes,
                       const char *bytes, size_t count)
{
    size_t tail = tail_bytes(checksum);
    checksum->bytes += count;
    if (tail > 0) {
        size_t part = TIDE_CHECKSUM_STRIPE_BYTES - tail;
        if (part > count) part = count;
        memcpy(checksum->tail + tail, bytes, part);
        if (tail + part < TIDE_CHECKSUM_STRIPE_BYTES) return;
        add_stripes(checksum, checksum->tail, 1);
        bytes += part;
        count -= part;
    }
    add_stripes(checksum, bytes, count / TIDE_CHECKSUM_STRIPE_BYTES);
    tail = count % TIDE_CHECKSUM_STRIPE_BYTES;
    if (tail > 0) memcpy(checksum->tail, bytes + count - tail, tail);
}

bool tide_checksum_equals(const struct tide_checksum *a, const struct tide_checksum *b)
{
    return a->bytes == b->bytes && memcmp(a->first, b->first, sizeof a->first) == 0 &&
           memcmp(a->second, b->second, sizeof a->second) == 0 &&
           memcmp(a->tail, b->tail, tail_bytes(a)) == 0;
}
