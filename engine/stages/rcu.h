/*
 * rcu: the only door to liburcu (QSBR): read-mostly things that the main thread changes while the
 *           stages run.
 * Owns:     nothing.
 * Threads:  a reader registers, says when it holds no reference (quiescent) and goes offline before
 *           it sleeps.
 * Blocks:   synchronize does, until every registered thread has been quiescent or offline; the rest
 *           never.
 * Errors:   none.
 * Limits:   readers must not call synchronize.
 *
 * ThreadSanitizer cannot see into liburcu, which is not compiled with it; the annotations in rcu.c
 * tell it that what a reader did before it was quiescent happened before synchronize returns.
 */
#ifndef TIDE_STAGES_RCU_H
#define TIDE_STAGES_RCU_H

#include <urcu-qsbr.h>

void tide_rcu_register(void);
void tide_rcu_unregister(void);
void tide_rcu_quiescent(void);
void tide_rcu_offline(void);
void tide_rcu_online(void);

/* Returns when nobody can still see what was unpublished before the call. The caller is no reader
 * at that time. */
void tide_rcu_synchronize(void);

/* Makes `value`, with all that was written to it before, visible to readers. */
void tide_rcu_publish(void **where, void *value);

/* As publish; returns the value that was there before, which readers may still hold. */
void *tide_rcu_exchange(void **where, void *value);

/* Calls free_block(head) on a thread of liburcu's when nobody can hold the block any more.
 * Wait-free for the caller. */
void tide_rcu_free_later(struct rcu_head *head, void (*free_block)(struct rcu_head *head));

/* Returns when everything given to free_later so far has been freed. */
void tide_rcu_barrier(void);

/* To be called first in every free_block. */
void tide_rcu_freed_now(void);

/* The newest published value; valid until the caller is quiescent. */
void *tide_rcu_read(void *const *where);

#endif
