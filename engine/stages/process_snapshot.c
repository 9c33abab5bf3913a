/*
 * What a process function's keys have, in a checkpoint and back from it. How far each clock has
 * come follows from the watermark and the latest step, for whatever they let fire has fired.
 */
#include "engine/stages/process_parts.h"
#include "engine/stages/worker_snapshot.h"

#include <stdio.h>

enum { STATE_BYTES_LEAST = 4, TIMER_BYTES = 4 + 8, KEY_SHOWN_BYTES = 64 };

/* --- save --- */

struct saving {
    struct tidemark_saving plugin;
    struct tide_snapshot *snapshot;
    size_t begin;
};

static int put(struct tidemark_saving *plugin, const void *bytes, size_t count)
{
    struct saving *saving =
        (struct saving *)(void *)((char *)plugin - offsetof(struct saving, plugin));
    struct tide_snapshot *snapshot = saving->snapshot;
    if (count > TIDEMARK_SAVED_BYTES_MAX - (snapshot->count - saving->begin)) {
        snprintf(plugin->error->text, sizeof plugin->error->text,
                 "it saves more than the %d bytes allowed", TIDEMARK_SAVED_BYTES_MAX);
        return -1;
    }
    tide_put_bytes(snapshot, bytes, count);
    if (!snapshot->has_failed) return 0;
    return tidemark_fail(plugin->error, "out of memory for a checkpoint");
}

/* Latches that the plug-in could not save. */
static void fail_save(struct tide_worker_process *process, const struct tidemark_saving *saving)
{
    struct tide_error error = {0};
    char key[KEY_SHOWN_BYTES + 1];
    size_t shown = saving->key_bytes < KEY_SHOWN_BYTES ? saving->key_bytes : KEY_SHOWN_BYTES;
    for (size_t i = 0; i < shown; i++) key[i] = saving->key[i] ? saving->key[i] : ',';
    key[shown] = '\0';
    tide_process_clean(key, sizeof key);
    tide_process_clean(process->error.text, sizeof process->error.text);
    tide_error_set(&error, TIDE_EXIT_FAILED, "--process %s: save failed for key '%s': %s",
                   process->plugin->path, key,
                   process->error.text[0] ? process->error.text : "it does not say why");
    tide_control_fail(process->worker->control, &error);
}

/* False: the plug-in cannot, and the run has failed. */
static bool put_state(struct tide_worker_process *process, const struct tide_process_record *record,
                      struct tide_snapshot *snapshot)
{
    const struct tidemark_process_function *function = process->plugin->function;
    const char *key = tide_key_record_key(&record->head);
    tide_put_key(snapshot, key, record->head.key_bytes);
    if (!function->save) {
        tide_put_bytes(snapshot, record->state, function->state_bytes);
        return true;
    }
    const size_t length = tide_put_later(snapshot);
    struct saving saving = {
        {put, key, record->head.key_bytes, &process->error}, snapshot, snapshot->count};
    if (function->save(process->self, record->state, &saving.plugin) != 0) {
        snapshot->has_failed = true;
        fail_save(process, &saving.plugin);
        return false;
    }
    tide_put_at(snapshot, length, snapshot->count - saving.begin);
    return true;
}

static void put_states(struct tide_worker_process *process, struct tide_snapshot *snapshot)
{
    const struct tide_process_record *record;
    uint64_t count = 0;
    const size_t place = tide_put_later(snapshot);
    for (uint32_t i = 0; (record = tide_key_table_next(&process->keys, i));
         i = record->head.number + 1) {
        if (!record->has_state) continue;
        if (!put_state(process, record, snapshot)) return;
        count++;
    }
    tide_put_at(snapshot, place, count);
}

void tide_worker_process_save(const struct tide_worker *worker, struct tide_snapshot *snapshot)
{
    struct tide_worker_process *process = worker->process;
    TIDE_ASSERT(!process->call.is_touched);
    for (unsigned i = 0; i < process->plugin->counter_count; i++)
        tide_put_u64(snapshot, process->counters[i]);
    tide_put_i64(snapshot, process->clock_ms);
    put_states(process, snapshot);
    for (unsigned i = 0; i < TIDE_PROCESS_CLOCK_COUNT; i++)
        tide_key_timers_save(&process->timers[i], snapshot);
}

/* --- load --- */

/* The record of the key that is next, made if need be. NULL: damaged, or without memory. */
static struct tide_process_record *get_record(const struct tide_crew *crew,
                                              struct tide_snapshot_reader *reader,
                                              struct tide_worker_process **process)
{
    struct tide_key key;
    uint64_t hash;
    bool is_new;
    if (!tide_get_key(reader, tide_crew_seed(crew), &key, &hash)) return NULL;
    *process = tide_crew_owner(crew, hash)->process;
    return tide_key_table_put(&(*process)->keys, &key, hash, &is_new);
}

/* Lets the plug-in make a state of what it has saved. */
static bool make_state(struct tide_worker_process *process, struct tide_process_record *record,
                       struct tide_snapshot_reader *reader)
{
    static const char refusal[] = "the process function refuses a state: ";
    char *text = process->error.text;
    size_t count;
    const char *bytes = tide_get_text(reader, &count);
    if (!bytes) return false;
    if (count > TIDEMARK_SAVED_BYTES_MAX) return tide_damage(reader, "a saved state is too long");
    const struct tidemark_saved saved = {tide_key_record_key(&record->head), record->head.key_bytes,
                                         bytes, count, &process->error};
    if (process->plugin->function->load(process->self, record->state, &saved) == 0) return true;
    const char *reason = text[0] ? text : "it does not say why";
    char whole[sizeof refusal + TIDEMARK_ERROR_BYTES];
    snprintf(whole, sizeof whole, "%s%.*s", refusal, TIDEMARK_ERROR_BYTES - 1, reason);
    memcpy(text, whole, TIDEMARK_ERROR_BYTES);
    tide_process_clean(text, TIDEMARK_ERROR_BYTES);
    return tide_damage(reader, text);
}

static bool get_state(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    struct tide_worker_process *process;
    struct tide_process_record *record = get_record(crew, reader, &process);
    if (!record) return false;
    if (record->has_state) return tide_damage(reader, "a key comes twice");
    const struct tidemark_process_function *function = process->plugin->function;
    record->has_state = true;
    if (function->load) return make_state(process, record, reader);
    const char *bytes = tide_get_bytes(reader, function->state_bytes);
    if (bytes) memcpy(record->state, bytes, function->state_bytes);
    return bytes != NULL;
}

static bool get_timer(const struct tide_crew *crew, struct tide_snapshot_reader *reader,
                      enum tidemark_time clock)
{
    struct tide_worker_process *process;
    struct tide_process_record *record = get_record(crew, reader, &process);
    const int64_t time_ms = tide_get_i64(reader);
    if (!record || reader->damage) return false;
    switch (tide_key_timers_add(&process->timers[clock], &record->head, time_ms, time_ms)) {
    case TIDE_TIMER_IS_THERE:
        return tide_damage(reader, "a timer comes twice");
    case TIDE_TIMER_NO_MEMORY:
        return false;
    case TIDE_TIMER_ADDED:
        break;
    }
    record->timer_count++;
    return true;
}

static bool get_states(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    const struct tide_plugin *plugin = crew->workers[0]->process->plugin;
    const uint64_t count = tide_get_count(reader, STATE_BYTES_LEAST);
    if (count > 0 && plugin->function->state_bytes == 0)
        return tide_damage(reader, "it holds states, and the process function has none");
    for (uint64_t i = 0; i < count; i++)
        if (!get_state(crew, reader)) return false;
    return !reader->damage;
}

static bool get_timers(const struct tide_crew *crew, struct tide_snapshot_reader *reader,
                       enum tidemark_time clock)
{
    const struct tide_plugin *plugin = crew->workers[0]->process->plugin;
    const uint64_t count = tide_get_count(reader, TIMER_BYTES);
    if (count > 0 && !plugin->function->on_timer)
        return tide_damage(reader, "it holds timers, and the process function has none");
    for (uint64_t i = 0; i < count; i++)
        if (!get_timer(crew, reader, clock)) return false;
    return !reader->damage;
}

/* The counters are added up in the end, so it does not matter which worker has them. All workers
 * have seen the same steps, and have the same clock. */
bool tide_worker_process_load(const struct tide_crew *crew, struct tide_snapshot_reader *reader)
{
    struct tide_worker_process *first = crew->workers[0]->process;
    for (unsigned i = 0; i < first->plugin->counter_count; i++)
        first->counters[i] += tide_get_u64(reader);
    const int64_t clock_ms = tide_get_i64(reader);
    for (unsigned i = 0; i < crew->count; i++) crew->workers[i]->process->clock_ms = clock_ms;
    return get_states(crew, reader) && get_timers(crew, reader, TIDEMARK_EVENT_TIME) &&
           get_timers(crew, reader, TIDEMARK_PROCESSING_TIME);
}

void tide_worker_process_settle(struct tide_worker *worker)
{
    struct tide_worker_process *process = worker->process;
    process->reached_ms[TIDEMARK_EVENT_TIME] = worker->watermark.least_ms;
    process->reached_ms[TIDEMARK_PROCESSING_TIME] = process->clock_ms;
}
