/*
 * What PyFlink 2.3 makes of a key: DataStream.key_by pickles it (Types.PICKLED_BYTE_ARRAY, protocol
 * 5) and KeyByKeySelector puts the bytes into a Row of one field. Row.hashCode is RowUtils'
 * deepHashCodeRow: of a row of kind INSERT with one byte[], 31 + (31 + Arrays.hashCode(bytes)).
 * KeyGroupRangeAssignment then takes MathUtils.murmurHash of it modulo the number of key groups,
 * and gives each subtask a range of these.
 */
#include "operators/flink_subtask.h"

#include "engine/plan/format.h"
#include "engine/text/escape.h"

enum {
    PROTOCOL = 5,
    KEY_GROUPS_MIN = 1 << 7,
    ROW_OF_ONE_FIELD = 31 + 31,
    SHORT_TEXT_BYTES = 255, /* the length of a longer text takes four bytes */
    SHORT_BYTES = 3,        /* of a text's opcodes and length */
    LONG_BYTES = 6,
    GET_BYTES = 2,
    FRAMED_TEXT_BYTES_BELOW = 1 << 16,
    BAD_BYTE_BYTES = 3,          /* pickled as a lone surrogate, U+DC80 .. U+DCFF */
    PARTS_IN_NUMBERED_TUPLE = 3, /* a longer tuple has a mark in front */
};

/* Opcodes of Python's pickle. */
enum {
    PROTO = 0x80,
    FRAME = 0x95,
    SHORT_TEXT = 0x8c,
    TEXT = 'X',
    MEMOIZE = 0x94,
    GET = 'h',
    MARK = '(',
    TUPLE = 't',
    TUPLE_OF_ONE = 0x85,
    STOP = '.',
};

/* Arrays.hashCode of the bytes so far. */
static uint32_t add(uint32_t hash, unsigned byte)
{
    int32_t value = (int8_t)byte; /* as Java reads it */
    return 31 * hash + (uint32_t)value;
}

static uint32_t add_number(uint32_t hash, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) hash = add(hash, (unsigned)(number >> 8 * i & 0xff));
    return hash;
}

static size_t utf8_bytes(const char *text, size_t bytes)
{
    size_t sum = 0;
    for (size_t i = 0; i < bytes;) {
        size_t length = tide_utf8_sequence(text + i, bytes - i);
        sum += length ? length : BAD_BYTE_BYTES;
        i += length ? length : 1;
    }
    return sum;
}

static uint32_t add_utf8(uint32_t hash, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes;) {
        size_t length = tide_utf8_sequence(text + i, bytes - i), end = i + (length ? length : 1);
        unsigned bad = (unsigned char)text[i];
        if (length == 0) { /* U+DC00 + bad */
            hash = add(add(add(hash, 0xed), 0xb0 | bad >> 6), 0x80 | (bad & 0x3f));
            i++;
        }
        while (i < end) hash = add(hash, (unsigned char)text[i++]);
    }
    return hash;
}

/* A column's text. `memo`: how many objects of the tuple were pickled before this one was first. */
struct part {
    const char *text;
    size_t bytes, utf8_bytes;
    unsigned memo;
    bool is_repeated;
};

/* Python keeps one object for each text of one character up to U+00FF, and pickles an object once.
 * Other equal texts of an element are objects of their own. */
static bool is_shared(const struct part *part)
{
    size_t length = tide_utf8_sequence(part->text, part->bytes);
    return length == part->bytes &&
           (length == 1 || (length == 2 && ((unsigned char)part->text[0] & 0xfc) == 0xc0));
}

static void split(struct part parts[TIDE_KEY_COLUMN_COUNT_MAX], unsigned part_count,
                  const char *key, size_t key_bytes)
{
    unsigned memos = 0;
    for (unsigned i = 0; i < part_count; i++) {
        struct part *part = &parts[i];
        *part = (struct part){.memo = memos};
        part->text = tide_key_part_take(&key, &key_bytes, &part->bytes);
        part->utf8_bytes = utf8_bytes(part->text, part->bytes);
        for (unsigned j = 0; j < i && is_shared(part) && !part->is_repeated; j++) {
            if (parts[j].bytes != part->bytes) continue;
            part->is_repeated = memcmp(parts[j].text, part->text, part->bytes) == 0;
            if (part->is_repeated) part->memo = parts[j].memo;
        }
        memos += !part->is_repeated;
    }
}

static size_t pickled_bytes(const struct part *part)
{
    if (part->is_repeated) return GET_BYTES;
    return part->utf8_bytes + (part->utf8_bytes <= SHORT_TEXT_BYTES ? SHORT_BYTES : LONG_BYTES);
}

static uint32_t add_part(uint32_t hash, const struct part *part)
{
    if (part->is_repeated) return add(add(hash, GET), part->memo);
    if (part->utf8_bytes <= SHORT_TEXT_BYTES)
        hash = add(add(hash, SHORT_TEXT), (unsigned)part->utf8_bytes);
    else hash = add_number(add(hash, TEXT), part->utf8_bytes, sizeof(uint32_t));
    return add(add_utf8(hash, part->text, part->bytes), MEMOIZE);
}

int32_t tide_flink_key_hash(const char *key, size_t key_bytes, unsigned part_count)
{
    struct part parts[TIDE_KEY_COLUMN_COUNT_MAX];
    TIDE_ASSERT(part_count >= 1 && part_count <= TIDE_KEY_COLUMN_COUNT_MAX);
    split(parts, part_count, key, key_bytes);
    const bool is_tuple = part_count > 1, is_marked = part_count > PARTS_IN_NUMBERED_TUPLE;
    uint64_t frame_bytes = 1u + (is_tuple ? 2 : 0) + is_marked;
    for (unsigned i = 0; i < part_count; i++) frame_bytes += pickled_bytes(&parts[i]);

    uint32_t hash = add(add(1, PROTO), PROTOCOL);
    if (parts[0].utf8_bytes < FRAMED_TEXT_BYTES_BELOW)
        hash = add_number(add(hash, FRAME), frame_bytes, sizeof frame_bytes);
    if (is_marked) hash = add(hash, MARK);
    for (unsigned i = 0; i < part_count; i++) hash = add_part(hash, &parts[i]);
    if (is_tuple) hash = add(add(hash, is_marked ? TUPLE : TUPLE_OF_ONE + part_count - 1), MEMOIZE);
    return (int32_t)(add(hash, STOP) + ROW_OF_ONE_FIELD);
}

/* MathUtils.murmurHash: MurmurHash3 (Appleby) of the four bytes, made positive. */
static uint32_t murmur(uint32_t hash)
{
    hash *= 0xcc9e2d51;
    hash = hash << 15 | hash >> 17;
    hash *= 0x1b873593;
    hash = hash << 13 | hash >> 19;
    hash = hash * 5 + 0xe6546b64;
    hash ^= sizeof hash;
    hash = (hash ^ hash >> 16) * 0x85ebca6b;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35;
    hash ^= hash >> 16;
    if (hash == 1u << 31) return 0;
    return hash >> 31 ? -hash : hash;
}

/* KeyGroupRangeAssignment.computeDefaultMaxParallelism. */
static unsigned key_groups(unsigned parallelism)
{
    unsigned least = parallelism + parallelism / 2, groups = KEY_GROUPS_MIN;
    while (groups < least && groups < TIDE_FLINK_PARALLELISM_MAX) groups *= 2;
    return groups;
}

unsigned tide_flink_subtask(int32_t key_hash, unsigned parallelism)
{
    unsigned groups = key_groups(parallelism), group = murmur((uint32_t)key_hash) % groups;
    return group * parallelism / groups + 1;
}
