/*
 * snapshot: state as bytes for a checkpoint, and what reads it back without trusting it.
 * Owns:     a snapshot its bytes; a reader borrows them.
 * Threads:  one owner at a time: who fills it, a ring, or who writes it to disk.
 * Blocks:   never; a snapshot allocates when it grows, and keeps its room for the next one.
 * Errors:   a put without memory latches has_failed, and later ones do nothing; a get past the end,
 *           or a value that cannot be, latches the first damage, and later ones return zeroes.
 * Limits:   none of its own.
 *
 * Numbers are little-endian and of fixed width. There is no structure here but order: what one
 * module puts, the same module gets. Hashes are never put, for each run draws its own seed.
 */
#ifndef TIDE_STATE_SNAPSHOT_H
#define TIDE_STATE_SNAPSHOT_H

#include "engine/state/pane.h"

#include <endian.h>

struct tide_snapshot {
    char *bytes;
    size_t count, capacity;
    bool has_failed; /* for want of memory */
};

void tide_snapshot_fini(struct tide_snapshot *snapshot);  /* a zeroed one is fine */
void tide_snapshot_clear(struct tide_snapshot *snapshot); /* empty, and the room is kept */

/* Sees to it that so many bytes more can be put without moving those that are there. */
void tide_snapshot_reserve(struct tide_snapshot *snapshot, size_t bytes);

/* Room for `bytes` more, which the caller fills. NULL: has_failed. */
char *tide_put_room(struct tide_snapshot *snapshot, size_t bytes);

/* The same piece by piece, for many small ones: each returns where the next one goes. */
static inline char *tide_write_u32(char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *tide_write_u64(char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *tide_write_int128(char *at, tide_int128 value)
{
    at = tide_write_u64(at, (uint64_t)value);
    return tide_write_u64(at, (uint64_t)((tide_uint128)value >> 64));
}

/* As tide_put_key, in TIDE_KEY_SNAPSHOT_BYTES and as many as the key has. */
enum { TIDE_KEY_SNAPSHOT_BYTES = 4 };

static inline char *tide_write_key(char *at, const char *key, uint32_t bytes)
{
    at = tide_write_u32(at, bytes);
    memcpy(at, key, bytes);
    return at + bytes;
}

static inline void tide_put_bytes(struct tide_snapshot *snapshot, const void *bytes, size_t count)
{
    char *room = tide_put_room(snapshot, count);
    if (room && count > 0) memcpy(room, bytes, count);
}

static inline void tide_put_u8(struct tide_snapshot *snapshot, uint8_t value)
{
    tide_put_bytes(snapshot, &value, sizeof value);
}

static inline void tide_put_u32(struct tide_snapshot *snapshot, uint32_t value)
{
    value = htole32(value);
    tide_put_bytes(snapshot, &value, sizeof value);
}

static inline void tide_put_u64(struct tide_snapshot *snapshot, uint64_t value)
{
    value = htole64(value);
    tide_put_bytes(snapshot, &value, sizeof value);
}

static inline void tide_put_i64(struct tide_snapshot *snapshot, int64_t value)
{
    tide_put_u64(snapshot, (uint64_t)value);
}

/* Its length, then its bytes. */
static inline void tide_put_text(struct tide_snapshot *snapshot, const char *text, size_t bytes)
{
    tide_put_u64(snapshot, bytes);
    tide_put_bytes(snapshot, text, bytes);
}

/* A place for a number that is not known yet, and the number put there. */
size_t tide_put_later(struct tide_snapshot *snapshot);
void tide_put_at(struct tide_snapshot *snapshot, size_t place, uint64_t value);

void tide_put_key(struct tide_snapshot *snapshot, const char *key, uint32_t bytes);

struct tide_snapshot_reader {
    const char *at, *end;
    uint64_t row_count; /* of the input, when the snapshot was taken: a limit for row numbers */
    unsigned workers_before; /* how many took part in it */
    uint64_t rows_counted;   /* by the entries read so far: no row is in two */
    tide_uint128 sums_total; /* of the sizes of their sums: merged, they stay within 128 bits */
    const char *damage;      /* NULL: none */
};

/* Latches what is wrong, as a phrase: "a window ends before it begins". Returns false. */
bool tide_damage(struct tide_snapshot_reader *reader, const char *damage);

/* The next `count` bytes, which stay where they are; NULL: damaged. */
const char *tide_get_bytes(struct tide_snapshot_reader *reader, size_t count);

uint8_t tide_get_u8(struct tide_snapshot_reader *reader);
uint32_t tide_get_u32(struct tide_snapshot_reader *reader);
uint64_t tide_get_u64(struct tide_snapshot_reader *reader);
int64_t tide_get_i64(struct tide_snapshot_reader *reader);
tide_int128 tide_get_int128(struct tide_snapshot_reader *reader);
bool tide_get_bool(struct tide_snapshot_reader *reader);

/* How many things follow, of which each takes at least so many bytes (not 0): more than can be
 * there are damage. */
uint64_t tide_get_count(struct tide_snapshot_reader *reader, size_t least_bytes_each);

/* What tide_put_text has put; NULL: damaged. */
const char *tide_get_text(struct tide_snapshot_reader *reader, size_t *bytes);

/* A key, whose long bytes stay where they are, and its hash. False: damaged. */
TIDE_MUST_USE bool tide_get_key(struct tide_snapshot_reader *reader,
                                const struct tide_hash_seed *seed, struct tide_key *key,
                                uint64_t *hash);

/* The number of a row that the input had by then. */
uint64_t tide_get_row(struct tide_snapshot_reader *reader);

/* Could this be the sum of so many amounts, at least one? Else that is damage. */
TIDE_MUST_USE bool tide_check_sum(struct tide_snapshot_reader *reader, tide_int128 sum,
                                  uint64_t count);

/* The same of an entry's, together with those of all entries before. */
TIDE_MUST_USE bool tide_check_entry_sum(struct tide_snapshot_reader *reader, tide_int128 sum,
                                        uint64_t count);

#endif
