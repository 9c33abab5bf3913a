/* Do the states, timers and counters of a process function go on in other workers as if nothing had
 * been, whether states are bytes or more than that, and is what cannot be refused? */
#include "planned.h"

#include "chance.h"
#include "engine/stages/process_parts.h"
#include "engine/stages/worker_snapshot.h"

#include <stdio.h>

enum { KEYS = 30, WORKERS_MAX = 5 };

/* No alerts, for there is no sink to take them. */
#define QUIET "--stats", "-", "-p", "5"

#define PATH_OF(name) PROCESS_FOLDER "/" name ".so"

/* Each run draws its own. */
static const struct tide_hash_seed seeds[] = {{{0x9E3779B97F4A7C15u, 0xC2B2AE3D27D4EB4Fu}},
                                              {{0x165667B19E3779F9u, 0x27D4EB2F165667C5u}}};

struct fixture {
    struct tide_crew crew;
    struct tide_worker workers[WORKERS_MAX];
    struct tide_control control;
    const struct tide_plan *plan;
    unsigned seed;
    int64_t watermark_ms;
};

static void begin(struct fixture *fixture, const struct tide_plan *plan, unsigned count,
                  unsigned seed)
{
    struct tide_error error = {0};
    *fixture = (struct fixture){.plan = plan, .seed = seed, .watermark_ms = TIDE_WATERMARK_NONE};
    assert_true(tide_control_init(&fixture->control, &error));
    fixture->crew.count = count;
    for (unsigned i = 0; i < count; i++) {
        fixture->crew.workers[i] = &fixture->workers[i];
        assert_true(tide_worker_init(&fixture->workers[i], plan, i, &fixture->control, NULL, NULL,
                                     &seeds[seed], NULL, NULL, NULL, &error));
    }
}

static void end(struct fixture *fixture)
{
    for (unsigned i = 0; i < fixture->crew.count; i++) tide_worker_fini(&fixture->workers[i]);
    tide_control_fini(&fixture->control);
}

/* A window of a key fires. */
static void show(struct fixture *fixture, unsigned number, int64_t end_ms, uint64_t row)
{
    char text[32];
    struct tide_entry entry = {.sum = (int)row * 3, .count = 2, .first_row = row};
    entry.key_bytes = (uint32_t)snprintf(
        text, sizeof text, number % 3 ? "k%u" : "a long key with the number %u", number);
    uint64_t hash;
    if (entry.key_bytes <= TIDE_KEY_INLINE_BYTES) {
        memcpy(entry.key, text, entry.key_bytes);
        hash = tide_hash_inline(&seeds[fixture->seed], entry.key[0], entry.key[1]);
    } else {
        hash = tide_hash_bytes(&seeds[fixture->seed], text, entry.key_bytes);
        entry.key[0] = (uint64_t)(uintptr_t)text;
        entry.key[1] = hash;
    }
    struct tide_worker *worker = tide_crew_owner(&fixture->crew, hash);
    const struct tide_due due = {.start_ms = end_ms - 10, .end_ms = end_ms, .entry = &entry};
    worker->is_shown = false;
    worker->firing = (struct tide_firing){
        .kind = TIDE_FIRING_ROW, .watermark_ms = fixture->watermark_ms, .phase = TIDE_PHASE_ROW};
    assert_int_equal(tide_worker_process_result(worker, &due), TIDE_DONE);
    worker->firing.kind = TIDE_FIRING_NONE;
}

/* Time goes on for all workers. */
static void advance(struct fixture *fixture, int64_t watermark_ms, enum tide_phase phase)
{
    for (unsigned i = 0; i < fixture->crew.count; i++) {
        struct tide_worker *worker = &fixture->workers[i];
        worker->firing = (struct tide_firing){.kind = TIDE_FIRING_WINDOWS,
                                              .watermark_ms = watermark_ms,
                                              .fire_ms = watermark_ms - 1,
                                              .phase = phase};
        tide_worker_process_begin_step(worker);
        assert_int_equal(tide_worker_process_fire(worker), TIDE_DONE);
        worker->firing.kind = TIDE_FIRING_NONE;
        if (phase != TIDE_PHASE_ARRIVAL)
            tide_watermark_advance(&worker->watermark, 0, watermark_ms);
        else worker->process->clock_ms = watermark_ms;
    }
    if (phase != TIDE_PHASE_ARRIVAL) fixture->watermark_ms = watermark_ms;
}

static uint64_t counter(const struct fixture *fixture, unsigned number)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < fixture->crew.count; i++)
        sum += tide_worker_process_counters(&fixture->workers[i])[number];
    return sum;
}

static uint32_t key_count(const struct fixture *fixture)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < fixture->crew.count; i++)
        count += fixture->workers[i].process->keys.count;
    return count;
}

static uint32_t timer_count(const struct fixture *fixture, enum tidemark_time clock)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < fixture->crew.count; i++)
        count += fixture->workers[i].process->timers[clock].count;
    return count;
}

static void save(const struct fixture *fixture, struct tide_snapshot *snapshot)
{
    *snapshot = (struct tide_snapshot){.bytes = NULL};
    for (unsigned i = 0; i < fixture->crew.count; i++)
        tide_worker_process_save(&fixture->workers[i], snapshot);
}

/* To so many workers of another run. */
static void move(struct fixture *fixture, struct fixture *next, unsigned count)
{
    struct tide_snapshot snapshot;
    save(fixture, &snapshot);
    assert_false(snapshot.has_failed);
    struct tide_snapshot_reader reader = {.at = snapshot.bytes,
                                          .end = snapshot.bytes + snapshot.count};
    begin(next, fixture->plan, count, !fixture->seed);
    next->watermark_ms = fixture->watermark_ms;
    for (unsigned i = 0; i < fixture->crew.count; i++)
        assert_true(tide_worker_process_load(&next->crew, &reader));
    assert_ptr_equal(reader.at, reader.end);
    for (unsigned i = 0; i < count; i++) {
        tide_watermark_advance(&next->workers[i].watermark, 0, next->watermark_ms);
        tide_worker_process_settle(&next->workers[i]);
    }
    tide_snapshot_fini(&snapshot);
    end(fixture);
}

static void assert_same(const struct fixture *fixture, const struct fixture *moved)
{
    for (unsigned i = 0; i < fixture->plan->plugin->counter_count; i++)
        assert_int_equal(counter(fixture, i), counter(moved, i));
    for (enum tidemark_time clock = TIDEMARK_EVENT_TIME; clock <= TIDEMARK_PROCESSING_TIME; clock++)
        assert_int_equal(timer_count(fixture, clock), timer_count(moved, clock));
}

static void go_on_as_if_nothing_had_been(const struct tide_plan *plan)
{
    struct chance chance = chance_begin();
    static struct fixture fixture, moved[2];
    unsigned now = 0;
    int64_t time_ms = 0;
    begin(&fixture, plan, 1, 0);
    begin(&moved[0], plan, 1 + chance_below(&chance, WORKERS_MAX), 1);
    for (uint64_t row = 0; row < 3000; row++) {
        unsigned key = chance_below(&chance, KEYS);
        int64_t end_ms = time_ms + (int64_t)chance_below(&chance, 4000) - 2000;
        show(&fixture, key, end_ms, row);
        show(&moved[now], key, end_ms, row);
        if (chance_is(&chance, 5)) {
            enum tide_phase phase = chance_is(&chance, 3) ? TIDE_PHASE_ARRIVAL : TIDE_PHASE_WINDOW;
            time_ms += chance_below(&chance, 3000);
            advance(&fixture, time_ms, phase);
            advance(&moved[now], time_ms, phase);
        }
        assert_same(&fixture, &moved[now]);
        if (!chance_is(&chance, 9)) continue;
        move(&moved[now], &moved[!now], 1 + chance_below(&chance, WORKERS_MAX));
        now = !now;
        assert_same(&fixture, &moved[now]);
        assert_int_equal(key_count(&fixture), key_count(&moved[now]));
    }
    assert_true(counter(&fixture, 1) > 100);
    advance(&fixture, INT64_MAX, TIDE_PHASE_WINDOW);
    advance(&moved[now], INT64_MAX, TIDE_PHASE_WINDOW);
    assert_same(&fixture, &moved[now]);
    end(&fixture);
    end(&moved[now]);
}

static void states_that_are_bytes_go_on_elsewhere(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, QUIET, "--process", PATH_OF("probe"), "--process-arg", "after=1500",
         "--process-arg", "again=3", "--process-arg", "clear=4", "--process-arg", "erase=3");
    go_on_as_if_nothing_had_been(&planned.plan);
    plan_end(&planned);
}

static void states_that_are_addresses_go_on_elsewhere(void **state)
{
    (void)state;
    struct planned planned;
    PLAN(&planned, QUIET, "--process", PATH_OF("keeper"), "--process-arg", "clock=both");
    go_on_as_if_nothing_had_been(&planned.plan);
    plan_end(&planned);
}

/* --- what cannot be --- */

static void fill(struct fixture *fixture, const struct tide_plan *plan)
{
    begin(fixture, plan, 1, 0);
    for (uint64_t row = 0; row < 12; row++) show(fixture, row % 4, (int64_t)row * 700, row);
}

/* Loads it; if that goes, what has been loaded must be fit for use. */
static const char *try_load(const struct tide_plan *plan, const char *bytes, size_t count,
                            char text[TIDEMARK_ERROR_BYTES])
{
    static struct fixture fixture;
    begin(&fixture, plan, 2, 1);
    struct tide_snapshot_reader reader = {.at = bytes, .end = bytes + count};
    if (tide_worker_process_load(&fixture.crew, &reader)) {
        assert_null(reader.damage);
        for (unsigned i = 0; i < 2; i++) tide_worker_process_settle(&fixture.workers[i]);
        for (uint64_t row = 0; row < 12; row++) show(&fixture, row % 4, (int64_t)row * 700, row);
        advance(&fixture, 2000, TIDE_PHASE_WINDOW);
        advance(&fixture, 2000, TIDE_PHASE_ARRIVAL);
        advance(&fixture, INT64_MAX, TIDE_PHASE_WINDOW);
    } else {
        assert_non_null(reader.damage);
        snprintf(text, TIDEMARK_ERROR_BYTES, "%s", reader.damage);
    }
    end(&fixture);
    return reader.damage ? text : NULL;
}

static void refuses_torn_and_survives_flipped(const char *path)
{
    struct planned planned;
    static struct fixture fixture;
    struct tide_snapshot snapshot;
    char text[TIDEMARK_ERROR_BYTES];
    unsigned refused = 0;
    PLAN(&planned, QUIET, "--process", path);
    fill(&fixture, &planned.plan);
    save(&fixture, &snapshot);
    assert_null(try_load(&planned.plan, snapshot.bytes, snapshot.count, text));
    for (size_t count = 0; count < snapshot.count; count++) {
        char *copy = tide_alloc(count ? count : 1); /* so that reading beyond it is seen */
        memcpy(copy, snapshot.bytes, count);
        assert_non_null(try_load(&planned.plan, copy, count, text));
        tide_free(copy);
    }
    for (size_t bit = 0; bit < snapshot.count * 8; bit++) {
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
        refused += try_load(&planned.plan, snapshot.bytes, snapshot.count, text) != NULL;
        snapshot.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_in_range(refused, 64, snapshot.count * 8);
    tide_snapshot_fini(&snapshot);
    end(&fixture);
    plan_end(&planned);
}

static void what_is_torn_is_refused_and_what_is_flipped_refused_or_harmless(void **state)
{
    (void)state;
    refuses_torn_and_survives_flipped(PATH_OF("probe"));
    refuses_torn_and_survives_flipped(PATH_OF("keeper"));
}

static void put_timer(struct tide_snapshot *snapshot, const char *key, int64_t time_ms)
{
    tide_put_key(snapshot, key, (uint32_t)strlen(key));
    tide_put_i64(snapshot, time_ms);
}

static void expect_damage(struct planned *planned, struct tide_snapshot *snapshot,
                          const char *words)
{
    char text[TIDEMARK_ERROR_BYTES];
    const char *damage = try_load(&planned->plan, snapshot->bytes, snapshot->count, text);
    assert_non_null(damage);
    assert_string_equal(damage, words);
    tide_snapshot_clear(snapshot);
}

static void states_and_timers_of_a_function_without_are_refused(void **state)
{
    (void)state;
    struct planned planned;
    struct tide_snapshot snapshot = {.bytes = NULL};
    PLAN(&planned, QUIET, "--process", PATH_OF("no_on_timer"));
    tide_put_i64(&snapshot, 0);
    tide_put_u64(&snapshot, 1);
    tide_put_key(&snapshot, "a", 1);
    expect_damage(&planned, &snapshot, "it holds states, and the process function has none");
    tide_put_i64(&snapshot, 0);
    tide_put_u64(&snapshot, 0);
    tide_put_u64(&snapshot, 1);
    put_timer(&snapshot, "a", 5);
    expect_damage(&planned, &snapshot, "it holds timers, and the process function has none");
    tide_snapshot_fini(&snapshot);
    plan_end(&planned);
}

static void a_state_or_a_timer_that_comes_twice_is_refused(void **state)
{
    (void)state;
    struct planned planned;
    struct tide_snapshot snapshot = {.bytes = NULL};
    const uint64_t timers = 1, counters[] = {0, 0, 0};
    PLAN(&planned, QUIET, "--process", PATH_OF("keeper"));
    tide_put_bytes(&snapshot, counters, sizeof counters);
    tide_put_i64(&snapshot, 0);
    tide_put_u64(&snapshot, 2);
    for (unsigned i = 0; i < 2; i++) {
        tide_put_key(&snapshot, "a", 1);
        tide_put_text(&snapshot, (const char *)&timers, sizeof timers);
    }
    expect_damage(&planned, &snapshot, "a key comes twice");
    tide_put_bytes(&snapshot, counters, sizeof counters);
    tide_put_i64(&snapshot, 0);
    tide_put_u64(&snapshot, 0);
    tide_put_u64(&snapshot, 2);
    put_timer(&snapshot, "a", 5);
    put_timer(&snapshot, "a", 5);
    expect_damage(&planned, &snapshot, "a timer comes twice");
    tide_snapshot_fini(&snapshot);
    plan_end(&planned);
}

static void what_a_function_refuses_to_load_is_refused_with_its_text(void **state)
{
    (void)state;
    struct planned planned, refusing;
    static struct fixture fixture;
    struct tide_snapshot snapshot;
    PLAN(&planned, QUIET, "--process", PATH_OF("keeper"));
    PLAN(&refusing, QUIET, "--process", PATH_OF("keeper"), "--process-arg", "refuse=load");
    fill(&fixture, &planned.plan);
    save(&fixture, &snapshot);
    expect_damage(&refusing, &snapshot,
                  "the process function refuses a state: this one?was not saved by me");
    tide_snapshot_fini(&snapshot);
    end(&fixture);
    plan_end(&refusing);
    plan_end(&planned);
}

static void expect_failed_save(const char *argument, const char *words)
{
    struct planned planned;
    static struct fixture fixture;
    struct tide_snapshot snapshot;
    PLAN(&planned, QUIET, "--process", PATH_OF("keeper"), "--process-arg", argument);
    fill(&fixture, &planned.plan);
    save(&fixture, &snapshot);
    assert_true(snapshot.has_failed);
    assert_true(tide_control_has_failed(&fixture.control));
    assert_int_equal(fixture.control.error.exit, TIDE_EXIT_FAILED);
    if (!strstr(fixture.control.error.text, words))
        fail_msg("'%s' lacks '%s'", fixture.control.error.text, words);
    tide_snapshot_fini(&snapshot);
    end(&fixture);
    plan_end(&planned);
}

static void a_function_that_cannot_save_fails_the_run_with_its_text(void **state)
{
    (void)state;
    expect_failed_save("refuse=save", "save failed for key ");
    expect_failed_save("refuse=save", ": this one?is not for saving");
    expect_failed_save("refuse=much", "it saves more than the 16777216 bytes allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_torn_is_refused_and_what_is_flipped_refused_or_harmless),
        cmocka_unit_test(states_and_timers_of_a_function_without_are_refused),
        cmocka_unit_test(a_state_or_a_timer_that_comes_twice_is_refused),
        cmocka_unit_test(what_a_function_refuses_to_load_is_refused_with_its_text),
        cmocka_unit_test(a_function_that_cannot_save_fails_the_run_with_its_text),
        cmocka_unit_test(states_that_are_bytes_go_on_elsewhere),
        cmocka_unit_test(states_that_are_addresses_go_on_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
