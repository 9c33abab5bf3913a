/* Is every rule set there as long as a worker may ask for it, and gone when none may? */
#include "engine/stages/rule_board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "engine/stages/rcu.h"
#include "operators/registry.h"

enum { WORKERS = 3, VERSIONS = 500, LABEL_BYTES = 32 };

/* A set of one rule whose label is its version. */
static struct tide_rule_set *make_rules(uint64_t version)
{
    char text[LABEL_BYTES + 16];
    struct tide_error error = {0};
    snprintf(text, sizeof text, "v%llu=sum > 0", (unsigned long long)version);
    const char *const texts[] = {text};
    struct tide_rule_set *rules = tide_rules_build(texts, 1, tide_operators.aggregates, 6, &error);
    assert_non_null(rules);
    return rules;
}

static bool is_version(const struct tide_rule_set *rules, uint64_t version)
{
    char label[LABEL_BYTES];
    snprintf(label, sizeof label, "v%llu", (unsigned long long)version);
    return strcmp(rules->rules[0].label, label) == 0;
}

/* Versions first .. last hang on the board. */
static void assert_versions(const struct tide_rule_board *board, uint64_t first, uint64_t last)
{
    assert_int_equal(tide_rule_board_newest(board), last);
    for (uint64_t version = first; version <= last; version++)
        assert_true(is_version(tide_rule_board_get(board, version), version));
}

static void add(struct tide_rule_board *board, uint64_t version)
{
    struct tide_error error = {0};
    assert_true(tide_rule_board_add(board, make_rules(version), &error));
}

static void open_board(struct tide_rule_board *board, const struct tide_rule_set *first,
                       unsigned worker_count)
{
    struct tide_error error = {0};
    assert_true(tide_rule_board_init(board, first, worker_count, &error));
}

static void ask_for_what_is_gone(void)
{
    struct tide_rule_board board;
    struct tide_rule_set *first = make_rules(0);
    open_board(&board, first, 1);
    add(&board, 1);
    tide_rule_board_reached(&board, 0, 1);
    add(&board, 2);
    (void)tide_rule_board_get(&board, 0);
}

static void ask_for_what_never_was(void)
{
    struct tide_rule_board board;
    struct tide_rule_set *first = make_rules(0);
    open_board(&board, first, 1);
    (void)tide_rule_board_get(&board, 1);
}

static void version_that_is_not_there_is_a_bug_that_stops_the_process(void **state)
{
    (void)state;
    assert_true(aborts(ask_for_what_is_gone));
    assert_true(aborts(ask_for_what_never_was));
}

static void set_stays_until_the_slowest_worker_is_past_it(void **state)
{
    (void)state;
    struct tide_rule_board board;
    struct tide_rule_set *first = make_rules(0);
    open_board(&board, first, WORKERS);
    assert_versions(&board, 0, 0);
    add(&board, 1);
    add(&board, 2);
    assert_versions(&board, 0, 2);
    tide_rule_board_reached(&board, 0, 2);
    tide_rule_board_reached(&board, 1, 2);
    add(&board, 3);
    assert_versions(&board, 0, 3); /* worker 2 has said nothing yet */
    tide_rule_board_reached(&board, 2, 1);
    add(&board, 4);
    assert_versions(&board, 1, 4);
    for (unsigned i = 0; i < WORKERS; i++) tide_rule_board_reached(&board, i, 4);
    add(&board, 5);
    assert_versions(&board, 4, 5);
    tide_rule_board_fini(&board);
    assert_true(is_version(first, 0)); /* the plan's own was not freed */
    tide_rules_free(first);
}

/* --- with readers
 * --------------------------------------------------------------------------------- */

struct reader {
    struct tide_rule_board *board;
    unsigned index;
    pthread_t thread;
    uint64_t looks;
    _Atomic bool has_begun;
    bool was_right;
};

/* Goes through the versions as a worker does, and never back. */
static void *read_versions(void *context)
{
    struct reader *reader = context;
    reader->was_right = true;
    tide_rcu_register();
    for (uint64_t version = 0; version < VERSIONS; reader->looks++) {
        uint64_t newest = tide_rule_board_newest(reader->board);
        if (newest > version && reader->looks % (reader->index + 1) == 0) version++;
        tide_rule_board_reached(reader->board, reader->index, version);
        const struct tide_rule_set *rules = tide_rule_board_get(reader->board, version);
        reader->was_right = reader->was_right && is_version(rules, version);
        tide_rcu_quiescent();
        atomic_store(&reader->has_begun, true);
    }
    tide_rcu_unregister();
    return NULL;
}

static void readers_find_every_version_while_new_ones_come(void **state)
{
    (void)state;
    struct tide_rule_board board;
    static struct reader readers[WORKERS];
    struct tide_rule_set *first = make_rules(0);
    open_board(&board, first, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        readers[i].board = &board;
        readers[i].index = i;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_versions, &readers[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        while (!atomic_load(&readers[i].has_begun)) sched_yield();
    for (uint64_t version = 1; version <= VERSIONS; version++) {
        add(&board, version);
        sched_yield(); /* the readers shall look at each, not only at the last */
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_true(readers[i].was_right);
    }
    add(&board, VERSIONS + 1);
    assert_versions(&board, VERSIONS, VERSIONS + 1);
    tide_rule_board_fini(&board);
    tide_rules_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_that_is_not_there_is_a_bug_that_stops_the_process),
        cmocka_unit_test(set_stays_until_the_slowest_worker_is_past_it),
        cmocka_unit_test(readers_find_every_version_while_new_ones_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
