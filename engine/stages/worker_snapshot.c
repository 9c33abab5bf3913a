#include "engine/stages/worker_snapshot.h"

bool tide_worker_check_states(const struct tide_worker *worker, const struct tide_entry *entry,
                              const char *states, struct tide_snapshot_reader *reader)
{
    const struct tide_aggregate *const *aggregates = worker->plan->registry->aggregates;
    for (uint32_t set = worker->states.stateful; set; set &= set - 1) {
        unsigned i = (unsigned)__builtin_ctz(set);
        if (!aggregates[i]->check(entry, states + worker->states.offsets[i]))
            return tide_damage(reader, "an aggregate's state does not go with its rows");
    }
    return true;
}

static size_t heap_bytes(const struct tide_worker *worker, const struct tide_pane_heap *heap)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < heap->count; i++)
        bytes += tide_pane_snapshot_bytes(heap->panes[i], worker->states.stride);
    return bytes;
}

static void save_heap(const struct tide_worker *worker, const struct tide_pane_heap *heap,
                      struct tide_snapshot *snapshot)
{
    for (uint32_t i = 0; i < heap->count; i++)
        tide_pane_save(heap->panes[i], worker->states.stride, snapshot);
}

void tide_worker_save_panes(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    const struct tide_window_store *store = &worker->store;
    tide_snapshot_reserve(snapshot,
                          heap_bytes(worker, &store->open) + heap_bytes(worker, &store->held));
    tide_put_u64(snapshot, (uint64_t)store->open.count + store->held.count);
    save_heap(worker, &store->open, snapshot);
    save_heap(worker, &store->held, snapshot);
}

static bool load_pane(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const struct tide_hash_seed *seed = tide_crew_seed(crew);
    const uint32_t state_bytes = crew->workers[0]->states.stride;
    struct tide_window_bounds bounds;
    bounds.start_ms = tide_get_i64(reader);
    bounds.end_ms = tide_get_i64(reader);
    const struct tide_window_bounds slice = tide_worker_slice(crew->workers[0], bounds.start_ms);
    if (slice.start_ms != bounds.start_ms || slice.end_ms != bounds.end_ms ||
        bounds.start_ms == INT64_MIN)
        return tide_damage(reader, "a window is none of --window's");
    const uint64_t count = tide_get_count(reader, TIDE_ENTRY_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        struct tide_entry entry;
        struct tide_key key;
        uint64_t hash;
        if (!tide_get_entry(reader, seed, &entry, &key, &hash)) return false;
        struct tide_pane *pane = tide_window_store_open(&tide_crew_owner(crew, hash)->store,
                                                        bounds.start_ms, bounds.end_ms);
        if (!pane || !tide_pane_load_entry(pane, &entry, &key, hash, seed, state_bytes, reader))
            return false;
        const struct tide_entry *added = &pane->entries[pane->entry_count - 1];
        if (!tide_worker_check_states(crew->workers[0], added, tide_pane_states(pane, added),
                                      reader))
            return false;
    }
    return !reader->damage;
}

bool tide_worker_load_panes(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const uint64_t count = tide_get_count(reader, TIDE_PANE_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++)
        if (!load_pane(crew, reader)) return false;
    return !reader->damage;
}

static void save_counts(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    const struct tide_worker_counts *counts = &worker->counts, *before = &worker->counts_before;
    tide_put_u64(snapshot, before->rows + counts->rows);
    tide_put_u64(snapshot, before->late + counts->late);
    tide_put_u64(snapshot, before->results + counts->results);
    tide_put_u64(snapshot, before->alerts + counts->alerts);
}

static void load_counts(struct tide_worker_counts *counts, struct tide_snapshot_reader *reader)
{
    counts->rows += tide_get_u64(reader);
    counts->late += tide_get_u64(reader);
    counts->results += tide_get_u64(reader);
    counts->alerts += tide_get_u64(reader);
}

/* Reads a key and finds who owns it now; NULL: damaged. */
static struct tide_worker *load_owner(const struct tide_crew *crew,
                                      struct tide_snapshot_reader *reader, struct tide_key *key,
                                      uint64_t *hash)
{
    if (!tide_get_key(reader, tide_crew_seed(crew), key, hash)) return NULL;
    return tide_crew_owner(crew, *hash);
}

static bool load_history(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const uint64_t count = tide_get_count(reader, TIDE_HISTORY_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        struct tide_key key;
        uint64_t hash;
        struct tide_worker *owner = load_owner(crew, reader, &key, &hash);
        if (!owner || !tide_history_load(&owner->history, &key, hash, reader)) return false;
    }
    return !reader->damage;
}

static bool load_inactivity(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const uint64_t count = tide_get_count(reader, TIDE_INACTIVITY_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        struct tide_key key;
        uint64_t hash;
        struct tide_worker *owner = load_owner(crew, reader, &key, &hash);
        if (!owner || !tide_inactivity_load(&owner->inactivity, &key, hash, reader)) return false;
    }
    return !reader->damage;
}

void tide_worker_save(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    save_counts(worker, snapshot);
    worker->windowing->save(worker, snapshot);
    if (tide_plan_keeps_history(worker->plan)) tide_history_save(&worker->history, snapshot);
    if (tide_plan_watches_keys(worker->plan)) tide_inactivity_save(&worker->inactivity, snapshot);
    if (worker->process) tide_worker_process_save(worker, snapshot);
}

bool tide_worker_load(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const struct tide_plan *plan = crew->workers[0]->plan;
    load_counts(&crew->workers[0]->counts_before, reader);
    return crew->workers[0]->windowing->load(crew, reader) &&
           (!tide_plan_keeps_history(plan) || load_history(crew, reader)) &&
           (!tide_plan_watches_keys(plan) || load_inactivity(crew, reader)) &&
           (!crew->workers[0]->process || tide_worker_process_load(crew, reader));
}

bool tide_worker_settle(struct tide_worker *worker, int64_t watermark_ms, int64_t fire_ms,
                        uint64_t row)
{
    worker->firing = (struct tide_firing){.watermark_ms = watermark_ms, .fire_ms = fire_ms};
    tide_watermark_advance(&worker->watermark, 0, watermark_ms);
    worker->complete_row = row;
    if (worker->process) tide_worker_process_settle(worker);
    return worker->windowing->settle(worker);
}
