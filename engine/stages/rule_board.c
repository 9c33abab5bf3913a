#include "engine/stages/rule_board.h"

#include "engine/base/memory.h"
#include "engine/stages/rcu.h"

#include <string.h>

struct tide_rule_table {
    uint64_t first_version;
    unsigned count; /* >= 1 */
    const struct tide_rule_set *sets[];
};

static size_t table_bytes(unsigned count)
{
    return sizeof(struct tide_rule_table) + count * sizeof(const struct tide_rule_set *);
}

size_t tide_rule_board_bytes(unsigned worker_count)
{
    const struct tide_rule_board *board = NULL; /* for the sizes only */
    return worker_count * sizeof *board->reached + table_bytes(1);
}

static struct tide_rule_table *table_create(unsigned count, uint64_t first_version)
{
    struct tide_rule_table *table = tide_alloc(table_bytes(count));
    if (table) *table = (struct tide_rule_table){.first_version = first_version, .count = count};
    return table;
}

bool tide_rule_board_init(struct tide_rule_board *board, const struct tide_rule_set *first,
                          unsigned worker_count, struct tide_error *error)
{
    *board = (struct tide_rule_board){.first = first, .worker_count = worker_count};
    board->reached = tide_alloc_zeroed(worker_count, sizeof *board->reached);
    struct tide_rule_table *table = table_create(1, 0);
    if (table) table->sets[0] = first;
    board->table = table;
    return (table && board->reached) || tide_error_memory(error, "the rules");
}

static void free_set(const struct tide_rule_board *board, const struct tide_rule_set *rules)
{
    if (rules != board->first) tide_rules_free((struct tide_rule_set *)(uintptr_t)rules);
}

void tide_rule_board_fini(struct tide_rule_board *board)
{
    struct tide_rule_table *table = board->table;
    for (unsigned i = 0; table && i < table->count; i++) free_set(board, table->sets[i]);
    tide_free(table);
    tide_free((void *)(uintptr_t)board->reached);
    *board = (struct tide_rule_board){0};
}

static uint64_t least_reached(const struct tide_rule_board *board)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < board->worker_count; i++) {
        /* B2 acquire: pairs with B1; the worker's last use of an older set lies before. */
        uint64_t version = atomic_load_explicit(&board->reached[i], memory_order_acquire);
        if (version < least) least = version;
    }
    return least;
}

bool tide_rule_board_add(struct tide_rule_board *board, struct tide_rule_set *rules,
                         struct tide_error *error)
{
    struct tide_rule_table *old = board->table;
    uint64_t keep_from = least_reached(board);
    unsigned dropped = (unsigned)(keep_from - old->first_version);
    TIDE_ASSERT(dropped < old->count);
    struct tide_rule_table *table = table_create(old->count - dropped + 1, keep_from);
    if (!table) return tide_error_memory(error, "the rules");
    memcpy(table->sets, old->sets + dropped, (old->count - dropped) * sizeof *table->sets);
    table->sets[table->count - 1] = rules;

    tide_rcu_publish(&board->table, table);
    tide_rcu_synchronize();
    for (unsigned i = 0; i < dropped; i++) free_set(board, old->sets[i]);
    tide_free(old);
    return true;
}

uint64_t tide_rule_board_newest(const struct tide_rule_board *board)
{
    const struct tide_rule_table *table = tide_rcu_read(&board->table);
    return table->first_version + table->count - 1;
}

const struct tide_rule_set *tide_rule_board_get(const struct tide_rule_board *board,
                                                uint64_t version)
{
    const struct tide_rule_table *table = tide_rcu_read(&board->table);
    TIDE_ASSERT(version >= table->first_version && version - table->first_version < table->count);
    return table->sets[version - table->first_version];
}

void tide_rule_board_reached(struct tide_rule_board *board, unsigned worker, uint64_t version)
{
    /* B1 release: pairs with B2. */
    atomic_store_explicit(&board->reached[worker], version, memory_order_release);
}
