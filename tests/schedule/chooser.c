#include "tests/schedule/chooser.h"

enum { BURST_MAX = 12, STARVE_STEPS = 60 };

const char *chooser_strategy_name(enum chooser_strategy strategy)
{
    static const char *const names[CHOOSER_STRATEGY_COUNT] = {"plain",  "uniform", "priority",
                                                              "starve", "greedy",  "bursts"};
    return names[strategy];
}

/* Distinct priorities in an order drawn by chance, and the steps at which one is lowered below all
 * others (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: A randomized scheduler with
 * probabilistic guarantees of finding bugs, ASPLOS 2010). */
static void draw_priorities(struct chooser *chooser, uint64_t steps)
{
    for (unsigned i = 0; i < chooser->actor_count; i++) {
        unsigned other = chance_below(&chooser->chance, i + 1);
        chooser->priorities[i] = chooser->priorities[other];
        chooser->priorities[other] = (int)i;
    }
    chooser->change_count = chance_below(&chooser->chance, CHOOSER_CHANGES_MAX + 1);
    for (unsigned i = 0; i < chooser->change_count; i++)
        chooser->changes[i] = chance_below(&chooser->chance, (uint32_t)steps);
}

void chooser_init(struct chooser *chooser, enum chooser_strategy strategy, uint64_t seed,
                  unsigned actor_count, uint64_t steps)
{
    *chooser = (struct chooser){
        .strategy = strategy, .chance = {seed}, .actor_count = actor_count, .last = actor_count};
    if (strategy == CHOOSER_PRIORITY) draw_priorities(chooser, steps);
    chooser->starved = chance_below(&chooser->chance, actor_count);
}

static bool holds(const unsigned able[], unsigned count, unsigned actor)
{
    for (unsigned i = 0; i < count; i++)
        if (able[i] == actor) return true;
    return false;
}

static unsigned any(struct chooser *chooser, const unsigned able[], unsigned count)
{
    return able[count > 1 ? chance_below(&chooser->chance, count) : 0];
}

static unsigned next_in_turn(const struct chooser *chooser, const unsigned able[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (able[i] > chooser->last) return able[i];
    return able[0];
}

static unsigned of_highest_priority(struct chooser *chooser, const unsigned able[], unsigned count)
{
    unsigned best = able[0];
    for (unsigned i = 1; i < count; i++)
        if (chooser->priorities[able[i]] > chooser->priorities[best]) best = able[i];
    for (unsigned i = 0; i < chooser->change_count; i++)
        if (chooser->changes[i] == chooser->step) chooser->priorities[best] = -1 - (int)i;
    return best;
}

static unsigned any_but_the_starved(struct chooser *chooser, const unsigned able[], unsigned count)
{
    if (chance_is(&chooser->chance, STARVE_STEPS))
        chooser->starved = chance_below(&chooser->chance, chooser->actor_count);
    unsigned picked = any(chooser, able, count);
    for (unsigned i = 0; picked == chooser->starved && count > 1 && i < count; i++)
        picked = able[i];
    return picked;
}

static unsigned the_same_again(struct chooser *chooser, const unsigned able[], unsigned count)
{
    if (chooser->strategy == CHOOSER_BURSTS && chooser->left-- == 0) {
        chooser->left = chance_below(&chooser->chance, BURST_MAX);
        return any(chooser, able, count);
    }
    return holds(able, count, chooser->last) ? chooser->last : any(chooser, able, count);
}

unsigned chooser_pick(struct chooser *chooser, const unsigned able[], unsigned count)
{
    unsigned picked = able[0];
    switch (chooser->strategy) {
    case CHOOSER_PLAIN:
        picked = next_in_turn(chooser, able, count);
        break;
    case CHOOSER_PRIORITY:
        picked = of_highest_priority(chooser, able, count);
        break;
    case CHOOSER_STARVE:
        picked = any_but_the_starved(chooser, able, count);
        break;
    case CHOOSER_GREEDY:
    case CHOOSER_BURSTS:
        picked = the_same_again(chooser, able, count);
        break;
    case CHOOSER_UNIFORM:
    case CHOOSER_STRATEGY_COUNT:
        picked = any(chooser, able, count);
    }
    chooser->last = picked;
    chooser->step++;
    return picked;
}
