/*
 * digest: what a file says, in 128 bits: of its bytes, and of its lines in whatever order.
 * Owns:     nothing; what it works with is gone when a function returns.
 * Threads:  any.
 * Blocks:   while the file is read.
 * Errors:   exit 1, naming the file.
 * Limits:   a line must fit into memory.
 *
 * XXH3 of Y. Collet's xxHash, 128 bits wide: two different outputs of honest runs have the same
 * digest with a probability below 2^-100. It is no protection against somebody who wants that.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_DIGEST_H
#define TIDE_INSTRUMENTS_BENCH_DIGEST_H

#include "engine/base/error.h"

#include <stdint.h>

enum { TIDE_DIGEST_TEXT_BYTES = 33 };

struct tide_digest {
    uint64_t high, low;
};

struct tide_file_digest {
    uint64_t bytes;
    struct tide_digest sequence;
    struct tide_digest multiset; /* the sum of the lines' digests; zero if not asked for */
};

enum tide_digest_kinds { TIDE_DIGEST_SEQUENCE, TIDE_DIGEST_BOTH };

TIDE_MUST_USE bool tide_digest_file(const char *path, enum tide_digest_kinds kinds,
                                    struct tide_file_digest *digest, struct tide_error *error);

bool tide_digest_equal(struct tide_digest a, struct tide_digest b);

/* 32 hexadecimal digits, as xxhsum -H2 prints them. */
void tide_digest_print(struct tide_digest digest, char text[TIDE_DIGEST_TEXT_BYTES]);

#endif
