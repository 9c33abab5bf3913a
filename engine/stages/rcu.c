#include "engine/stages/rcu.h"

#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char grace_period; /* stands for liburcu's own, which ThreadSanitizer cannot see */
#define SAYS_BEFORE()    __tsan_release(&grace_period)
#define HEARS_AFTER()    __tsan_acquire(&grace_period)
#define PUBLISHES(value) __tsan_release(value)
#define SEES(value)      __tsan_acquire(value)
#else
#define SAYS_BEFORE()    ((void)0)
#define HEARS_AFTER()    ((void)0)
#define PUBLISHES(value) ((void)(value))
#define SEES(value)      ((void)(value))
#endif

void tide_rcu_register(void)
{
    rcu_register_thread();
}

void tide_rcu_unregister(void)
{
    SAYS_BEFORE();
    rcu_unregister_thread();
}

void tide_rcu_quiescent(void)
{
    SAYS_BEFORE();
    rcu_quiescent_state();
}

void tide_rcu_offline(void)
{
    SAYS_BEFORE();
    rcu_thread_offline();
}

void tide_rcu_online(void)
{
    rcu_thread_online();
}

void tide_rcu_synchronize(void)
{
    synchronize_rcu();
    HEARS_AFTER();
}

void tide_rcu_publish(void **where, void *value)
{
    PUBLISHES(value);
    rcu_set_pointer(where, value);
}

void *tide_rcu_exchange(void **where, void *value)
{
    PUBLISHES(value);
    return rcu_xchg_pointer(where, value);
}

void tide_rcu_free_later(struct rcu_head *head, void (*free_block)(struct rcu_head *head))
{
    SAYS_BEFORE();
    call_rcu(head, free_block);
}

void tide_rcu_barrier(void)
{
    rcu_barrier();
}

void tide_rcu_freed_now(void)
{
    HEARS_AFTER();
}

void *tide_rcu_read(void *const *where)
{
    void *value = rcu_dereference(*where);
    SEES(value);
    return value;
}
