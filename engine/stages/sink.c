#include "engine/stages/sink.h"

#include "engine/base/memory.h"
#include "engine/stages/output_lengths.h"
#include "engine/stages/side_text.h"
#include "engine/stages/trace.h"

#include <string.h>

size_t tide_sink_bytes(const struct tide_plan *plan, unsigned output_count)
{
    size_t bytes = tide_watermark_bytes(plan->parallelism);
    if (!tide_plan_merges(plan)) return bytes;
    if (plan->order == TIDE_ORDER_FLINK) bytes += tide_replay_bytes();
    return bytes + output_count * TIDE_SINK_BUFFER_BYTES + tide_merge_bytes(plan->parallelism);
}

bool tide_sink_init(struct tide_sink *sink, const struct tide_plan *plan,
                    struct tide_control *control, struct tide_link *side, struct tide_link *workers,
                    struct tide_output *const outputs[TIDE_CHANNEL_COUNT], struct tide_error *error)
{
    *sink = (struct tide_sink){.plan = plan,
                               .control = control,
                               .side = side,
                               .workers = workers,
                               .worker_count = plan->parallelism,
                               .open_count = plan->parallelism + 1};
    memcpy(sink->outputs, outputs, sizeof sink->outputs);
    sink->merges = tide_plan_merges(plan);
    bool ready = tide_watermark_init(&sink->watermark, plan->parallelism);
    for (unsigned i = 0; sink->merges && i < TIDE_CHANNEL_COUNT; i++) {
        if (!outputs[i]) continue;
        sink->buffers[i] = tide_alloc(TIDE_SINK_BUFFER_BYTES);
        ready = ready && sink->buffers[i];
    }
    if (sink->merges) ready = tide_merge_init(&sink->merge, plan->parallelism) && ready;
    sink->replays = plan->order == TIDE_ORDER_FLINK;
    if (sink->replays) ready = tide_replay_init(&sink->replay, plan) && ready;
    return ready || tide_error_memory(error, "the sink");
}

void tide_sink_fini(struct tide_sink *sink)
{
    tide_replay_fini(&sink->replay);
    tide_merge_fini(&sink->merge);
    tide_watermark_fini(&sink->watermark);
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) tide_free(sink->buffers[i]);
    *sink = (struct tide_sink){0};
}

static bool write_out(struct tide_sink *sink, unsigned channel, const char *text, size_t bytes)
{
    struct tide_error error = {0};
    if (bytes == 0 || !sink->outputs[channel] ||
        tide_output_write(sink->outputs[channel], text, bytes, &error))
        return true;
    tide_control_fail(sink->control, &error);
    return false;
}

static bool flush_channel(struct tide_sink *sink, unsigned channel)
{
    size_t bytes = sink->buffered[channel];
    sink->buffered[channel] = 0;
    return write_out(sink, channel, sink->buffers[channel], bytes);
}

static bool flush(struct tide_sink *sink)
{
    bool written = true;
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) written = flush_channel(sink, i) && written;
    return written;
}

static bool append(struct tide_sink *sink, unsigned channel, const char *text, size_t bytes)
{
    if (sink->buffered[channel] + bytes > TIDE_SINK_BUFFER_BYTES && !flush_channel(sink, channel))
        return false;
    if (bytes > TIDE_SINK_BUFFER_BYTES) return write_out(sink, channel, text, bytes);
    memcpy(sink->buffers[channel] + sink->buffered[channel], text, bytes);
    sink->buffered[channel] += bytes;
    return true;
}

/* A file that is appended to has its header already. */
static bool wants_header(const struct tide_sink *sink, unsigned channel)
{
    return sink->outputs[channel] && !sink->outputs[channel]->is_continued;
}

static bool write_side_header(struct tide_sink *sink, unsigned channel, const char *text)
{
    return !wants_header(sink, channel) || write_out(sink, channel, text, strlen(text));
}

/* Late rows and rejects have headers of their own; a plug-in's lines none. */
static bool has_form(const struct tide_plan *plan, unsigned channel)
{
    if (channel < TIDE_CHANNEL_SIDE)
        return channel <= TIDE_CHANNEL_ALERTS || channel == TIDE_CHANNEL_TRACE;
    return channel - TIDE_CHANNEL_SIDE < plan->side_output_count &&
           !plan->side_outputs[channel - TIDE_CHANNEL_SIDE].is_plain;
}

static size_t put_header(const struct tide_plan *plan, unsigned channel, char *out)
{
    return channel == TIDE_CHANNEL_TRACE ? tide_trace_header(plan, out)
                                         : plan->format->header(plan, channel, out);
}

static bool write_header(struct tide_sink *sink, unsigned channel)
{
    const struct tide_plan *plan = sink->plan;
    size_t bytes = put_header(plan, channel, NULL);
    char *text = tide_alloc(bytes + 1);
    struct tide_error error = {0};
    if (!text) {
        tide_error_memory(&error, "a header");
        tide_control_fail(sink->control, &error);
        return false;
    }
    bool written = write_out(sink, channel, text, put_header(plan, channel, text));
    tide_free(text);
    return written;
}

/* Every output that was asked for exists with its header. The parser has read the input's header
 * before anything of it can arrive here, so the key columns' names are known by then. */
static bool write_headers(struct tide_sink *sink)
{
    const struct tide_plan *plan = sink->plan;
    sink->has_headers = true;
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        if (has_form(plan, i) && wants_header(sink, i) && !write_header(sink, i)) return false;
    }
    return write_side_header(sink, TIDE_CHANNEL_LATE, tide_side_text_late_header(plan)) &&
           write_side_header(sink, TIDE_CHANNEL_REJECTS, tide_side_text_reject_header(plan));
}

/* What the outputs hold behind the checkpoint comes anew. */
static bool cut_outputs(struct tide_sink *sink)
{
    struct tide_error error = {0};
    sink->is_resumed = false;
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        if (!sink->outputs[i] || tide_output_cut(sink->outputs[i], &error)) continue;
        tide_control_fail(sink->control, &error);
        return false;
    }
    return true;
}

/* A link has come to the barrier: nothing more is taken from it until all others have. */
static void note_barrier(struct tide_sink *sink, int worker)
{
    bool *is_at_barrier =
        worker < 0 ? &sink->side_is_at_barrier : &sink->worker_is_at_barrier[worker];
    TIDE_ASSERT(!*is_at_barrier);
    *is_at_barrier = true;
    sink->barrier_count++;
}

/* A batch has come: from worker `worker`, or from the parser (-1). */
static bool note(struct tide_sink *sink, int worker, const struct tide_emission_batch *batch)
{
    sink->batch_count++;
    if (batch->is_last) sink->open_count--;
    if (batch->is_barrier) note_barrier(sink, worker);
    if (worker >= 0) {
        TIDE_ASSERT(batch->watermark_ms >= sink->watermark.inputs[worker].watermark_ms);
        tide_watermark_advance(&sink->watermark, (unsigned)worker, batch->watermark_ms);
    }
    if (TIDE_UNLIKELY(sink->is_resumed) && !cut_outputs(sink)) return false;
    return sink->has_headers || write_headers(sink);
}

static bool write_batch(struct tide_sink *sink, const struct tide_emission_batch *batch)
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++)
        if (!write_out(sink, i, batch->channels[i].text, batch->channels[i].bytes)) return false;
    return true;
}

/* Passes on one batch of a link whose texts need no merging. DONE: the run has failed. */
static enum tide_progress pass_on(struct tide_sink *sink, struct tide_link *link, int worker)
{
    if (worker < 0 ? sink->side_is_at_barrier : sink->worker_is_at_barrier[worker])
        return TIDE_STARVED;
    struct tide_emission_batch *batch = tide_link_receive(link);
    if (!batch) return TIDE_STARVED;
    bool written = note(sink, worker, batch) && write_batch(sink, batch);
    tide_link_give_back(link, batch);
    return written ? TIDE_PROGRESSED : TIDE_DONE;
}

static enum tide_progress pass_on_all(struct tide_sink *sink)
{
    enum tide_progress all = TIDE_STARVED;
    for (unsigned i = 0; i < sink->worker_count; i++) {
        enum tide_progress one = pass_on(sink, &sink->workers[i], (int)i);
        if (one == TIDE_DONE) return TIDE_DONE;
        if (one == TIDE_PROGRESSED) all = TIDE_PROGRESSED;
    }
    return all;
}

/* Gets the next batch with records for an input that waits. DONE: failed; PROGRESSED: something
 * came. */
static enum tide_progress feed(struct tide_sink *sink, unsigned input)
{
    enum tide_progress progress = TIDE_STARVED;
    while (tide_merge_is_waiting(&sink->merge, input) && !sink->worker_is_at_barrier[input]) {
        struct tide_emission_batch *batch = tide_link_receive(&sink->workers[input]);
        if (!batch) break;
        if (!note(sink, (int)input, batch)) return TIDE_DONE;
        progress = TIDE_PROGRESSED;
        if (!tide_merge_offer(&sink->merge, input, batch))
            tide_link_give_back(&sink->workers[input], batch);
    }
    return progress;
}

static enum tide_progress feed_all(struct tide_sink *sink)
{
    enum tide_progress all = TIDE_STARVED;
    for (unsigned i = 0; i < sink->worker_count; i++) {
        enum tide_progress one = feed(sink, i);
        if (one == TIDE_DONE) return TIDE_DONE;
        if (one == TIDE_PROGRESSED) all = TIDE_PROGRESSED;
    }
    return all;
}

/* What waits for its order goes out. */
static bool let_out(struct tide_sink *sink)
{
    unsigned channel;
    const char *text;
    size_t bytes;
    while (tide_replay_next(&sink->replay, &channel, &text, &bytes))
        if (!append(sink, channel, text, bytes)) return false;
    if (!sink->replay.is_lost) return true;
    struct tide_error error = {0};
    tide_error_set(&error, TIDE_EXIT_FAILED,
                   "the checkpoint is damaged: the windows of --order flink are not those of the "
                   "workers");
    tide_control_fail(sink->control, &error);
    return false;
}

static bool replay(struct tide_sink *sink, const struct tide_record *record, const char *text)
{
    if (tide_replay_must_go(&sink->replay, &record->key) && !let_out(sink)) return false;
    if (tide_replay_add(&sink->replay, record, text)) return true;
    struct tide_error error = {0};
    tide_error_memory(&error, "the order of Flink");
    tide_control_fail(sink->control, &error);
    return false;
}

/* Writes what may go out by now. */
static enum tide_progress merge(struct tide_sink *sink)
{
    enum tide_progress progress = feed_all(sink);
    if (progress == TIDE_DONE) return TIDE_DONE;
    uint64_t frontier = tide_merge_frontier(&sink->merge);
    const struct tide_record *record;
    const char *text;
    unsigned input;
    struct tide_emission_batch *done;
    while ((record = tide_merge_take(&sink->merge, frontier, &text, &input, &done)) != NULL) {
        progress = TIDE_PROGRESSED;
        if (!(sink->replays ? replay(sink, record, text)
                            : append(sink, record->channel, text, record->bytes)))
            return TIDE_DONE;
        if (!done) continue;
        tide_link_give_back(&sink->workers[input], done);
        if (feed(sink, input) == TIDE_DONE) return TIDE_DONE;
        frontier = tide_merge_frontier(&sink->merge);
    }
    if (tide_replay_is_complete(&sink->replay, frontier) && !let_out(sink)) return TIDE_DONE;
    return progress;
}

/* Everything before the barrier has gone out, and nothing behind it. */
static bool take_checkpoint(struct tide_sink *sink)
{
    if (sink->merges && !flush(sink)) return false;
    struct tide_snapshot *snapshot = tide_link_take(sink->snapshots);
    TIDE_ASSERT(snapshot); /* the parser has waited for the checkpoint before */
    tide_snapshot_clear(snapshot);
    tide_output_lengths_save(sink->outputs, TIDE_CHANNEL_COUNT, false, snapshot);
    if (sink->replays) tide_replay_save(&sink->replay, snapshot);
    tide_link_send(sink->snapshots, snapshot, TIDE_NOW);
    sink->barrier_count = 0;
    sink->side_is_at_barrier = false;
    memset(sink->worker_is_at_barrier, 0, sizeof sink->worker_is_at_barrier);
    return true;
}

bool tide_sink_load(struct tide_sink *sink, const struct tide_hash_seed *seed,
                    struct tide_snapshot_reader *reader)
{
    sink->is_resumed = sink->has_headers = true;
    return !sink->replays || tide_replay_load(&sink->replay, seed, reader);
}

static bool is_barrier_complete(const struct tide_sink *sink)
{
    return sink->barrier_count == sink->worker_count + 1 &&
           (!sink->merges || sink->merge.heap_count == 0);
}

enum tide_progress tide_sink_step(void *self)
{
    struct tide_sink *sink = self;
    if (tide_control_has_failed(sink->control)) return TIDE_DONE;
    enum tide_progress side = pass_on(sink, sink->side, -1);
    if (side == TIDE_DONE) return TIDE_DONE;
    enum tide_progress workers = sink->merges ? merge(sink) : pass_on_all(sink);
    if (workers == TIDE_DONE) return TIDE_DONE;
    if (is_barrier_complete(sink)) return take_checkpoint(sink) ? TIDE_PROGRESSED : TIDE_DONE;
    bool is_over = sink->open_count == 0 && (!sink->merges || sink->merge.heap_count == 0);
    if (!is_over && (side == TIDE_PROGRESSED || workers == TIDE_PROGRESSED)) return TIDE_PROGRESSED;
    if (sink->merges && !flush(sink)) return TIDE_DONE;
    return is_over ? TIDE_DONE : TIDE_STARVED;
}

void tide_sink_nudge(void *self)
{
    struct tide_sink *sink = self;
    tide_link_nudge_producer(sink->side);
    for (unsigned i = 0; i < sink->worker_count; i++) tide_link_nudge_producer(&sink->workers[i]);
}
