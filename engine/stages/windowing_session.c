/*
 * Session windows: rows of a key with no pause as long as the gap between them. Which session a row
 * goes into depends on the rows before it and on what has fired, so none is folded ahead of a step
 * that lets a session fire or go.
 */
#include "engine/stages/key_group.h"
#include "engine/stages/worker_snapshot.h"
#include "engine/state/session_snapshot.h"

struct bounds {
    int64_t start_ms, end_ms;
};

/* The window of a row that is alone. */
static inline struct bounds bounds_of(const struct tide_worker *worker, uint32_t at)
{
    struct bounds bounds = {.start_ms = tide_batch_window_time(worker->batch, at)};
    if (__builtin_add_overflow(bounds.start_ms, worker->plan->shape.size_ms, &bounds.end_ms))
        bounds.end_ms = INT64_MAX;
    return bounds;
}

/* The session of a row: one that it makes, goes on with, or joins others to. NULL without memory.
 */
static struct tide_session *join(struct tide_worker *worker, uint32_t at, int64_t watermark_ms)
{
    uint64_t hash;
    const struct tide_key key = tide_worker_key(worker, at, &hash);
    const struct bounds bounds = bounds_of(worker, at);
    struct tide_session *session = tide_session_store_join(
        &worker->sessions, &key, hash, bounds.start_ms, bounds.end_ms, watermark_ms);
    if (!session || session->entry.count > 0) return session;
    session->entry.first_time_ms = worker->batch->rows[at].time_ms;
    session->entry.first_row = tide_batch_row_number(worker->batch, at);
    return session;
}

static inline void fold_into(struct tide_worker *worker, struct tide_session *session, uint32_t at)
{
    session->entry.sum += tide_batch_amount(worker->batch, at);
    session->entry.count++;
    if (worker->states.stateful)
        tide_worker_fold_states(worker, at, tide_session_states(session),
                                session->entry.count == 1);
}

/* The session of a row that is the only one of its key and is gone on with: nearly always. NULL: it
 * takes join. */
static inline struct tide_session *extend(const struct tide_worker *worker, uint32_t at,
                                          uint64_t hash)
{
    const struct tide_row *row = &worker->batch->rows[at];
    if (TIDE_UNLIKELY(worker->batch->marks[at] & TIDE_MARK_LONG_KEY)) return NULL;
    const struct bounds bounds = bounds_of(worker, at);
    return tide_session_store_extend(&worker->sessions, row->key[0], row->key[1], hash,
                                     bounds.start_ms, bounds.end_ms);
}

static bool fold(struct tide_worker *worker, uint32_t begin, uint32_t *end)
{
    const int64_t deadline_ms = tide_session_store_deadline(&worker->sessions);
    uint64_t hashes[TIDE_KEY_GROUP_ROWS];
    for (uint32_t at = begin, group_end = begin; at < *end; at++) {
        if (at == group_end) {
            uint32_t count = *end - at < TIDE_KEY_GROUP_ROWS ? *end - at : TIDE_KEY_GROUP_ROWS;
            tide_key_group_prepare(&worker->sessions.keys, &worker->seed, worker->batch, at, count,
                                   hashes);
            group_end += count;
        }
        struct tide_session *session =
            extend(worker, at, hashes[(at - begin) % TIDE_KEY_GROUP_ROWS]);
        bool is_plain = session != NULL;
        if (TIDE_UNLIKELY(!session)) session = join(worker, at, INT64_MIN);
        if (TIDE_UNLIKELY(!session)) return false;
        fold_into(worker, session, at);
        if (TIDE_LIKELY(is_plain)) continue;
        if (tide_session_store_deadline(&worker->sessions) < deadline_ms) *end = at + 1;
    }
    worker->counts.rows += *end - begin;
    return true;
}

/* A row whose own window the watermark has passed. It is late if that is gone and touches no
 * session; if what it joins is passed too, that fires at once. */
static bool fold_noted(struct tide_worker *worker, const struct tide_note *note)
{
    if (note->standing == TIDE_STANDING_GONE) {
        uint64_t hash;
        const struct tide_key key = tide_worker_key(worker, note->at, &hash);
        const struct bounds bounds = bounds_of(worker, note->at);
        if (tide_session_store_is_late(&worker->sessions, &key, hash, bounds.start_ms,
                                       bounds.end_ms, note->watermark_ms)) {
            worker->firing.late = note;
            return true;
        }
    }
    struct tide_session *session = join(worker, note->at, note->watermark_ms);
    if (!session) return false;
    fold_into(worker, session, note->at);
    worker->counts.rows++;
    if (!(session->entry.mark & TIDE_SESSION_FIRED)) return true;
    return tide_worker_add_due(worker, &(struct tide_due){.start_ms = session->start_ms,
                                                          .end_ms = session->end_ms,
                                                          .entry = &session->entry,
                                                          .states = tide_session_states(session)});
}

static bool deadline(const struct tide_worker *worker, int64_t *fire_ms)
{
    *fire_ms = tide_session_store_deadline(&worker->sessions);
    return worker->sessions.timers.count > 0;
}

/* Sessions by end; those that end together by their first rows. */
static enum tide_progress fire(struct tide_worker *worker)
{
    struct tide_session_store *store = &worker->sessions;
    struct tide_firing *firing = &worker->firing;
    for (;;) {
        if (store->due_count == 0 && !tide_session_store_collect(store, firing->fire_ms))
            return TIDE_STARVED;
        if (store->due_count == 0) return TIDE_DONE;
        for (; firing->next < store->due_count; firing->next++) {
            struct tide_session *session = store->due[firing->next].session;
            enum tide_progress progress = tide_worker_emit(
                worker, &(struct tide_due){.start_ms = session->start_ms,
                                           .end_ms = session->end_ms,
                                           .entry = &session->entry,
                                           .states = tide_session_states(session)});
            if (progress != TIDE_DONE) return progress;
        }
        worker->counts.windows += store->due_count;
        tide_session_store_settle(store, firing->fire_ms);
        firing->next = 0;
    }
}

/* Sessions that are gone have a deadline too, and are forgotten when a step reaches it. */
static void forget(struct tide_worker *worker, int64_t watermark_ms)
{
    (void)worker;
    (void)watermark_ms;
}

static void save(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    tide_session_store_save(&worker->sessions, snapshot);
}

static bool load(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const struct tide_plan *plan = crew->workers[0]->plan;
    const uint64_t count = tide_get_count(reader, TIDE_SESSION_SNAPSHOT_BYTES);
    struct tide_session_reading reading = {.key = NULL};
    struct tide_session_read read;
    for (uint64_t i = 0; i < count; i++) {
        if (!tide_session_get(reader, tide_crew_seed(crew), plan->shape.size_ms, &read))
            return false;
        struct tide_worker *owner = tide_crew_owner(crew, read.hash);
        struct tide_session *session =
            tide_session_store_load(&owner->sessions, &read, &reading, reader);
        if (!session ||
            !tide_worker_check_states(owner, &session->entry, tide_session_states(session), reader))
            return false;
    }
    return !reader->damage;
}

static bool settle(struct tide_worker *worker)
{
    return tide_session_store_restore(&worker->sessions, worker->watermark.least_ms);
}

static void merge_states(void *context, struct tide_session *into, const struct tide_session *from)
{
    const struct tide_worker *worker = context;
    const struct tide_aggregate *const *aggregates = worker->plan->registry->aggregates;
    for (uint32_t set = worker->states.stateful; set; set &= set - 1) {
        unsigned i = (unsigned)__builtin_ctz(set);
        uint32_t offset = worker->states.offsets[i];
        aggregates[i]->merge(tide_session_states(into) + offset, &into->entry,
                             (const char *)(from + 1) + offset, &from->entry);
    }
}

static bool init(struct tide_worker *worker)
{
    const struct tide_plan *plan = worker->plan;
    int64_t lateness_ms = plan->clock == TIDE_CLOCK_EVENT ? plan->lateness_ms : 0;
    bool ready = tide_session_store_init(&worker->sessions, worker->states.stride, lateness_ms);
    worker->sessions.merge_states = merge_states;
    worker->sessions.merge_context = worker;
    if (tide_plan_keeps_history(plan) && tide_plan_fires_again(plan))
        worker->sessions.history = &worker->history;
    return ready;
}

static void fini(struct tide_worker *worker)
{
    tide_session_store_fini(&worker->sessions);
}

static size_t bytes(uint32_t state_stride)
{
    return tide_session_store_bytes(0, state_stride);
}

/* One key a window. */
static uint64_t open_count(const struct tide_worker *worker)
{
    return worker->sessions.open_count;
}

const struct tide_windowing tide_windowing_session = {
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
    .window_count = open_count,
    .entry_count = open_count,
};
