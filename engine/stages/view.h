/*
 * view: what a running stage shows of itself to whoever watches: small immutable pictures,
 *           exchanged under RCU.
 * Owns:     the board owns the newest picture of each stage.
 * Threads:  the stage publishes; any registered RCU reader looks.
 * Blocks:   never. A picture is made only when one was asked for since the last.
 * Errors:   without memory a stage keeps its old picture.
 * Limits:   one watcher asks at a time; many may look.
 */
#ifndef TIDE_STAGES_VIEW_H
#define TIDE_STAGES_VIEW_H

#include "engine/base/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct tide_picture {
    uint64_t rows;  /* parser: records read; worker: rows folded */
    uint64_t bytes; /* parser: unpacked bytes read */
    int64_t watermark_ms;
    uint32_t open_windows; /* worker */
    uint32_t waiting;      /* full batches in its input ring */
    uint32_t waiting_max;
};

struct tide_view_board {
    _Atomic uint32_t asked; /* counts requests */
    void **views;           /* one a stage; NULL until it has published */
    uint32_t *answered;     /* the request each stage has answered; its own */
    unsigned stage_count;
};

/* What init allocates. */
size_t tide_view_board_bytes(unsigned stage_count);

TIDE_MUST_USE bool tide_view_board_init(struct tide_view_board *board, unsigned stage_count,
                                        struct tide_error *error);
void tide_view_board_fini(
    struct tide_view_board *board); /* no reader is left; a zeroed one is fine */

/* Watcher: asks all stages for new pictures. */
void tide_view_ask(struct tide_view_board *board);

/* Stage: has somebody asked since the last publish? One relaxed load. */
static inline bool tide_view_is_asked(const struct tide_view_board *board, unsigned stage)
{
    /* Relaxed: being a batch late is fine, and nothing is read through it. */
    return atomic_load_explicit(&board->asked, memory_order_relaxed) != board->answered[stage];
}

/* Stage: shows a new picture; the old one is freed when no reader can hold it. */
void tide_view_publish(struct tide_view_board *board, unsigned stage,
                       const struct tide_picture *picture);

/* Reader: copies the newest picture of a stage; false if there is none yet. */
TIDE_MUST_USE bool tide_view_look(const struct tide_view_board *board, unsigned stage,
                                  struct tide_picture *picture);

#endif
