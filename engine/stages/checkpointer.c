#include "engine/stages/checkpointer.h"

#include "engine/base/clock.h"

enum { NS_A_MS = 1000000 };

static int64_t after_interval_ns(const struct tide_plan *plan, int64_t ns)
{
    if (plan->checkpoint_rows > 0) return TIDE_CLOCK_NEVER;
    const int64_t most_ms = (TIDE_CLOCK_NEVER - ns) / NS_A_MS;
    return plan->checkpoint_ms < most_ms ? ns + plan->checkpoint_ms * NS_A_MS : TIDE_CLOCK_NEVER;
}

void tide_checkpointer_init(struct tide_checkpointer *checkpointer, const struct tide_plan *plan,
                            struct tide_control *control, struct tide_checkpoint_folder *folder,
                            const struct tide_output_set *outputs, struct tide_link *links,
                            struct tide_waiter *parser)
{
    *checkpointer = (struct tide_checkpointer){
        .plan = plan,
        .control = control,
        .folder = folder,
        .outputs = outputs,
        .links = links,
        .link_count = plan->parallelism + 2,
        .parser = parser,
        .due_ns = after_interval_ns(plan, tide_clock_ns()),
    };
}

static enum tide_progress fail(struct tide_checkpointer *checkpointer,
                               const struct tide_error *error)
{
    tide_control_fail(checkpointer->control, error);
    return TIDE_DONE;
}

/* The time has come: the parser is asked, once. */
static void ask_if_due(struct tide_checkpointer *checkpointer)
{
    const int64_t now_ns = tide_clock_ns();
    if (now_ns < checkpointer->due_ns) return;
    checkpointer->due_ns = after_interval_ns(checkpointer->plan, now_ns);
    tide_control_ask_checkpoint(checkpointer->control);
    tide_waiter_notify(checkpointer->parser);
}

/* Takes what has come. True: something has. */
static bool gather(struct tide_checkpointer *checkpointer)
{
    const unsigned held_before = checkpointer->held_count;
    for (unsigned i = 0; i < checkpointer->link_count; i++) {
        if (checkpointer->held[i]) continue;
        checkpointer->held[i] = tide_link_receive(&checkpointer->links[i]);
        if (checkpointer->held[i]) checkpointer->held_count++;
    }
    return checkpointer->held_count > held_before;
}

static bool write_checkpoint(struct tide_checkpointer *checkpointer, struct tide_error *error)
{
    struct tide_section sections[TIDE_SECTIONS_MAX];
    const unsigned count = checkpointer->link_count;
    const struct tide_snapshot *identity = &checkpointer->plan->identity;
    sections[0] = (struct tide_section){TIDE_SECTION_PLAN, identity->bytes, identity->count};
    for (unsigned i = 0; i < count; i++) {
        const struct tide_snapshot *snapshot = checkpointer->held[i];
        if (snapshot->has_failed) return tide_error_memory(error, "a checkpoint");
        sections[i + 1] = (struct tide_section){
            .kind = i == 0           ? TIDE_SECTION_PARSER
                    : i == count - 1 ? TIDE_SECTION_SINK
                                     : TIDE_SECTION_WORKER,
            .bytes = snapshot->bytes,
            .count = snapshot->count,
        };
    }
    /* What the checkpoint says is written must be on the disk before it. */
    return tide_output_sync(checkpointer->outputs, error) &&
           tide_checkpoint_folder_write(checkpointer->folder, sections, count + 1,
                                        &checkpointer->bytes, error);
}

/* The parser's goes home last: when it is there, all are. */
static void give_back(struct tide_checkpointer *checkpointer)
{
    for (unsigned i = checkpointer->link_count; i > 0; i--) {
        tide_link_give_back(&checkpointer->links[i - 1], checkpointer->held[i - 1]);
        checkpointer->held[i - 1] = NULL;
    }
    checkpointer->held_count = 0;
}

enum tide_progress tide_checkpointer_step(void *self)
{
    struct tide_checkpointer *checkpointer = self;
    if (tide_control_has_failed(checkpointer->control)) return TIDE_DONE;
    ask_if_due(checkpointer);
    const bool has_come = gather(checkpointer);
    const struct tide_snapshot *parser = checkpointer->held[0];
    if (parser && parser->count == 0 && !parser->has_failed) return TIDE_DONE; /* its last word */
    if (checkpointer->held_count < checkpointer->link_count)
        return has_come ? TIDE_PROGRESSED : TIDE_STARVED;
    struct tide_error error = {0};
    const int64_t begin_ns = tide_clock_ns();
    if (!write_checkpoint(checkpointer, &error)) return fail(checkpointer, &error);
    checkpointer->busy_ns += tide_clock_ns() - begin_ns;
    checkpointer->count++;
    give_back(checkpointer);
    return TIDE_PROGRESSED;
}

void tide_checkpointer_nudge(void *self)
{
    struct tide_checkpointer *checkpointer = self;
    for (unsigned i = 0; i < checkpointer->link_count; i++)
        tide_link_nudge_producer(&checkpointer->links[i]);
}

int64_t tide_checkpointer_wake_at_ns(const void *self)
{
    const struct tide_checkpointer *checkpointer = self;
    return checkpointer->due_ns;
}
