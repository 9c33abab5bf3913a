/*
 * Count windows: so many rows of a key. They fire inside the row that makes them whole, whatever
 * the watermark does, so a group of rows is folded and then what it has made whole goes out, each
 * where its last row stands.
 */
#include "engine/stages/key_group.h"
#include "engine/stages/worker_snapshot.h"

_Static_assert((int)TIDE_KEY_GROUP_ROWS <= (int)TIDE_COUNT_WHOLE_MAX,
               "each row of a group may make a window whole");

/* The watermark before a row: every move of it is a step of its own. */
static int64_t watermark_before(const struct tide_worker *worker, uint64_t row)
{
    const struct tide_batch *batch = worker->batch;
    uint32_t step = tide_epoch_find_row(batch->epoch, batch->step_begin, batch->step_end, row);
    if (step == batch->step_begin) return worker->watermark.least_ms;
    return batch->epoch->steps[step - 1].watermark_ms;
}

/* Folds a row into its key's rows; they may be a whole window now. */
static void fold_into(struct tide_worker *worker, struct tide_count_key *key, uint32_t at)
{
    const struct tide_batch *batch = worker->batch;
    struct tide_entry *entry = &key->entry;
    if (entry->count == 0) {
        entry->first_time_ms = batch->rows[at].time_ms;
        entry->first_row = tide_batch_row_number(batch, at);
    }
    entry->sum += tide_batch_amount(batch, at);
    entry->count++;
    if (worker->states.stateful)
        tide_worker_fold_states(worker, at, tide_count_key_states(key), entry->count == 1);
    if (entry->count < worker->plan->shape.row_count) return;
    struct tide_count_whole *whole = tide_count_store_finish(&worker->counted, key);
    whole->last_row = tide_batch_row_number(batch, at);
    whole->last_time_ms = batch->rows[at].time_ms;
    whole->watermark_ms = watermark_before(worker, whole->last_row);
}

/* The record of a row's key. NULL without memory. */
static struct tide_count_key *key_of(struct tide_worker *worker, uint32_t at)
{
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, at, &hash);
    return tide_count_store_enter(&worker->counted, &key, hash);
}

static bool fold_group(struct tide_worker *worker, uint32_t begin, uint32_t count)
{
    const struct tide_batch *batch = worker->batch;
    uint64_t hashes[TIDE_KEY_GROUP_ROWS];
    tide_key_group_prepare(&worker->counted.keys, &worker->seed, worker->batch, begin, count,
                           hashes);
    for (uint32_t i = 0; i < count; i++) {
        const struct tide_row *row = &batch->rows[begin + i];
        struct tide_count_key *key = NULL;
        if (TIDE_LIKELY(!(batch->marks[begin + i] & TIDE_MARK_LONG_KEY)))
            key = tide_key_table_find_inline(&worker->counted.keys, row->key[0], row->key[1],
                                             hashes[i]);
        if (TIDE_UNLIKELY(!key)) key = key_of(worker, begin + i);
        if (TIDE_UNLIKELY(!key)) return false;
        fold_into(worker, key, begin + i);
    }
    return true;
}

static bool fold(struct tide_worker *worker, uint32_t begin, uint32_t *end)
{
    struct tide_count_store *store = &worker->counted;
    const uint32_t most = worker->plan->is_strict ? 1 : TIDE_KEY_GROUP_ROWS;
    uint32_t at = begin;
    while (at < *end && store->whole_count == 0) {
        uint32_t count = *end - at < most ? *end - at : most;
        if (!fold_group(worker, at, count)) return false;
        at += count;
    }
    *end = at;
    worker->counts.rows += at - begin;
    if (store->whole_count > 0)
        worker->firing = (struct tide_firing){.kind = TIDE_FIRING_WINDOWS, .phase = TIDE_PHASE_ROW};
    return true;
}

/* Rows are never late here: what the watermark has made of their time does not matter. */
static bool fold_noted(struct tide_worker *worker, const struct tide_note *note)
{
    uint32_t end = note->at + 1;
    worker->firing.kind = TIDE_FIRING_NONE;
    return fold(worker, note->at, &end);
}

static bool deadline(const struct tide_worker *worker, int64_t *fire_ms)
{
    (void)worker;
    (void)fire_ms;
    return false;
}

/* What the last group of rows has made whole. */
static enum tide_progress fire(struct tide_worker *worker)
{
    struct tide_count_store *store = &worker->counted;
    struct tide_firing *firing = &worker->firing;
    for (; firing->next < store->whole_count; firing->next++) {
        struct tide_count_whole *whole = tide_count_store_whole(store, firing->next);
        firing->cause_row = whole->last_row;
        firing->watermark_ms = firing->before_ms = whole->watermark_ms;
        enum tide_progress progress =
            tide_worker_emit(worker, &(struct tide_due){.start_ms = whole->entry.first_time_ms,
                                                        .end_ms = whole->last_time_ms,
                                                        .entry = &whole->entry,
                                                        .states = whole + 1});
        if (progress != TIDE_DONE) return progress;
        worker->counts.windows++;
    }
    tide_count_store_settle(store);
    return TIDE_DONE;
}

static void forget(struct tide_worker *worker, int64_t watermark_ms)
{
    (void)worker;
    (void)watermark_ms;
}

static void save(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    tide_count_store_save(&worker->counted, snapshot);
}

static bool load(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const uint64_t row_limit = crew->workers[0]->plan->shape.row_count;
    const uint64_t count = tide_get_count(reader, TIDE_ENTRY_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        struct tide_entry entry;
        struct tide_key key;
        uint64_t hash;
        if (!tide_get_entry(reader, tide_crew_seed(crew), &entry, &key, &hash)) return false;
        struct tide_worker *owner = tide_crew_owner(crew, hash);
        struct tide_count_key *record =
            tide_count_store_load(&owner->counted, &entry, &key, hash, row_limit, reader);
        if (!record ||
            !tide_worker_check_states(owner, &record->entry, tide_count_key_states(record), reader))
            return false;
    }
    return !reader->damage;
}

/* Nothing is derived, and no order is kept. */
static bool settle(struct tide_worker *worker)
{
    (void)worker;
    return true;
}

static bool init(struct tide_worker *worker)
{
    return tide_count_store_init(&worker->counted, worker->states.stride);
}

static size_t bytes(uint32_t state_stride)
{
    return tide_count_store_bytes(state_stride);
}

static void fini(struct tide_worker *worker)
{
    tide_count_store_fini(&worker->counted);
}

static uint64_t window_count(const struct tide_worker *worker)
{
    return worker->counted.keys.count;
}

/* An incomplete window never gives a result. */
static uint64_t entry_count(const struct tide_worker *worker)
{
    (void)worker;
    return 0;
}

const struct tide_windowing tide_windowing_count = {
    .bytes = bytes,
    .init = init,
    .fini = fini,
    .deadline = deadline,
    .fold = fold,
    .fold_noted = fold_noted,
    .fire = fire,
    .forget = forget,
    .save = save,
    .load = load,
    .settle = settle,
    .window_count = window_count,
    .entry_count = entry_count,
};
