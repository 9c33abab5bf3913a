/*
 * What rules may know of a key's earlier windows. It is looked up when a result is about to be
 * judged, and the result joins it when it is out: a result that finds no room is judged anew, on
 * the same history.
 */
#include "engine/stages/worker.h"
#include "engine/text/exact.h"

static void find_values(const struct tide_worker *worker, const tide_int128 *sums, uint32_t count,
                        struct tide_value values[])
{
    const uint32_t uses = worker->terms.rules->uses;
    const unsigned scale = worker->plan->decimal.scale;
    unsigned decimals = TIDE_AGGREGATE_MEAN_DECIMALS;
    values[TIDE_VALUE_HISTORY_COUNT] = (struct tide_value){.units = count};
    struct tide_value *mean = &values[TIDE_VALUE_HISTORY_MEAN];
    *mean = (struct tide_value){.null = count < 1};
    if (uses >> TIDE_VALUE_HISTORY_MEAN & 1 && count >= 1) {
        mean->units = tide_exact_list_mean(sums, count, scale, &decimals);
        mean->scale = (uint8_t)decimals;
    }
    decimals = TIDE_AGGREGATE_MEAN_DECIMALS;
    struct tide_value *stddev = &values[TIDE_VALUE_HISTORY_STDDEV];
    *stddev = (struct tide_value){.null = count < 2};
    if (uses >> TIDE_VALUE_HISTORY_STDDEV & 1 && count >= 2) {
        stddev->units = tide_exact_list_stddev(sums, count, scale, &decimals);
        stddev->scale = (uint8_t)decimals;
    }
}

bool tide_worker_look_back(struct tide_worker *worker, const struct tide_due *due)
{
    const struct tide_entry *entry = due->entry;
    const struct tide_key key = {{entry->key[0], entry->key[1]}, entry->key_bytes};
    const uint64_t hash = key.bytes <= TIDE_KEY_INLINE_BYTES
                              ? tide_hash_inline(&worker->seed, key.words[0], key.words[1])
                              : key.words[1];
    worker->past = tide_history_open(&worker->history, &key, hash);
    if (!worker->past) return false;
    if (!(worker->terms.rules->uses & TIDE_USES_HISTORY)) return true;
    uint32_t count;
    const tide_int128 *sums = tide_history_before(
        &worker->history, worker->past, (struct tide_span){due->start_ms, due->end_ms}, &count);
    find_values(worker, sums, count, worker->values);
    return true;
}

bool tide_worker_remember(struct tide_worker *worker, const struct tide_due *due)
{
    return tide_history_put(&worker->history, worker->past,
                            (struct tide_span){due->start_ms, due->end_ms}, due->entry->sum,
                            worker->firing.watermark_ms);
}
