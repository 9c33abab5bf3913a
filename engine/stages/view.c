#include "engine/stages/view.h"

#include "engine/base/memory.h"
#include "engine/stages/rcu.h"

struct view {
    struct rcu_head head;
    struct tide_picture picture;
};

size_t tide_view_board_bytes(unsigned stage_count)
{
    const struct tide_view_board *board = NULL; /* for the sizes only */
    return stage_count * (sizeof *board->views + sizeof *board->answered);
}

bool tide_view_board_init(struct tide_view_board *board, unsigned stage_count,
                          struct tide_error *error)
{
    *board = (struct tide_view_board){.stage_count = stage_count};
    board->views = tide_alloc_zeroed(stage_count, sizeof *board->views);
    board->answered = tide_alloc_zeroed(stage_count, sizeof *board->answered);
    return (board->views && board->answered) || tide_error_memory(error, "the live view");
}

void tide_view_board_fini(struct tide_view_board *board)
{
    for (unsigned i = 0; board->views && i < board->stage_count; i++) tide_free(board->views[i]);
    tide_free(board->views);
    tide_free(board->answered);
    *board = (struct tide_view_board){0};
}

void tide_view_ask(struct tide_view_board *board)
{
    atomic_fetch_add_explicit(&board->asked, 1, memory_order_relaxed);
}

static void free_view(struct rcu_head *head)
{
    tide_rcu_freed_now();
    tide_free(caa_container_of(head, struct view, head));
}

void tide_view_publish(struct tide_view_board *board, unsigned stage,
                       const struct tide_picture *picture)
{
    board->answered[stage] = atomic_load_explicit(&board->asked, memory_order_relaxed);
    struct view *view = tide_alloc(sizeof *view);
    if (!view) return;
    view->picture = *picture;
    struct view *old = tide_rcu_exchange(&board->views[stage], view);
    if (old) tide_rcu_free_later(&old->head, free_view);
}

bool tide_view_look(const struct tide_view_board *board, unsigned stage,
                    struct tide_picture *picture)
{
    const struct view *view = tide_rcu_read(&board->views[stage]);
    if (view) *picture = view->picture;
    return view != NULL;
}
