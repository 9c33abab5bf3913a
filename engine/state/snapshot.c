#include "engine/state/snapshot.h"

/* What is reserved is an eighth more than asked for: the next checkpoint may be larger. */
enum { SNAPSHOT_BYTES_FIRST = 4096, RESERVE_SPARE = 8 };

void tide_snapshot_fini(struct tide_snapshot *snapshot)
{
    tide_free(snapshot->bytes);
    *snapshot = (struct tide_snapshot){0};
}

void tide_snapshot_clear(struct tide_snapshot *snapshot)
{
    snapshot->count = 0;
    snapshot->has_failed = false;
}

/* What has been put moves to a new block; realloc would move all of the old one. */
static bool move(struct tide_snapshot *snapshot, size_t capacity)
{
    char *larger = tide_alloc(capacity);
    if (!larger) return false;
    if (snapshot->count > 0) memcpy(larger, snapshot->bytes, snapshot->count);
    tide_free(snapshot->bytes);
    snapshot->bytes = larger;
    snapshot->capacity = capacity;
    return true;
}

static bool is_too_much(const struct tide_snapshot *snapshot, size_t bytes)
{
    return bytes > SIZE_MAX / 4 - snapshot->count;
}

static bool grow(struct tide_snapshot *snapshot, size_t bytes)
{
    size_t capacity = snapshot->capacity ? snapshot->capacity : SNAPSHOT_BYTES_FIRST;
    if (is_too_much(snapshot, bytes)) return false;
    while (capacity - snapshot->count < bytes) capacity *= 2;
    return move(snapshot, capacity);
}

void tide_snapshot_reserve(struct tide_snapshot *snapshot, size_t bytes)
{
    if (snapshot->has_failed || snapshot->capacity - snapshot->count >= bytes) return;
    snapshot->has_failed =
        is_too_much(snapshot, bytes) ||
        !move(snapshot, snapshot->count + bytes + bytes / RESERVE_SPARE + SNAPSHOT_BYTES_FIRST);
}

char *tide_put_room(struct tide_snapshot *snapshot, size_t bytes)
{
    if (snapshot->has_failed) return NULL;
    if (TIDE_UNLIKELY(snapshot->capacity - snapshot->count < bytes || !snapshot->bytes) &&
        !grow(snapshot, bytes)) {
        snapshot->has_failed = true;
        return NULL;
    }
    char *room = snapshot->bytes + snapshot->count;
    snapshot->count += bytes;
    return room;
}

size_t tide_put_later(struct tide_snapshot *snapshot)
{
    size_t place = snapshot->count;
    tide_put_u64(snapshot, 0);
    return place;
}

void tide_put_at(struct tide_snapshot *snapshot, size_t place, uint64_t value)
{
    if (snapshot->has_failed) return;
    TIDE_ASSERT(place + sizeof value <= snapshot->count);
    value = htole64(value);
    memcpy(snapshot->bytes + place, &value, sizeof value);
}

void tide_put_key(struct tide_snapshot *snapshot, const char *key, uint32_t bytes)
{
    tide_put_u32(snapshot, bytes);
    tide_put_bytes(snapshot, key, bytes);
}

bool tide_damage(struct tide_snapshot_reader *reader, const char *damage)
{
    if (!reader->damage) reader->damage = damage;
    return false;
}

const char *tide_get_bytes(struct tide_snapshot_reader *reader, size_t count)
{
    if (reader->damage) return NULL;
    if ((size_t)(reader->end - reader->at) < count) {
        tide_damage(reader, "it ends too early");
        return NULL;
    }
    const char *bytes = reader->at;
    reader->at += count;
    return bytes;
}

uint8_t tide_get_u8(struct tide_snapshot_reader *reader)
{
    const char *bytes = tide_get_bytes(reader, 1);
    return bytes ? (uint8_t)bytes[0] : 0;
}

uint32_t tide_get_u32(struct tide_snapshot_reader *reader)
{
    uint32_t value = 0;
    const char *bytes = tide_get_bytes(reader, sizeof value);
    if (bytes) memcpy(&value, bytes, sizeof value);
    return le32toh(value);
}

uint64_t tide_get_u64(struct tide_snapshot_reader *reader)
{
    uint64_t value = 0;
    const char *bytes = tide_get_bytes(reader, sizeof value);
    if (bytes) memcpy(&value, bytes, sizeof value);
    return le64toh(value);
}

int64_t tide_get_i64(struct tide_snapshot_reader *reader)
{
    return (int64_t)tide_get_u64(reader);
}

tide_int128 tide_get_int128(struct tide_snapshot_reader *reader)
{
    uint64_t low = tide_get_u64(reader), high = tide_get_u64(reader);
    return (tide_int128)((tide_uint128)high << 64 | low);
}

bool tide_get_bool(struct tide_snapshot_reader *reader)
{
    uint8_t value = tide_get_u8(reader);
    if (value > 1) tide_damage(reader, "a yes or no is neither");
    return value == 1;
}

uint64_t tide_get_count(struct tide_snapshot_reader *reader, size_t least_bytes_each)
{
    uint64_t count = tide_get_u64(reader);
    if (reader->damage) return 0;
    if (count <= (size_t)(reader->end - reader->at) / least_bytes_each) return count;
    tide_damage(reader, "it says that more follows than there is");
    return 0;
}

const char *tide_get_text(struct tide_snapshot_reader *reader, size_t *bytes)
{
    *bytes = tide_get_count(reader, 1);
    return tide_get_bytes(reader, *bytes);
}

bool tide_get_key(struct tide_snapshot_reader *reader, const struct tide_hash_seed *seed,
                  struct tide_key *key, uint64_t *hash)
{
    const uint32_t bytes = tide_get_u32(reader);
    const char *text = tide_get_bytes(reader, bytes);
    if (!text) return false;
    if (bytes > 0 && text[bytes - 1] == '\0')
        return tide_damage(reader, "a key ends in a NUL byte");
    *key = (struct tide_key){.bytes = bytes};
    if (bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(key->words, text, bytes);
        *hash = tide_hash_inline(seed, key->words[0], key->words[1]);
    } else {
        *hash = tide_hash_bytes(seed, text, bytes);
        key->words[0] = (uint64_t)(uintptr_t)text;
        key->words[1] = *hash;
    }
    return true;
}

uint64_t tide_get_row(struct tide_snapshot_reader *reader)
{
    uint64_t row = tide_get_u64(reader);
    if (row < reader->row_count || reader->damage) return row;
    tide_damage(reader, "a row's number is beyond the rows read");
    return 0;
}

/* |amount| < 10^27, and sums are promised for 10^11 of them. */
static tide_uint128 sum_limit(uint64_t count)
{
    const uint64_t row_limit = UINT64_C(100000000000);
    return tide_power_of_ten(27) * (count < row_limit ? count : row_limit);
}

static tide_uint128 size_of(tide_int128 sum)
{
    return sum < 0 ? -(tide_uint128)sum : (tide_uint128)sum;
}

bool tide_check_sum(struct tide_snapshot_reader *reader, tide_int128 sum, uint64_t count)
{
    if (count == 0) return tide_damage(reader, "an entry counts no row");
    if (count > reader->row_count) return tide_damage(reader, "an entry counts too many rows");
    if (size_of(sum) > sum_limit(count))
        return tide_damage(reader, "a sum is too large for its rows");
    return true;
}

bool tide_check_entry_sum(struct tide_snapshot_reader *reader, tide_int128 sum, uint64_t count)
{
    if (!tide_check_sum(reader, sum, count)) return false;
    if (count > reader->row_count - reader->rows_counted)
        return tide_damage(reader, "an entry counts too many rows");
    reader->rows_counted += count;
    reader->sums_total += size_of(sum);
    return reader->sums_total <= sum_limit(UINT64_MAX) ||
           tide_damage(reader, "sums are too large for all rows");
}
