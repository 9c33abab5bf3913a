/* Does the model find again what a made-up pipeline would take at other N and on more cores, and
 * does it judge itself by levels it has not seen? */
#include "engine/instruments/bench/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "level.h"
#include "near.h"

enum { LEVELS_MAX = 12 };

/* A pipeline of which everything is known. */
struct truth {
    double reader_s, parser_s, workers_s, sink_s;
    double growth_s; /* of the sink with each doubling of N */
    double handover_s;
    double hot; /* share of the rows of one key; the others lie even */
};

static struct made_level made[LEVELS_MAX];
static struct tide_level_figures levels[LEVELS_MAX];

static double greater(double a, double b)
{
    return a > b ? a : b;
}

static double truth_wall_s(const struct truth *truth, unsigned n, unsigned cores)
{
    double sink_s = truth->sink_s + truth->growth_s * log2(n);
    double share = truth->hot + (1 - truth->hot) / n;
    double longest_s = greater(greater(truth->reader_s, truth->parser_s),
                               greater(sink_s, truth->workers_s * share));
    double total_s = truth->reader_s + truth->parser_s + truth->workers_s + sink_s;
    return greater(longest_s, total_s / cores) + truth->handover_s;
}

static void make(unsigned i, const struct truth *truth, unsigned n, unsigned cores)
{
    struct made_stage workers[LEVEL_STAGES_MAX];
    double even = (1 - truth->hot) / n;
    for (unsigned worker = 0; worker < n; worker++) {
        double share = worker == 0 ? truth->hot + even : even;
        workers[worker] = (struct made_stage){.computing_s = truth->workers_s * share,
                                              .rows = (uint64_t)(1e9 * share)};
    }
    make_level(&made[i], cores, truth_wall_s(truth, n, cores),
               (struct made_stage){.computing_s = truth->reader_s},
               (struct made_stage){.computing_s = truth->parser_s}, workers, n,
               (struct made_stage){.computing_s = truth->sink_s + truth->growth_s * log2(n)});
    levels[i] = made[i].figures;
}

static struct tide_model model_of(const struct truth *truth, const unsigned ns[], unsigned count,
                                  unsigned cores)
{
    struct tide_model model;
    struct tide_error error = {0};
    for (unsigned i = 0; i < count; i++) make(i, truth, ns[i], cores);
    if (!tide_model_init(&model, levels, count, &error)) fail_msg("%s", error.text);
    return model;
}

static struct tide_prediction predict(const struct tide_model *model, unsigned n, unsigned cores)
{
    struct tide_prediction prediction;
    tide_model_predict(model, n, cores, &prediction);
    assert_int_equal(prediction.parallelism, n);
    assert_int_equal(prediction.cores, cores);
    return prediction;
}

static const struct truth plain = {
    .reader_s = 0.1, .parser_s = 0.5, .workers_s = 2, .sink_s = 0.2, .handover_s = 0.05};
static const unsigned doublings[] = {1, 2, 4, 8, 16};

static void nothing_measured_is_refused(void **state)
{
    (void)state;
    struct tide_model model;
    struct tide_error error = {0};
    assert_false(tide_model_init(&model, levels, 0, &error));
    assert_non_null(strstr(error.text, "not 0"));
    make(0, &plain, 4, 8);
    levels[0].wall_s.median = 0;
    error = (struct tide_error){0};
    assert_false(tide_model_init(&model, levels, 1, &error));
    assert_non_null(strstr(error.text, "N = 4"));
    make(0, &plain, 4, 8);
    levels[0].stage_count = 0;
    error = (struct tide_error){0};
    assert_false(tide_model_init(&model, levels, 1, &error));
}

static void more_workers_help_until_the_parser_binds(void **state)
{
    (void)state;
    struct tide_model model = model_of(&plain, doublings, 2, 16);
    assert_near(model.handover_s, 0.05, 1e-9);
    struct tide_prediction prediction = predict(&model, 3, 6);
    assert_int_equal(prediction.limit, TIDE_LIMIT_WORKER);
    assert_near(prediction.wall_s, 2.0 / 3 + 0.05, 1e-9);
    prediction = predict(&model, 8, 11);
    assert_int_equal(prediction.limit, TIDE_LIMIT_PARSER);
    assert_near(prediction.wall_s, 0.55, 1e-9);
}

static void few_cores_limit_what_more_cores_free(void **state)
{
    (void)state;
    struct tide_model model = model_of(&plain, doublings, 3, 2);
    struct tide_prediction prediction = predict(&model, 4, 2);
    assert_int_equal(prediction.limit, TIDE_LIMIT_CORES);
    assert_near(prediction.wall_s, 2.8 / 2 + 0.05, 1e-9);
    assert_false(prediction.is_extrapolated);
    prediction = predict(&model, 4, 7);
    assert_int_equal(prediction.limit, TIDE_LIMIT_PARSER);
    assert_near(prediction.wall_s, truth_wall_s(&plain, 4, 7), 1e-9);
    assert_true(prediction.is_extrapolated);
    assert_true(predict(&model, 8, 2).is_extrapolated);
}

/* Others took the cores for 0.3 s: that ends where each thread has one of its own. */
static void queue_for_cores_is_no_handover(void **state)
{
    (void)state;
    struct tide_model model;
    struct tide_error error = {0};
    struct truth parsing = plain;
    parsing.workers_s = 0.1;
    for (unsigned i = 0; i < 3; i++) {
        make(i, &parsing, doublings[i], 2);
        made[i].stages[1].core_s = 0.3;
        levels[i].wall_s.median += 0.3;
    }
    assert_true(tide_model_init(&model, levels, 3, &error));
    assert_near(model.handover_s, 0.05, 1e-9);
    assert_near(predict(&model, 4, 2).wall_s, 0.5 + 0.05 + 0.3, 1e-9);
    assert_near(predict(&model, 4, 4).wall_s, 0.5 + 0.05 + 0.15, 1e-9);
    assert_near(predict(&model, 4, 6).wall_s, 0.5 + 0.05 + 0.1, 1e-9);
    assert_near(predict(&model, 4, 7).wall_s, 0.5 + 0.05, 1e-9);
    static struct tide_trust trust;
    tide_model_check(&model, 16, &trust);
    assert_near(trust.error_most, 0, 1e-9);
    assert_non_null(strstr(trust.text, "runs queue for cores 35 % of their time"));
}

/* Sharing cores by plan is in the bound already. */
static void queue_that_the_bound_explains_is_not_counted_twice(void **state)
{
    (void)state;
    struct tide_model model;
    struct tide_error error = {0};
    make(0, &plain, 1, 1);
    made[0].stages[2].core_s = 0.7; /* the worker needs 2 s of 2.8 */
    assert_true(tide_model_init(&model, levels, 1, &error));
    assert_near(model.queue_s, 0, 1e-9);
    assert_near(model.handover_s, 0.05, 1e-9);
    made[0].stages[2].core_s = 5; /* no more than there is */
    assert_true(tide_model_init(&model, levels, 1, &error));
    assert_near(model.queue_s, 0.05, 1e-9);
    assert_near(model.handover_s, 0, 1e-9);
}

static void hot_key_keeps_its_worker_busy_at_any_n(void **state)
{
    (void)state;
    struct truth hot = plain;
    hot.hot = 0.6;
    struct tide_model model = model_of(&hot, doublings, 3, 16);
    struct tide_prediction prediction = predict(&model, 64, 67);
    assert_int_equal(prediction.limit, TIDE_LIMIT_WORKER);
    assert_near(prediction.skew, 64 * (0.6 + 0.4 / 64), 1e-6);
    assert_near(prediction.wall_s, truth_wall_s(&hot, 64, 67), 1e-6);
    assert_near(predict(&model, 1, 4).skew, 1, 0);
}

static void sink_that_grows_with_n_binds_in_the_end(void **state)
{
    (void)state;
    struct truth merging = plain;
    merging.growth_s = 0.1;
    struct tide_model model = model_of(&merging, doublings, 5, 32);
    struct tide_prediction prediction = predict(&model, 64, 67);
    assert_int_equal(prediction.limit, TIDE_LIMIT_SINK);
    assert_near(prediction.wall_s, 0.2 + 0.1 * 6 + 0.05, 1e-9);
}

/* One worker alone may need less: what it needs says nothing of several. */
static void one_worker_alone_is_a_case_of_its_own(void **state)
{
    (void)state;
    struct truth alone = plain;
    alone.parser_s = 0.3;
    struct tide_model model;
    struct tide_error error = {0};
    make(0, &alone, 1, 16);
    make(1, &plain, 2, 16);
    make(2, &plain, 4, 16);
    assert_true(tide_model_init(&model, levels, 3, &error));
    assert_near(model.needed[TIDE_STAGE_PARSER].alone, 0.3, 1e-9);
    assert_near(predict(&model, 16, 19).wall_s, 0.55, 1e-9);
    assert_near(predict(&model, 1, 16).wall_s, 2.05, 1e-9);
}

static void cost_that_falls_with_n_is_taken_as_its_mean(void **state)
{
    (void)state;
    struct truth falling = plain;
    struct tide_model model;
    struct tide_error error = {0};
    falling.parser_s = 0.7;
    make(0, &falling, 2, 16);
    make(1, &plain, 4, 16);
    assert_true(tide_model_init(&model, levels, 2, &error));
    assert_near(model.needed[TIDE_STAGE_PARSER].growth, 0, 0);
    assert_near(model.needed[TIDE_STAGE_PARSER].base, 0.6, 1e-9);
}

static void one_level_cannot_be_checked(void **state)
{
    (void)state;
    static struct tide_trust trust;
    struct tide_model model = model_of(&plain, doublings, 1, 8);
    tide_model_check(&model, 8, &trust);
    assert_int_equal(trust.check_count, 0);
    assert_non_null(strstr(trust.text, "Not checked"));
    assert_null(strstr(trust.text, "times the"));
}

static void true_model_passes_its_own_check(void **state)
{
    (void)state;
    static struct tide_trust trust;
    for (unsigned cores = 1; cores <= 32; cores *= 2) {
        struct tide_model model = model_of(&plain, doublings, 5, cores);
        tide_model_check(&model, cores, &trust);
        assert_int_equal(trust.check_count, 5);
        assert_near(trust.error_most, 0, 1e-9);
        assert_non_null(strstr(trust.text, "Each of 5 levels was predicted from the others: 0 %"));
        assert_non_null(strstr(trust.text, "good for choosing N"));
    }
}

static void level_is_predicted_without_being_looked_at(void **state)
{
    (void)state;
    static struct tide_trust trust;
    model_of(&plain, doublings, 5, 32);
    struct truth other = {
        .reader_s = 5, .parser_s = 6, .workers_s = 70, .sink_s = 8, .handover_s = 9, .hot = 0.5};
    for (unsigned odd = 0; odd < 5; odd++) {
        struct tide_model model;
        struct tide_error error = {0};
        for (unsigned i = 0; i < 5; i++) make(i, i == odd ? &other : &plain, doublings[i], 32);
        assert_true(tide_model_init(&model, levels, 5, &error));
        tide_model_check(&model, 32, &trust);
        assert_int_equal(trust.checks[odd].parallelism, doublings[odd]);
        assert_near(trust.checks[odd].measured_s, truth_wall_s(&other, doublings[odd], 32), 1e-9);
        assert_near(trust.checks[odd].predicted_s, truth_wall_s(&plain, doublings[odd], 32), 1e-6);
        assert_non_null(strstr(trust.text, "not to be trusted"));
    }
}

static void errors_are_told_with_sign_and_place(void **state)
{
    (void)state;
    static struct tide_trust trust;
    struct tide_model model = model_of(&plain, doublings, 5, 32);
    levels[1].wall_s.median *= 1.25;
    tide_model_check(&model, 32, &trust);
    assert_near(trust.checks[1].error, 1 / 1.25 - 1, 1e-9);
    assert_near(trust.error_most, 0.2, 1e-9);
    assert_int_equal(trust.worst_parallelism, 2);
    assert_non_null(strstr(trust.text, "20 % at most (N = 2)"));
    assert_non_null(strstr(trust.text, "good for the direction"));
}

static void noise_and_extrapolation_are_named(void **state)
{
    (void)state;
    static struct tide_trust trust;
    struct tide_model model = model_of(&plain, doublings, 3, 2);
    for (unsigned i = 0; i < 3; i++) levels[i].wall_s.deviation = 0.1 * levels[i].wall_s.median;
    tide_model_check(&model, 67, &trust);
    assert_near(trust.noise, 0.14826, 1e-9);
    assert_non_null(strstr(trust.text, "runs of one level differ by 15 %"));
    assert_non_null(strstr(trust.text, "quieter machine"));
    assert_non_null(strstr(trust.text, "67 cores are 33.5 times the 2 it measured on"));
    assert_true(strlen(trust.text) < TIDE_TRUST_BYTES - 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_measured_is_refused),
        cmocka_unit_test(more_workers_help_until_the_parser_binds),
        cmocka_unit_test(few_cores_limit_what_more_cores_free),
        cmocka_unit_test(queue_for_cores_is_no_handover),
        cmocka_unit_test(queue_that_the_bound_explains_is_not_counted_twice),
        cmocka_unit_test(hot_key_keeps_its_worker_busy_at_any_n),
        cmocka_unit_test(sink_that_grows_with_n_binds_in_the_end),
        cmocka_unit_test(one_worker_alone_is_a_case_of_its_own),
        cmocka_unit_test(cost_that_falls_with_n_is_taken_as_its_mean),
        cmocka_unit_test(one_level_cannot_be_checked),
        cmocka_unit_test(true_model_passes_its_own_check),
        cmocka_unit_test(level_is_predicted_without_being_looked_at),
        cmocka_unit_test(errors_are_told_with_sign_and_place),
        cmocka_unit_test(noise_and_extrapolation_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
