/*
 * checksum: of a stream of bytes, wherever it is cut, so cheap that every byte of the input can be
 *           taken in as it is read.
 * Owns:     nothing.
 * Threads:  one a checksum.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   it tells damage and mistakes, not malice; streams of up to 2^64 - 1 bytes.
 *
 * The stream is taken in stripes of 64 bytes, each of eight words, and each word has a lane of its
 * own: first = rotate(first, 13) ^ word; second += first. Every step can be undone, so no change
 * within one stripe goes unnoticed; the second sum, of another algebra than the first, is
 * Fletcher's (J. Fletcher, "An Arithmetic Checksum for Serial Transmissions", 1982) and tells how
 * far apart changes are. XXH3 would cost as much as a tenth of all the rest of a run, this a
 * hundredth.
 */
#ifndef TIDE_TEXT_CHECKSUM_H
#define TIDE_TEXT_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIDE_CHECKSUM_LANES = 8, TIDE_CHECKSUM_STRIPE_BYTES = 64 };

struct tide_checksum {
    uint64_t first[TIDE_CHECKSUM_LANES], second[TIDE_CHECKSUM_LANES];
    uint64_t bytes;                        /* taken in */
    char tail[TIDE_CHECKSUM_STRIPE_BYTES]; /* the last bytes % 64 of them, which are in no lane */
};

/* Takes in whole stripes. Each scanner has its own of these, for its instruction set. */
typedef void tide_checksum_stripes(struct tide_checksum *checksum, const char *bytes,
                                   size_t stripe_count);

/* Takes in the next bytes of the stream. A zeroed checksum is that of none. */
void tide_checksum_add(struct tide_checksum *checksum, tide_checksum_stripes *add_stripes,
                       const char *bytes, size_t count);

/* Is it the checksum of the same bytes? */
bool tide_checksum_equals(const struct tide_checksum *a, const struct tide_checksum *b);

#endif
