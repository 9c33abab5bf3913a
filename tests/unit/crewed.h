/* Workers without the stages around them: rows are routed to them by hand, and what they let out is
 * put into the order of the output, up to wherever they are asked to be. */
#ifndef TIDE_TESTS_CREWED_H
#define TIDE_TESTS_CREWED_H

#include "engine/stages/router.h"
#include "engine/stages/worker_snapshot.h"
#include "tests/unit/chance.h"
#include "tests/unit/planned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CREWED_MAX = 4, CREWED_SLOTS_MAX = 4, CREWED_TEXT_BYTES = 4096, CREWED_KEY_BYTES = 48 };

/* Keys divisible by 3 are long. */
struct crewed_row {
    int64_t time_ms, amount;
    unsigned key;
};

/* One line that has come out and waits for its place. */
struct crewed_line {
    struct tide_order_key key;
    uint32_t channel, number;
    size_t bytes;
    char *text;
};

struct crewed_text {
    char *bytes;
    size_t count;
};

struct crewed {
    struct planned planned;
    struct tide_hash_seed seed;
    struct tide_control control;
    struct tide_rule_board rules;
    struct tide_view_board views;
    struct tide_waiter waiter;
    struct tide_batch batches[CREWED_MAX][CREWED_SLOTS_MAX];
    struct tide_emission_batch emissions[CREWED_MAX][CREWED_SLOTS_MAX];
    struct tide_link in[CREWED_MAX], out[CREWED_MAX];
    struct tide_router router;
    struct tide_worker workers[CREWED_MAX];
    struct tide_crew crew;
    int64_t time_max_ms, fire_next_ms;
    bool epoch_is_full;

    struct crewed_line *lines;
    uint32_t line_count, line_capacity;
    struct crewed_text texts[TIDE_CHANNEL_COUNT];
};

static inline void crewed_begin_worker(struct crewed *crewed, unsigned i)
{
    void *batches[CREWED_SLOTS_MAX], *emissions[CREWED_SLOTS_MAX];
    const unsigned slots = crewed->planned.plan.ring_slots;
    struct tide_error error = {0};
    for (unsigned j = 0; j < slots; j++) {
        assert_true(
            tide_batch_init(&crewed->batches[i][j], crewed->planned.plan.batch_rows, false));
        assert_true(tide_emission_batch_init(&crewed->emissions[i][j], CREWED_TEXT_BYTES));
        batches[j] = &crewed->batches[i][j];
        emissions[j] = &crewed->emissions[i][j];
    }
    assert_true(tide_link_init(&crewed->in[i], batches, slots, &crewed->waiter, &crewed->waiter));
    assert_true(
        tide_link_init(&crewed->out[i], emissions, slots, &crewed->waiter, &crewed->waiter));
    assert_true(tide_worker_init(&crewed->workers[i], &crewed->planned.plan, i, &crewed->control,
                                 &crewed->rules, &crewed->views, &crewed->seed, &crewed->in[i],
                                 &crewed->out[i], &crewed->waiter, &error));
    crewed->crew.workers[i] = &crewed->workers[i];
}

/* words: of the command line, with -p, --ring-slots and --batch-rows. */
static inline struct crewed *crewed_begin(const char *const words[], uint64_t seed)
{
    struct crewed *crewed = tide_alloc_zeroed(1, sizeof *crewed);
    struct tide_error error = {0};
    assert_non_null(crewed);
    plan_begin(&crewed->planned, words);
    const struct tide_plan *plan = &crewed->planned.plan;
    assert_true(plan->parallelism <= CREWED_MAX && plan->ring_slots <= CREWED_SLOTS_MAX);
    struct chance chance = {seed};
    crewed->seed = (struct tide_hash_seed){{chance_next(&chance), chance_next(&chance)}};
    crewed->time_max_ms = crewed->fire_next_ms = INT64_MIN;
    tide_waiter_init(&crewed->waiter);
    assert_true(tide_control_init(&crewed->control, &error));
    assert_true(tide_rule_board_init(&crewed->rules, plan->rules, plan->parallelism, &error));
    assert_true(tide_view_board_init(&crewed->views, plan->parallelism + 1, &error));
    for (unsigned i = 0; i < plan->parallelism; i++) crewed_begin_worker(crewed, i);
    crewed->crew.count = plan->parallelism;
    assert_true(tide_router_init(&crewed->router, plan, crewed->in, &error));
    return crewed;
}

static inline void crewed_end(struct crewed *crewed)
{
    tide_router_fini(&crewed->router);
    for (unsigned i = 0; i < crewed->crew.count; i++) {
        tide_worker_fini(&crewed->workers[i]);
        tide_link_fini(&crewed->in[i]);
        tide_link_fini(&crewed->out[i]);
        for (unsigned j = 0; j < crewed->planned.plan.ring_slots; j++) {
            tide_batch_fini(&crewed->batches[i][j]);
            tide_emission_batch_fini(&crewed->emissions[i][j]);
        }
    }
    tide_view_board_fini(&crewed->views);
    tide_rule_board_fini(&crewed->rules);
    tide_control_fini(&crewed->control);
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) tide_free(crewed->texts[i].bytes);
    for (uint32_t i = 0; i < crewed->line_count; i++) tide_free(crewed->lines[i].text);
    tide_free(crewed->lines);
    plan_end(&crewed->planned);
    tide_free(crewed);
}

/* --- what comes out --- */

static inline void crewed_put_line(struct crewed *crewed, const struct tide_order_key *key,
                                   uint32_t channel, const char *text, size_t bytes)
{
    if (crewed->line_count == crewed->line_capacity) {
        crewed->line_capacity = crewed->line_capacity ? crewed->line_capacity * 2 : 64;
        crewed->lines = tide_realloc(crewed->lines, crewed->line_capacity * sizeof *crewed->lines);
        assert_non_null(crewed->lines);
    }
    char *copy = tide_alloc(bytes + 1);
    assert_non_null(copy);
    memcpy(copy, text, bytes);
    crewed->lines[crewed->line_count] = (struct crewed_line){.key = *key,
                                                             .channel = channel,
                                                             .number = crewed->line_count,
                                                             .bytes = bytes,
                                                             .text = copy};
    crewed->line_count++;
}

static inline void crewed_take_emission(struct crewed *crewed,
                                        const struct tide_emission_batch *emission)
{
    size_t done[TIDE_CHANNEL_COUNT] = {0};
    for (uint32_t i = 0; i < emission->record_count; i++) {
        const struct tide_record *record = &emission->records[i];
        crewed_put_line(crewed, &record->key, record->channel,
                        emission->channels[record->channel].text + done[record->channel],
                        record->bytes);
        done[record->channel] += record->bytes;
    }
    for (uint32_t channel = 0; channel < TIDE_CHANNEL_KEYS;
         channel++) { /* one worker's, in order */
        const struct tide_channel_text *text = &emission->channels[channel];
        const struct tide_order_key none = {0};
        if (text->bytes > done[channel])
            crewed_put_line(crewed, &none, channel, text->text + done[channel],
                            text->bytes - done[channel]);
    }
}

static inline int crewed_by_order(const void *a, const void *b)
{
    const struct crewed_line *left = a, *right = b;
    if (tide_order_before(&left->key, &right->key)) return -1;
    if (tide_order_before(&right->key, &left->key)) return 1;
    return (left->number > right->number) - (left->number < right->number);
}

/* All that is out goes to the texts, in order. */
static inline void crewed_write(struct crewed *crewed)
{
    if (crewed->line_count > 0)
        qsort(crewed->lines, crewed->line_count, sizeof *crewed->lines, crewed_by_order);
    for (uint32_t i = 0; i < crewed->line_count; i++) {
        struct crewed_line *line = &crewed->lines[i];
        struct crewed_text *text = &crewed->texts[line->channel];
        text->bytes = tide_realloc(text->bytes, text->count + line->bytes + 1);
        assert_non_null(text->bytes);
        memcpy(text->bytes + text->count, line->text, line->bytes);
        text->count += line->bytes;
        text->bytes[text->count] = '\0';
        tide_free(line->text);
    }
    crewed->line_count = 0;
}

/* --- what goes in --- */

/* Workers and the sink in their turns, until nothing is left to do. */
static inline void crewed_work(struct crewed *crewed)
{
    for (bool is_over = false; !is_over;) {
        is_over = true;
        for (unsigned i = 0; i < crewed->crew.count; i++) {
            enum tide_progress progress = tide_worker_step(&crewed->workers[i]);
            is_over = is_over && (progress == TIDE_STARVED || progress == TIDE_DONE);
            for (struct tide_emission_batch *emission;
                 (emission = tide_link_receive(&crewed->out[i])) != NULL;) {
                crewed_take_emission(crewed, emission);
                tide_link_give_back(&crewed->out[i], emission);
            }
        }
    }
    assert_false(tide_control_has_failed(&crewed->control));
}

static inline void crewed_close_epoch(struct crewed *crewed, uint32_t flags)
{
    while (!tide_router_close_epoch(&crewed->router, flags)) crewed_work(crewed);
    crewed->epoch_is_full = false;
}

static inline void crewed_open_epoch(struct crewed *crewed)
{
    if (crewed->router.epoch && crewed->epoch_is_full) crewed_close_epoch(crewed, 0);
    while (!tide_router_open_epoch(&crewed->router, 0)) crewed_work(crewed);
}

static inline uint32_t crewed_key(unsigned number, char text[CREWED_KEY_BYTES])
{
    return (uint32_t)snprintf(text, CREWED_KEY_BYTES,
                              number % 3 ? "k%u" : "a key of many bytes, the number of which is %u",
                              number);
}

static inline struct tide_batch *crewed_put(struct crewed *crewed, const struct crewed_row *given)
{
    char text[CREWED_KEY_BYTES];
    const uint32_t bytes = crewed_key(given->key, text);
    const bool is_long = bytes > TIDE_KEY_INLINE_BYTES;
    struct tide_row row = {.time_ms = given->time_ms, .amount = given->amount};
    if (!is_long) memcpy(row.key, text, bytes);
    const uint64_t hash = is_long ? tide_hash_bytes(&crewed->seed, text, bytes)
                                  : tide_hash_inline(&crewed->seed, row.key[0], row.key[1]);
    const unsigned worker = tide_hash_route(hash, crewed->crew.count);
    struct tide_batch *batch;
    while (!(batch = tide_router_batch(&crewed->router, worker))) crewed_work(crewed);
    uint32_t mark = (uint32_t)(crewed->router.row - batch->row_base), offset;
    if (is_long) {
        assert_true(tide_batch_reserve(batch, bytes, &offset));
        memcpy(batch->side + offset, text, bytes);
        row.key[0] = (uint64_t)offset << 32 | bytes;
        row.key[1] = hash;
        mark |= TIDE_MARK_LONG_KEY;
        batch->flags |= TIDE_BATCH_MARKED;
    }
    batch->rows[batch->row_count] = row;
    batch->marks[batch->row_count++] = mark;
    return batch;
}

/* As the parser has it. */
static inline enum tide_standing crewed_standing(const struct crewed *crewed, int64_t time_ms)
{
    const struct tide_plan *plan = &crewed->planned.plan;
    const int64_t watermark_ms = crewed->router.watermark_ms;
    if (plan->window->kind == TIDE_WINDOW_COUNT) return TIDE_STANDING_AHEAD;
    const int64_t end_ms =
        tide_window_end(&plan->shape, plan->window->start(&plan->shape, time_ms));
    if (tide_window_has_gaps(&plan->shape) && end_ms <= time_ms)
        return tide_plan_is_gone(plan, time_ms + 1, watermark_ms) ? TIDE_STANDING_GONE
                                                                  : TIDE_STANDING_GAP;
    if (time_ms > watermark_ms) return TIDE_STANDING_AHEAD;
    if (tide_plan_is_gone(plan, end_ms, watermark_ms)) return TIDE_STANDING_GONE;
    return plan->window->next_fire(&plan->shape, time_ms - 1) <= watermark_ms ? TIDE_STANDING_PASSED
                                                                              : TIDE_STANDING_AHEAD;
}

static inline void crewed_move_watermark(struct crewed *crewed, int64_t watermark_ms)
{
    const struct tide_plan *plan = &crewed->planned.plan;
    if (watermark_ms <= crewed->router.watermark_ms) return;
    if (watermark_ms < crewed->fire_next_ms) {
        crewed->router.watermark_ms = watermark_ms;
        return;
    }
    crewed->epoch_is_full = tide_router_add_step(&crewed->router, watermark_ms);
    crewed->fire_next_ms = plan->has_fine_steps
                               ? watermark_ms + 1
                               : plan->window->next_fire(&plan->shape, watermark_ms);
}

static inline void crewed_feed(struct crewed *crewed, const struct crewed_row *row)
{
    const struct tide_plan *plan = &crewed->planned.plan;
    crewed_open_epoch(crewed);
    const enum tide_standing standing = crewed_standing(crewed, row->time_ms);
    const bool notes_all = tide_plan_notes_all(plan);
    const bool is_told = standing == TIDE_STANDING_GONE
                             ? tide_plan_workers_find_late(plan) || notes_all
                         : standing == TIDE_STANDING_GAP ? tide_plan_watches_keys(plan)
                                                         : true;
    if (is_told) {
        struct tide_batch *batch = crewed_put(crewed, row);
        if (standing != TIDE_STANDING_AHEAD || notes_all)
            assert_true(tide_batch_add_note(batch, standing, crewed->router.watermark_ms));
    }
    if (row->time_ms > crewed->time_max_ms) {
        crewed->time_max_ms = row->time_ms;
        crewed_move_watermark(crewed, row->time_ms - plan->bound_ms - 1);
    }
    crewed->router.row++;
}

/* A barrier: all rows so far have been folded, all that they let out is written. */
static inline void crewed_pause(struct crewed *crewed)
{
    crewed_open_epoch(crewed);
    crewed_close_epoch(crewed, TIDE_BATCH_FLUSH);
    crewed_work(crewed);
    crewed_write(crewed);
}

static inline void crewed_finish(struct crewed *crewed)
{
    crewed_open_epoch(crewed);
    if (tide_router_add_step(&crewed->router, TIDE_WATERMARK_END)) crewed->epoch_is_full = true;
    crewed_close_epoch(crewed, TIDE_BATCH_FLUSH | TIDE_BATCH_END);
    crewed_work(crewed);
    crewed_write(crewed);
}

/* --- checkpoints --- */

/* Between two rows: what worker i keeps. */
static inline void crewed_save(const struct crewed *crewed, unsigned i,
                               struct tide_snapshot *snapshot)
{
    tide_snapshot_clear(snapshot);
    tide_worker_save(&crewed->workers[i], snapshot);
    assert_false(snapshot->has_failed);
}

/* Goes on where another one was; its workers' snapshots have been loaded. */
static inline bool crewed_settle(struct crewed *crewed, const struct crewed *before)
{
    crewed->router.row = before->router.row;
    crewed->router.watermark_ms = before->router.watermark_ms;
    crewed->time_max_ms = before->time_max_ms;
    crewed->fire_next_ms = before->fire_next_ms;
    for (unsigned i = 0; i < crewed->crew.count; i++)
        if (!tide_worker_settle(&crewed->workers[i], before->router.watermark_ms,
                                before->router.watermark_ms, before->router.row))
            return false;
    return true;
}

static inline struct tide_snapshot_reader crewed_reader(const struct crewed *before)
{
    return (struct tide_snapshot_reader){.row_count = before->router.row,
                                         .workers_before = before->crew.count};
}

#endif
