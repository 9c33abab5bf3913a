#include "engine/instruments/bench/analysis.h"

#include "engine/base/memory.h"

/* A prediction within this of the best counts as good: more workers for less are not worth it. */
#define NEARLY_BEST 1.02

static void predict_cores(struct tide_bench_series *series, unsigned cores)
{
    struct tide_prediction best = {0}, chosen = {0};
    for (unsigned n = 1; n <= TIDE_PARALLELISM_MAX; n *= 2) {
        struct tide_prediction prediction;
        tide_model_predict(&series->model, n, cores, &prediction);
        if (n == 1 || prediction.wall_s < best.wall_s) best = prediction;
    }
    for (unsigned n = TIDE_PARALLELISM_MAX; n >= 1; n /= 2) {
        struct tide_prediction prediction;
        tide_model_predict(&series->model, n, cores, &prediction);
        if (prediction.wall_s <= best.wall_s * NEARLY_BEST) chosen = prediction;
    }
    series->predictions[series->prediction_count++] = chosen;
}

static void predict(struct tide_bench_series *series)
{
    series->has_model = tide_model_init(&series->model, series->levels, series->level_count,
                                        &series->model_refusal);
    if (series->has_model) {
        unsigned cores = series->levels[0].cores;
        tide_model_check(&series->model, cores << (TIDE_BENCH_PREDICTIONS_MAX - 1), &series->trust);
        for (unsigned i = 0; i < TIDE_BENCH_PREDICTIONS_MAX; i++) predict_cores(series, cores << i);
    }
    series->has_usl = tide_usl_fit_levels(series->levels, series->level_count, &series->usl,
                                          &series->usl_refusal);
}

bool tide_bench_series_init(struct tide_bench_series *series, const struct tide_bench_cases *cases,
                            const struct tide_bench_sweep *sweep, unsigned index,
                            struct tide_error *error)
{
    unsigned first = index * cases->level_count;
    *series = (struct tide_bench_series){
        .items = &cases->items[first],
        .measured = &sweep->cases[first],
        .level_count = cases->level_count,
    };
    series->levels = tide_alloc_zeroed(series->level_count, sizeof *series->levels);
    series->verdicts = tide_alloc_zeroed(series->level_count, sizeof *series->verdicts);
    if (!series->levels || !series->verdicts) return tide_error_memory(error, "the report");
    for (unsigned i = 0; i < series->level_count; i++) {
        series->levels[i] = series->measured[i].figures;
        tide_verdict(&series->levels[i], &series->verdicts[i]);
    }
    predict(series);
    return true;
}

void tide_bench_series_fini(struct tide_bench_series *series)
{
    tide_free(series->levels);
    tide_free(series->verdicts);
    *series = (struct tide_bench_series){0};
}

static double per_second(double amount, const struct tide_level_figures *level)
{
    return level->wall_s.median > 0 ? amount / level->wall_s.median : 0;
}

double tide_level_rows_per_s(const struct tide_level_figures *level)
{
    return per_second((double)level->rows, level);
}

double tide_level_mb_per_s(const struct tide_level_figures *level)
{
    return per_second((double)level->input_bytes / 1e6, level);
}

double tide_series_speedup(const struct tide_bench_series *series, unsigned level)
{
    return per_second(series->levels[0].wall_s.median, &series->levels[level]);
}

double tide_series_efficiency(const struct tide_bench_series *series, unsigned level)
{
    double more = (double)series->levels[level].parallelism / series->levels[0].parallelism;
    return tide_series_speedup(series, level) / more;
}

struct tide_stage_shares tide_level_shares(const struct tide_level_figures *level,
                                           enum tide_stage_kind kind)
{
    struct tide_stage_shares shares = {0};
    double span_s = tide_level_span_s(level);
    bool core_is_known = true;
    for (unsigned i = 0; i < level->stage_count; i++) {
        const struct tide_stage_figures *stage = &level->stages[i];
        if (stage->kind != kind) continue;
        shares.stage_count++;
        shares.busy += stage->busy_s;
        if (stage->busy_s > shares.busy_most) shares.busy_most = stage->busy_s;
        shares.input += stage->input_s;
        shares.room += stage->room_s;
        shares.core += stage->core_s;
        core_is_known &= stage->core_s >= 0;
        shares.cpu_s += stage->cpu_s;
        shares.ring_mean += stage->ring_mean;
        if (stage->ring_most > shares.ring_most) shares.ring_most = stage->ring_most;
        if (stage->ring_slots > shares.ring_slots) shares.ring_slots = stage->ring_slots;
    }
    double whole = span_s * shares.stage_count;
    if (shares.stage_count > 0) shares.ring_mean /= shares.stage_count;
    shares.busy = whole > 0 ? shares.busy / whole : 0;
    shares.busy_most = span_s > 0 ? shares.busy_most / span_s : 0;
    shares.input = whole > 0 ? shares.input / whole : 0;
    shares.room = whole > 0 ? shares.room / whole : 0;
    shares.core = !core_is_known ? -1 : whole > 0 ? shares.core / whole : 0;
    return shares;
}
