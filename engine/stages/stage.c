#include "engine/stages/stage.h"

#include "engine/base/clock.h"

#include "engine/stages/rcu.h"

enum {
    ROUNDS_UNTIL_STUCK = 4,
    SEVERAL_WAIT_NS = 5000000, /* of several silent inputs each is waited for so long in turn */
    LOOKS_A_CLOCK = 16, /* looks are short: the clock at each of them would double what they take */
};

static int64_t wake_at_ns(const struct tide_stage *stage)
{
    return stage->wake_at_ns ? stage->wake_at_ns(stage->self) : TIDE_CLOCK_NEVER;
}

/* Until a neighbour, the input or the stage's own clock has something for it. */
static void sleep_on(struct tide_stage *stage, enum tide_progress reason)
{
    int64_t latest_ns = reason == TIDE_STARVED ? wake_at_ns(stage) : TIDE_CLOCK_NEVER;
    if (reason == TIDE_STARVED && stage->wait_for_input)
        stage->wait_for_input(stage->self, latest_ns);
    else tide_waiter_sleep_until(&stage->waiter, latest_ns);
}

/* Looks again and again with growing patience; sleeps when that runs out. Returns the first step
 * that is neither starved nor blocked. *end_ns: when it began, for it is work and no longer wait.
 */
static enum tide_progress wait_for_progress(struct tide_stage *stage, enum tide_progress reason,
                                            int64_t *end_ns)
{
    enum tide_progress progress = reason;
    for (unsigned looks = 0; progress == TIDE_STARVED || progress == TIDE_BLOCKED; looks++) {
        if (!tide_patience_wait(&stage->patience, looks)) {
            stage->clock.sleep_count++;
            stage->nudge(stage->self);
            if (stage->uses_rcu) tide_rcu_offline();
            sleep_on(stage, progress);
            if (stage->uses_rcu) tide_rcu_online();
            looks = 0;
        }
        tide_waiter_clear(&stage->waiter);
        if (looks % LOOKS_A_CLOCK == 0) *end_ns = tide_clock_ns();
        progress = stage->step(stage->self);
    }
    return progress;
}

void *tide_stage_run(void *context)
{
    struct tide_stage *stage = context;
    int64_t begin_ns = tide_clock_ns(), queued_before_ns = tide_clock_thread_queued_ns();
    if (stage->uses_rcu) tide_rcu_register();
    enum tide_progress progress;
    while ((progress = stage->step(stage->self)) != TIDE_DONE) {
        if (stage->uses_rcu) tide_rcu_quiescent();
        if (progress == TIDE_PROGRESSED) continue;
        int64_t wait_ns = tide_clock_ns(), end_ns = wait_ns;
        enum tide_progress reason = progress;
        progress = wait_for_progress(stage, reason, &end_ns);
        wait_ns = end_ns - wait_ns;
        *(reason == TIDE_STARVED ? &stage->clock.starved_ns : &stage->clock.blocked_ns) += wait_ns;
        if (progress == TIDE_DONE) break;
    }
    stage->nudge(stage->self);
    if (stage->uses_rcu) tide_rcu_unregister();
    stage->clock.cpu_ns = tide_clock_thread_cpu_ns();
    /* What the thread queued before its first step is none of the stage's time. */
    int64_t queued_ns = tide_clock_thread_queued_ns();
    stage->clock.queued_ns = queued_ns < 0 ? -1 : queued_ns - queued_before_ns;
    stage->clock.wall_ns = tide_clock_ns() - begin_ns;
    return NULL;
}

/* splitmix64 (S. Vigna, public domain reference): the order of turns only has to be repeatable. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Everybody in turn: whether anyone progressed. Starved input, if that is all that is missing, is
 * waited for, no longer than any clock allows. */
static bool everybody_once(struct tide_stage *stages[], unsigned count)
{
    bool progressed = false;
    struct tide_stage *hungry = NULL;
    unsigned hungry_count = 0;
    int64_t latest_ns = TIDE_CLOCK_NEVER;
    for (unsigned i = 0; i < count; i++) {
        enum tide_progress progress = stages[i]->step(stages[i]->self);
        progressed = progressed || progress == TIDE_PROGRESSED || progress == TIDE_DONE;
        if (progress != TIDE_STARVED) continue;
        int64_t wake_ns = wake_at_ns(stages[i]);
        if (wake_ns < latest_ns) latest_ns = wake_ns;
        if (!stages[i]->wait_for_input) continue;
        hungry = stages[i];
        hungry_count++;
    }
    if (progressed || !hungry) return progressed;
    int64_t soon_ns = tide_clock_ns() + SEVERAL_WAIT_NS;
    if (hungry_count > 1 && soon_ns < latest_ns) latest_ns = soon_ns;
    tide_rcu_offline(); /* nobody has to wait for this thread until the input comes */
    hungry->wait_for_input(hungry->self, latest_ns);
    tide_rcu_online();
    return true;
}

void tide_stages_run_by_turns(struct tide_stage *stages[], unsigned stage_count, uint64_t seed)
{
    unsigned idle_looks = 0, left = stage_count;
    struct tide_stage *running[TIDE_WAITERS_MAX];
    TIDE_ASSERT(stage_count <= TIDE_WAITERS_MAX);
    for (unsigned i = 0; i < stage_count; i++) running[i] = stages[i];
    tide_rcu_register();
    while (left > 0) {
        unsigned chosen = (unsigned)(next_random(&seed) % left);
        enum tide_progress progress = running[chosen]->step(running[chosen]->self);
        tide_rcu_quiescent();
        if (progress == TIDE_DONE) running[chosen] = running[--left];
        idle_looks = progress == TIDE_PROGRESSED || progress == TIDE_DONE ? 0 : idle_looks + 1;
        if (idle_looks <= 4 * left || left == 0) continue;
        /* Nobody for a while: if rounds of everybody move nothing either, the pipeline is stuck,
         * which is a bug. One round is not enough: a step that was blocked may have sent what
         * others were starved of. */
        for (unsigned i = 0; i < left; i++) running[i]->nudge(running[i]->self);
        bool moved = false;
        for (unsigned round = 0; round < ROUNDS_UNTIL_STUCK && !moved; round++)
            moved = everybody_once(running, left);
        TIDE_ASSERT(moved);
        idle_looks = 0;
    }
    tide_rcu_unregister();
}
