#include "engine/stages/side_text.h"

#include "engine/plan/format.h"

#include <string.h>

enum {
    NUMBERS_BYTES = 96, /* two numbers, a reason and commas */
    FIELD_EXTRA = 4     /* quotes, an apostrophe and a comma */
};

void tide_side_text_init(struct tide_side_text *side, const struct tide_plan *plan,
                         struct tide_link *out)
{
    *side = (struct tide_side_text){.plan = plan, .out = out};
}

const char *tide_side_text_late_header(const struct tide_plan *plan)
{
    return plan->file_count > 1 ? "file,line,watermark_ms,record\n" : "line,watermark_ms,record\n";
}

const char *tide_side_text_reject_header(const struct tide_plan *plan)
{
    return plan->file_count > 1 ? "file,line,byte,reason,record\n" : "line,byte,reason,record\n";
}

static void send(struct tide_side_text *side)
{
    tide_link_send(side->out, side->batch, TIDE_NOW);
    side->batch = NULL;
}

static bool open_batch(struct tide_side_text *side)
{
    if (side->batch) return true;
    side->batch = tide_link_take(side->out);
    if (side->batch) tide_emission_batch_reset(side->batch);
    return side->batch != NULL;
}

/* Where to write up to `bytes` bytes, or NULL with the reason in *status. */
static struct tide_channel_text *reserve(struct tide_side_text *side, enum tide_channel channel,
                                         size_t bytes, enum tide_side_status *status)
{
    for (;;) {
        *status = TIDE_SIDE_BLOCKED;
        if (!open_batch(side)) return NULL;
        enum tide_room room = tide_emission_reserve(side->batch, channel, bytes);
        if (room == TIDE_ROOM) return &side->batch->channels[channel];
        *status = TIDE_SIDE_NO_MEMORY;
        if (room == TIDE_ROOM_NO_MEMORY) return NULL;
        send(side);
    }
}

static size_t line_bytes_max(const struct tide_side_place *place, size_t record_bytes)
{
    return NUMBERS_BYTES + 2 * record_bytes + FIELD_EXTRA +
           (place->file ? 2 * strlen(place->file) + FIELD_EXTRA : 0);
}

static char *write_place(const struct tide_plan *plan, char *out,
                         const struct tide_side_place *place)
{
    if (place->file) {
        out = tide_field_put(plan, out, place->file, strlen(place->file));
        *out++ = ',';
    }
    out += tide_uint_print(out, place->line);
    *out++ = ',';
    return out;
}

size_t tide_side_text_late_bytes_max(const struct tide_side_place *place, size_t record_bytes)
{
    return line_bytes_max(place, record_bytes);
}

size_t tide_side_text_write_late(const struct tide_plan *plan, char *out,
                                 const struct tide_side_place *place, int64_t watermark_ms,
                                 const char *record, size_t bytes)
{
    char *end = write_place(plan, out, place);
    end += tide_int_print(end, watermark_ms);
    *end++ = ',';
    end = tide_field_put(plan, end, record, bytes);
    *end++ = '\n';
    return (size_t)(end - out);
}

enum tide_side_status tide_side_text_late(struct tide_side_text *side,
                                          const struct tide_side_place *place, int64_t watermark_ms,
                                          const char *record, size_t bytes)
{
    enum tide_side_status status;
    struct tide_channel_text *channel =
        reserve(side, TIDE_CHANNEL_LATE, line_bytes_max(place, bytes), &status);
    if (!channel) return status;
    channel->bytes += tide_side_text_write_late(side->plan, channel->text + channel->bytes, place,
                                                watermark_ms, record, bytes);
    return TIDE_SIDE_WRITTEN;
}

enum tide_side_status tide_side_text_reject(struct tide_side_text *side,
                                            const struct tide_side_place *place, const char *reason,
                                            const char *record, size_t bytes)
{
    if (bytes > side->plan->row_bytes_max) bytes = side->plan->row_bytes_max;
    enum tide_side_status status;
    struct tide_channel_text *channel =
        reserve(side, TIDE_CHANNEL_REJECTS, line_bytes_max(place, bytes), &status);
    if (!channel) return status;
    char *out = write_place(side->plan, channel->text + channel->bytes, place);
    out += tide_uint_print(out, place->byte);
    *out++ = ',';
    size_t reason_bytes = strlen(reason);
    memcpy(out, reason, reason_bytes);
    out += reason_bytes;
    *out++ = ',';
    out = tide_field_put(side->plan, out, record, bytes);
    *out++ = '\n';
    channel->bytes = (size_t)(out - channel->text);
    return TIDE_SIDE_WRITTEN;
}

void tide_side_text_flush(struct tide_side_text *side)
{
    if (side->batch && (side->batch->channels[TIDE_CHANNEL_LATE].bytes ||
                        side->batch->channels[TIDE_CHANNEL_REJECTS].bytes))
        send(side);
}

bool tide_side_text_barrier(struct tide_side_text *side)
{
    if (!open_batch(side)) return false;
    side->batch->is_barrier = true;
    send(side);
    return true;
}

bool tide_side_text_end(struct tide_side_text *side)
{
    if (!open_batch(side)) return false;
    side->batch->is_last = true;
    send(side);
    return true;
}
