/*
 * What a plan's pipeline is made of, before there is one.
 */
#include "engine/stages/pipeline_parts.h"

#include <stdio.h>

enum {
    EMISSION_BYTES_MAX = 64 << 10, /* more than four workers share what four would have ... */
    EMISSION_BYTES_MIN = 8 << 10,  /* ... but no less than this */
};

static unsigned count_of(const struct tide_plan *plan, enum tide_role role)
{
    const unsigned counts[TIDE_ROLE_COUNT] = {
        [TIDE_ROLE_READER] = tide_pipeline_inlets(plan),
        [TIDE_ROLE_PARTITION] = tide_plan_partitions(plan),
        [TIDE_ROLE_PARSER] = 1,
        [TIDE_ROLE_WORKER] = plan->parallelism,
        [TIDE_ROLE_SINK] = 1,
        [TIDE_ROLE_CHECKPOINT] = plan->checkpoint_folder != NULL,
    };
    return counts[role];
}

unsigned tide_pipeline_stage(const struct tide_plan *plan, enum tide_role role, unsigned index)
{
    for (unsigned before = 0; before < role; before++)
        index += count_of(plan, (enum tide_role)before);
    return index;
}

unsigned tide_pipeline_stage_count(const struct tide_plan *plan)
{
    return tide_pipeline_stage(plan, TIDE_ROLE_COUNT, 0);
}

unsigned tide_pipeline_thread_count(const struct tide_plan *plan)
{
    return plan->scheduler == TIDE_SCHEDULER_ONE ? 1 : tide_pipeline_stage_count(plan);
}

struct tide_post tide_pipeline_post(const struct tide_plan *plan, unsigned i)
{
    struct tide_post post = {.role = TIDE_ROLE_READER, .index = i};
    while (post.index >= count_of(plan, post.role)) {
        post.index -= count_of(plan, post.role);
        post.role++;
        TIDE_ASSERT(post.role < TIDE_ROLE_COUNT);
    }
    post.is_one_of_many = post.role == TIDE_ROLE_WORKER || post.role == TIDE_ROLE_PARTITION ||
                          (post.role == TIDE_ROLE_READER && tide_plan_partitions(plan) > 0);
    return post;
}

const char *tide_role_name(enum tide_role role)
{
    static const char *const names[TIDE_ROLE_COUNT] = {"reader", "part", "parser",
                                                       "worker", "sink", "checkpoint"};
    return names[role];
}

void tide_pipeline_thread_name(const struct tide_plan *plan, unsigned i,
                               char name[TIDE_THREAD_NAME_BYTES])
{
    static const char *const short_names[TIDE_ROLE_COUNT] = {
        [TIDE_ROLE_READER] = "read", [TIDE_ROLE_PARTITION] = "part", [TIDE_ROLE_WORKER] = "work"};
    const struct tide_post post = tide_pipeline_post(plan, i);
    TIDE_ASSERT(i < TIDE_WAITERS_MAX); /* so the number fits */
    if (plan->scheduler == TIDE_SCHEDULER_ONE) snprintf(name, TIDE_THREAD_NAME_BYTES, "tide turns");
    else if (post.is_one_of_many)
        snprintf(name, TIDE_THREAD_NAME_BYTES, "tide %s %u", short_names[post.role], post.index);
    else snprintf(name, TIDE_THREAD_NAME_BYTES, "tide %s", tide_role_name(post.role));
}

struct tide_patience tide_pipeline_patience(const struct tide_plan *plan)
{
    return tide_patience_for(plan->parallelism + 1 + tide_plan_partitions(plan));
}

unsigned tide_pipeline_parcels(const struct tide_plan *plan)
{
    return plan->ring_slots < TIDE_PARCELS_A_LINK_MAX ? plan->ring_slots : TIDE_PARCELS_A_LINK_MAX;
}

size_t tide_pipeline_emission_bytes(const struct tide_plan *plan)
{
    size_t bytes = 4 * EMISSION_BYTES_MAX / plan->parallelism;
    if (bytes > EMISSION_BYTES_MAX) return EMISSION_BYTES_MAX;
    return bytes < EMISSION_BYTES_MIN ? EMISSION_BYTES_MIN : bytes;
}
