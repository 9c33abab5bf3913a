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

static void save_heap(const struct tide_pane_heap *heap, struct tide_snapshot *snapshot)
{
    tide_put_u64(snapshot, heap->count);
    for (uint32_t i = 0; i < heap->count; i++) tide_pane_save(heap->panes[i], snapshot);
}

void tide_worker_save_panes(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    save_heap(&worker->store.open, snapshot);
    save_heap(&worker->store.held, snapshot);
}

enum { PANE_SNAPSHOT_BYTES = 3 * 8 };

static struct tide_pane *open_pane(struct tide_worker *worker,
                                   const struct tide_window_bounds *bounds, bool is_held)
{
    return is_held ? tide_window_store_open_held(&worker->store, bounds->start_ms, bounds->end_ms)
                   : tide_window_store_open(&worker->store, bounds->start_ms, bounds->end_ms);
}

static bool load_pane(const struct tide_crew *crew, struct tide_snapshot_reader *reader,
                      bool is_held)
{
    const struct tide_hash_seed *seed = tide_crew_seed(crew);
    const struct tide_window_bounds bounds = {tide_get_i64(reader), tide_get_i64(reader)};
    const struct tide_window_bounds slice = tide_worker_slice(crew->workers[0], bounds.start_ms);
    if (slice.start_ms != bounds.start_ms || slice.end_ms != bounds.end_ms)
        return tide_damage(reader, "a window is none of --window's");
    const uint64_t count = tide_get_count(reader, TIDE_ENTRY_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        struct tide_entry entry;
        struct tide_key key;
        uint64_t hash;
        if (!tide_get_entry(reader, seed, &entry, &key, &hash)) return false;
        struct tide_pane *pane = open_pane(tide_crew_owner(crew, hash), &bounds, is_held);
        if (!pane || !tide_pane_load_entry(pane, &entry, &key, hash, seed, reader)) return false;
        const struct tide_entry *added = &pane->entries[pane->entry_count - 1];
        if (!tide_worker_check_states(crew->workers[0], added, tide_pane_states(pane, added),
                                      reader))
            return false;
    }
    return !reader->damage;
}

static bool load_heap(const struct tide_crew *crew, struct tide_snapshot_reader *reader,
                      bool is_held)
{
    const uint64_t count = tide_get_count(reader, PANE_SNAPSHOT_BYTES);
    for (uint64_t i = 0; i < count; i++)
        if (!load_pane(crew, reader, is_held)) return false;
    return !reader->damage;
}

bool tide_worker_load_panes(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    return load_heap(crew, reader, false) && load_heap(crew, reader, true);
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

void tide_worker_save(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    save_counts(worker, snapshot);
    worker->windowing->save(worker, snapshot);
    if (worker->process) tide_worker_process_save(worker, snapshot);
}

bool tide_worker_load(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    load_counts(&crew->workers[0]->counts_before, reader);
    if (!crew->workers[0]->windowing->load(crew, reader)) return false;
    return !crew->workers[0]->process || tide_worker_process_load(crew, reader);
}

bool tide_worker_settle(struct tide_worker *worker, int64_t watermark_ms, uint64_t row)
{
    tide_watermark_advance(&worker->watermark, 0, watermark_ms);
    worker->complete_row = row;
    if (worker->process) tide_worker_process_settle(worker);
    return worker->windowing->settle(worker);
}
