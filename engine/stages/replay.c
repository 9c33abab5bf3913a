#include "engine/stages/replay.h"

#include "engine/base/memory.h"

#include <string.h>

enum { PIECES_FIRST = 64, TEXT_FIRST = 1 << 14 };

size_t tide_replay_bytes(void)
{
    return tide_flink_order_bytes();
}

bool tide_replay_init(struct tide_replay *replay, const struct tide_plan *plan)
{
    *replay = (struct tide_replay){0};
    return tide_flink_order_init(&replay->order, plan);
}

void tide_replay_fini(struct tide_replay *replay)
{
    tide_flink_order_fini(&replay->order);
    tide_free(replay->pieces);
    tide_free(replay->text);
    *replay = (struct tide_replay){0};
}

static bool take_row(struct tide_replay *replay, const struct tide_record *record, const char *text)
{
    struct tide_row_told told;
    struct tide_key key = {.bytes = record->bytes - (uint32_t)sizeof told};
    memcpy(&told, text, sizeof told);
    const char *bytes = text + sizeof told;
    if (key.bytes <= TIDE_KEY_INLINE_BYTES) memcpy(key.words, bytes, key.bytes);
    else key = (struct tide_key){{(uint64_t)(uintptr_t)bytes, told.hash}, key.bytes};
    const struct tide_flink_row row = {record->key.cause_row, told.time_ms, told.passed_ms,
                                       told.event_ms, told.watermark_ms};
    return tide_flink_order_row(&replay->order, &row, &key, told.hash);
}

static bool reserve(struct tide_replay *replay, size_t bytes)
{
    if (replay->piece_count == replay->piece_capacity) {
        uint32_t capacity = replay->piece_capacity ? 2 * replay->piece_capacity : PIECES_FIRST;
        struct tide_replay_piece *pieces =
            tide_realloc(replay->pieces, capacity * sizeof *replay->pieces);
        if (!pieces) return false;
        replay->pieces = pieces;
        replay->piece_capacity = capacity;
    }
    if (replay->text_capacity - replay->text_bytes >= bytes) return true;
    size_t capacity = replay->text_capacity ? 2 * replay->text_capacity : TEXT_FIRST;
    if (capacity < replay->text_bytes + bytes) capacity = replay->text_bytes + bytes;
    char *grown = tide_realloc(replay->text, capacity);
    if (!grown) return false;
    replay->text = grown;
    replay->text_capacity = capacity;
    return true;
}

bool tide_replay_add(struct tide_replay *replay, const struct tide_record *record, const char *text)
{
    TIDE_ASSERT(!tide_replay_must_go(replay, &record->key));
    if (record->channel == TIDE_CHANNEL_ROWS) return take_row(replay, record, text);
    if (!reserve(replay, record->bytes)) return false;
    replay->pieces[replay->piece_count++] =
        (struct tide_replay_piece){record->key, replay->text_bytes, record->channel, record->bytes};
    memcpy(replay->text + replay->text_bytes, text, record->bytes);
    replay->text_bytes += record->bytes;
    return true;
}

static bool is_same_result(const struct tide_order_key *a, const struct tide_order_key *b)
{
    return a->end_ms == b->end_ms && a->first_row == b->first_row;
}

/* The end of the pieces that belong to the same result as the one at `begin`. */
static uint32_t end_of(const struct tide_replay *replay, uint32_t begin)
{
    uint32_t end = begin + 1;
    while (end < replay->piece_count &&
           is_same_result(&replay->pieces[end].key, &replay->pieces[begin].key))
        end++;
    return end;
}

/* The first piece of a result; piece_count: it has no text. */
static uint32_t find(const struct tide_replay *replay, const struct tide_flink_fired *fired)
{
    struct tide_order_key wanted = {.end_ms = fired->end_ms, .first_row = fired->first_row};
    uint32_t begin = 0, end = replay->piece_count;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        const struct tide_order_key *key = &replay->pieces[middle].key;
        if (key->end_ms < wanted.end_ms ||
            (key->end_ms == wanted.end_ms && key->first_row < wanted.first_row))
            begin = middle + 1;
        else end = middle;
    }
    if (begin == replay->piece_count) return begin;
    return is_same_result(&replay->pieces[begin].key, &wanted) ? begin : replay->piece_count;
}

/* Windows and silences come out as their timers do. */
static bool next_fired(struct tide_replay *replay,
                       bool (*next)(struct tide_flink_order *order, int64_t time_ms,
                                    struct tide_flink_fired *fired))
{
    struct tide_flink_fired fired;
    do {
        bool fires = next(&replay->order, INT64_MAX, &fired);
        TIDE_ASSERT(fires || replay->is_restored); /* a result that Flink would not have */
        if (!fires) return false;
        replay->next = find(replay, &fired);
    } while (replay->next == replay->piece_count);
    replay->end = end_of(replay, replay->next);
    return true;
}

/* What a row causes itself comes out of its windows in turn, the newest first. */
static void next_of_row(struct tide_replay *replay)
{
    replay->end = replay->piece_count - replay->out_count;
    replay->next = replay->end - 1;
    while (replay->next > 0 && is_same_result(&replay->pieces[replay->next - 1].key,
                                              &replay->pieces[replay->end - 1].key))
        replay->next--;
}

/* False: what was restored does not know it. */
static bool next_result(struct tide_replay *replay)
{
    switch ((enum tide_phase)replay->pieces[0].key.phase) {
    case TIDE_PHASE_ROW:
        next_of_row(replay);
        return true;
    case TIDE_PHASE_ARRIVAL:
    case TIDE_PHASE_WINDOW:
        return next_fired(replay, tide_flink_order_next);
    case TIDE_PHASE_TIMER:
        return next_fired(replay, tide_flink_order_next_silence);
    default:
        replay->next = replay->out_count;
        replay->end = replay->piece_count;
        return true;
    }
}

void tide_replay_save(const struct tide_replay *replay, struct tide_snapshot *snapshot)
{
    TIDE_ASSERT(replay->piece_count == 0);
    tide_flink_order_save(&replay->order, snapshot);
}

bool tide_replay_load(struct tide_replay *replay, const struct tide_hash_seed *seed,
                      struct tide_snapshot_reader *reader)
{
    replay->is_restored = true;
    return tide_flink_order_load(&replay->order, seed, reader);
}

bool tide_replay_next(struct tide_replay *replay, unsigned *channel, const char **text,
                      size_t *bytes)
{
    if (replay->out_count == replay->piece_count) {
        replay->piece_count = replay->out_count = replay->next = replay->end = 0;
        replay->text_bytes = 0;
        return false;
    }
    if (replay->next == replay->end && !next_result(replay)) {
        replay->is_lost = true;
        return false;
    }
    const struct tide_replay_piece *piece = &replay->pieces[replay->next++];
    *channel = piece->channel;
    *text = replay->text + piece->offset;
    *bytes = piece->bytes;
    replay->out_count++;
    return true;
}
