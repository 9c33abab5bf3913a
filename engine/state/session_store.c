#include "engine/state/session_store.h"

#include <stdlib.h>

enum { DUE_FIRST = 16, STALE_TIMERS_KEPT = 64 };

static uint32_t record_bytes(uint32_t state_stride)
{
    return (uint32_t)sizeof(struct tide_session_key) + state_stride;
}

uint64_t tide_session_store_bytes(uint32_t session_count, uint32_t state_stride)
{
    return tide_key_table_bytes(session_count, record_bytes(state_stride)) +
           tide_timers_bytes(session_count);
}

bool tide_session_store_init(struct tide_session_store *store, uint32_t state_stride,
                             int64_t lateness_ms)
{
    TIDE_ASSERT(state_stride % 16 == 0);
    *store = (struct tide_session_store){.state_stride = state_stride, .lateness_ms = lateness_ms};
    return tide_key_table_init(&store->keys, record_bytes(state_stride));
}

void tide_session_store_fini(struct tide_session_store *store)
{
    struct tide_session_key *key;
    for (uint32_t i = 0; (key = tide_key_table_next(&store->keys, i)) != NULL;
         i = key->head.number + 1)
        tide_session_key_clear(key);
    tide_key_table_fini(&store->keys);
    tide_timers_fini(&store->timers);
    tide_free(store->due);
    *store = (struct tide_session_store){0};
}

/* --- timers --- */

/* The watermark at which a window that ends at end_ms is gone. */
static int64_t gone_ms(const struct tide_session_store *store, int64_t end_ms)
{
    int64_t gone;
    return __builtin_add_overflow(end_ms - 1, store->lateness_ms, &gone) ? INT64_MAX : gone;
}

/* When something is to be done about a key: its first open session fires, or its first fired one
 * goes. */
static int64_t next_deadline(const struct tide_session_store *store, struct tide_session_key *key,
                             struct tide_session **open_first)
{
    struct tide_session *first = tide_session_key_first(key);
    *open_first = tide_session_key_first_open(key);
    int64_t deadline_ms = *open_first ? (*open_first)->end_ms - 1 : INT64_MAX;
    if (!first || first == *open_first) return deadline_ms;
    int64_t first_gone_ms = gone_ms(store, first->end_ms);
    return first_gone_ms < deadline_ms ? first_gone_ms : deadline_ms;
}

static void forget_if_empty(struct tide_session_store *store, struct tide_session_key *key)
{
    if (key->session_count == 0 && key->timer_count == 0) tide_key_table_remove(&store->keys, key);
}

static bool counts_or_is_dropped(const struct tide_timer *timer, void *context)
{
    struct tide_session_key *key = timer->owner;
    if (timer->deadline_ms == key->armed_ms) return true;
    key->timer_count--;
    forget_if_empty(context, key);
    return false;
}

/* Sees to it that the key's timer comes up at this deadline, or before. */
static bool arm(struct tide_session_store *store, struct tide_session_key *key, int64_t deadline_ms)
{
    if (key->armed_ms <= deadline_ms && key->timer_count > 0) return true;
    struct tide_timer timer = {.deadline_ms = deadline_ms, .owner = key};
    if (!tide_timers_add(&store->timers, timer)) return false;
    key->armed_ms = deadline_ms;
    key->timer_count++;
    if (store->timers.count > 2 * store->session_count + STALE_TIMERS_KEPT)
        tide_timers_keep_only(&store->timers, counts_or_is_dropped, store);
    return true;
}

/* Takes the first timer, which is this key's, out. */
static void disarm_first(struct tide_session_store *store, struct tide_session_key *key)
{
    tide_timers_remove_first(&store->timers);
    key->timer_count--;
    key->armed_ms = INT64_MAX;
}

static void remove_session(struct tide_session_store *store, struct tide_session_key *key,
                           const struct tide_session *session)
{
    store->open_count -= !tide_session_has_fired(session);
    store->session_count--;
    tide_session_key_remove(key, session, store->state_stride);
}

/* Forgets the sessions of a key that are gone, and the key with the last of them. */
static void retire(struct tide_session_store *store, struct tide_session_key *key, int64_t fire_ms)
{
    struct tide_session *first, *open_first;
    while ((first = tide_session_key_first(key)) != NULL) {
        if (!tide_session_has_fired(first) || gone_ms(store, first->end_ms) > fire_ms) break;
        remove_session(store, key, first);
    }
    if (key->session_count == 0) {
        forget_if_empty(store, key);
        return;
    }
    /* No more memory is taken: the key's timer has been taken out before. */
    bool is_armed = arm(store, key, next_deadline(store, key, &open_first));
    TIDE_ASSERT(is_armed);
}

/* --- rows --- */

static bool touches(const struct tide_session *session, int64_t end_ms)
{
    return session && session->start_ms <= end_ms;
}

bool tide_session_store_is_late(const struct tide_session_store *store, const struct tide_key *key,
                                uint64_t hash, int64_t start_ms, int64_t end_ms,
                                int64_t watermark_ms)
{
    if (gone_ms(store, end_ms) > watermark_ms) return false;
    struct tide_session_key *owner = tide_key_table_find(&store->keys, key, hash);
    return !owner || !touches(tide_session_key_find(owner, start_ms), end_ms);
}

static void widen(struct tide_session *session, int64_t start_ms, int64_t end_ms)
{
    if (start_ms < session->start_ms) session->start_ms = start_ms;
    if (end_ms > session->end_ms) session->end_ms = end_ms;
}

/* All but the times, by which the key finds both. */
static void merge(const struct tide_session_store *store, struct tide_session *into,
                  const struct tide_session *from)
{
    if (store->state_stride > 0) store->merge_states(store->merge_context, into, from);
    into->entry.sum += from->entry.sum;
    into->entry.count += from->entry.count;
    if (from->entry.first_row > into->entry.first_row) return;
    into->entry.first_row = from->entry.first_row;
    into->entry.first_time_ms = from->entry.first_time_ms;
}

static struct tide_session *open_session(struct tide_session_store *store,
                                         struct tide_session_key *key, int64_t start_ms,
                                         int64_t end_ms)
{
    struct tide_session *session =
        tide_session_key_insert(key, start_ms, end_ms, store->state_stride);
    if (!session) return NULL;
    session->entry = (struct tide_entry){.key = {key->head.key[0], key->head.key[1]},
                                         .key_bytes = key->head.key_bytes};
    store->session_count++;
    store->open_count++;
    return session;
}

/* By what the history knows a session. */
struct memory {
    bool is_known;
    struct tide_span span;
};

static struct memory memory_of(const struct tide_session *session)
{
    return (struct memory){.is_known = session->entry.mark & TIDE_SESSION_KNOWN,
                           .span = {session->start_ms, session->end_ms}};
}

/* A session that the history knows has grown, or become part of another. */
static void rename_known(const struct tide_session_store *store, const struct tide_session_key *key,
                         const struct memory *was, struct tide_session *session)
{
    const struct tide_key words = {{key->head.key[0], key->head.key[1]}, key->head.key_bytes};
    session->entry.mark |= TIDE_SESSION_KNOWN;
    tide_history_move(store->history, &words, key->head.hash, was->span,
                      (struct tide_span){session->start_ms, session->end_ms});
}

/* What has fired the history knows, if there is one. */
static void set_fired(const struct tide_session_store *store, struct tide_session *session,
                      bool has_fired)
{
    uint32_t mark = session->entry.mark & TIDE_SESSION_KNOWN;
    if (has_fired) mark |= TIDE_SESSION_FIRED | (store->history ? TIDE_SESSION_KNOWN : 0);
    session->entry.mark = mark;
}

/* What a session that the window touches makes with it, and with the next one if that is touched
 * too. As sessions lie further apart than the window is long, there are no more. */
static struct tide_session *grow_session(struct tide_session_store *store,
                                         struct tide_session_key *key, struct tide_session *session,
                                         int64_t start_ms, int64_t end_ms)
{
    const struct memory first = memory_of(session);
    struct memory second = {.is_known = false};
    struct tide_session *next = tide_session_key_next(key, session);
    if (touches(next, end_ms)) {
        second = memory_of(next);
        merge(store, session, next);
        remove_session(store, key, next);
        session = tide_session_key_find(key, first.span.end_ms); /* it may have moved */
        widen(session, second.span.start_ms, second.span.end_ms);
    }
    widen(session, start_ms, end_ms);
    if (first.is_known) rename_known(store, key, &first, session);
    if (second.is_known) rename_known(store, key, &second, session);
    return session;
}

struct tide_session *tide_session_store_join(struct tide_session_store *store,
                                             const struct tide_key *key, uint64_t hash,
                                             int64_t start_ms, int64_t end_ms, int64_t watermark_ms)
{
    bool is_new;
    struct tide_session_key *owner = tide_key_table_put(&store->keys, key, hash, &is_new);
    if (!owner) return NULL;
    struct tide_session *session = tide_session_key_find(owner, start_ms);
    session = touches(session, end_ms) ? grow_session(store, owner, session, start_ms, end_ms)
                                       : open_session(store, owner, start_ms, end_ms);
    if (!session) return NULL;
    bool has_fired = session->end_ms - 1 <= watermark_ms;
    store->open_count += tide_session_has_fired(session);
    store->open_count -= has_fired;
    set_fired(store, session, has_fired);
    int64_t deadline_ms = has_fired ? gone_ms(store, session->end_ms) : session->end_ms - 1;
    return arm(store, owner, deadline_ms) ? session : NULL;
}

/* --- firing --- */

static bool add_due(struct tide_session_store *store, struct tide_session *session,
                    struct tide_session_key *key)
{
    if (store->due_count == store->due_capacity) {
        uint32_t capacity = store->due_capacity ? store->due_capacity * 2 : DUE_FIRST;
        struct tide_session_due *due =
            tide_realloc(store->due, (size_t)capacity * sizeof *store->due);
        if (!due) return false;
        store->due = due;
        store->due_capacity = capacity;
    }
    store->due[store->due_count++] = (struct tide_session_due){session, key};
    return true;
}

static int by_first_row(const void *left, const void *right)
{
    const struct tide_session_due *a = left, *b = right;
    uint64_t row = a->session->entry.first_row, other = b->session->entry.first_row;
    return (row > other) - (row < other);
}

/* The next to come up are most likely among those right below the first: their keys are called into
 * cache. */
static inline void prefetch_next(const struct tide_timers *timers)
{
    for (uint32_t i = 1; i <= TIDE_TIMERS_CHILDREN && i < timers->count; i++) {
        const char *key = timers->heap[i].owner;
        __builtin_prefetch(key);
        __builtin_prefetch(key + TIDE_LINE_BYTES);
    }
}

/* What the first timer is for, if for anything. False without memory. */
static bool take_first(struct tide_session_store *store, int64_t fire_ms)
{
    prefetch_next(&store->timers);
    const struct tide_timer timer = *tide_timers_first(&store->timers);
    struct tide_session_key *key = timer.owner;
    struct tide_session *open_first;
    if (timer.deadline_ms != key->armed_ms) {
        tide_timers_remove_first(&store->timers);
        key->timer_count--;
        forget_if_empty(store, key);
        return true;
    }
    int64_t deadline_ms = next_deadline(store, key, &open_first);
    if (deadline_ms > timer.deadline_ms) {
        tide_timers_rearm_first(&store->timers, deadline_ms, 0);
        key->armed_ms = deadline_ms;
        return true;
    }
    if (open_first && open_first->end_ms - 1 == deadline_ms) {
        if (!add_due(store, open_first, key)) return false;
        tide_key_table_prefetch(&store->keys, key->head.hash); /* to be removed from there */
        disarm_first(store, key);
        return true;
    }
    disarm_first(store, key);
    retire(store, key, fire_ms);
    return true;
}

bool tide_session_store_collect(struct tide_session_store *store, int64_t fire_ms)
{
    const struct tide_timer *first;
    int64_t last_ms = fire_ms;
    store->due_count = 0;
    while ((first = tide_timers_first(&store->timers)) != NULL && first->deadline_ms <= last_ms) {
        int64_t deadline_ms = first->deadline_ms;
        if (!take_first(store, fire_ms)) return false;
        if (store->due_count > 0) last_ms = deadline_ms;
    }
    if (store->due_count > 1) qsort(store->due, store->due_count, sizeof *store->due, by_first_row);
    return true;
}

void tide_session_store_settle(struct tide_session_store *store, int64_t fire_ms)
{
    for (uint32_t i = 0; i < store->due_count; i++) {
        set_fired(store, store->due[i].session, true);
        store->open_count--;
        retire(store, store->due[i].key, fire_ms);
    }
    store->due_count = 0;
}

bool tide_session_store_restore(struct tide_session_store *store, int64_t watermark_ms)
{
    struct tide_session_key *key;
    struct tide_session *session;
    store->open_count = store->session_count;
    for (uint32_t i = 0; (key = tide_key_table_next(&store->keys, i)); i = key->head.number + 1) {
        /* Without a lateness what has fired is gone. */
        bool passes = store->lateness_ms > 0;
        for (session = tide_session_key_first(key); session && passes;
             session = tide_session_key_next(key, session)) {
            passes = session->end_ms - 1 <= watermark_ms;
            store->open_count -= passes;
            if (passes) set_fired(store, session, true);
        }
        if (!arm(store, key, next_deadline(store, key, &session))) return false;
    }
    return true;
}
