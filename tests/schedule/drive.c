#include "tests/schedule/drive.h"

#include "engine/base/memory.h"
#include "engine/stages/pipeline_parts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS_MAX = 50000 };

/* A stage with the state its thread would be in. */
struct actor {
    struct tide_stage *stage;
    enum { AWAKE, LOOKING, DROWSY, ASLEEP, ENDING, GONE } state;
    enum tide_progress reason; /* of the last step */
    unsigned looks;            /* in vain, so far */
    int64_t wake_ns;           /* asleep: no later than this */
    bool waits_for_input;      /* asleep in a poll, not on its waiter */
    bool has_news;             /* asleep: the input has something */
};

struct run {
    struct drive *drive;
    struct outcome *outcome;
    struct tide_plan plan;
    struct tide_key_names key_names;
    struct tide_pipeline *pipeline;
    struct actor actors[TIDE_WAITERS_MAX];
    unsigned actor_count, left;
    int pipes[SCENARIO_INPUTS_MAX]; /* to write to; -1: none, or ended */
    uint32_t fed[SCENARIO_INPUTS_MAX];
    unsigned event_next;
    int64_t event_ns; /* when the last event was */
};

/* --- inputs --- */

static void open_input(struct run *run, unsigned i)
{
    int ends[2], number = (int)(SCENARIO_INPUT_FD + i);
    run->pipes[i] = -1;
    if (!run->drive->feeds) {
        if (dup2(run->drive->scenario->inputs[i].file, number) < 0) abort();
        return;
    }
    if (pipe2(ends, O_CLOEXEC) != 0 || dup2(ends[0], number) < 0) abort();
    close(ends[0]);
    run->pipes[i] = ends[1];
}

static void close_pipe(struct run *run, unsigned i)
{
    if (run->pipes[i] >= 0) close(run->pipes[i]);
    run->pipes[i] = -1;
}

static void feed(struct run *run, unsigned i, uint32_t end)
{
    const struct scenario_input *input = &run->drive->scenario->inputs[i];
    if (run->pipes[i] < 0 || end <= run->fed[i]) return;
    size_t count = end - run->fed[i];
    if (write(run->pipes[i], input->text + run->fed[i], count) != (ssize_t)count) abort();
    run->fed[i] = end;
}

/* Whoever sleeps in a poll on this input is woken. With one reader for all, whichever it reads. */
static void tell_readers(struct run *run)
{
    for (unsigned i = 0; i < tide_pipeline_inlets(&run->plan); i++) run->actors[i].has_news = true;
}

/* --- stages as threads --- */

static bool is_poll_over(const struct run *run, const struct actor *actor)
{
    struct pollfd wake = {.fd = run->pipeline->control.wake_fd, .events = POLLIN};
    if (actor->has_news) return true;
    if (!tide_control_has_failed(&run->pipeline->control) &&
        !tide_control_is_stopping(&run->pipeline->control))
        return false;
    return poll(&wake, 1, 0) == 1;
}

static bool can_run(const struct run *run, const struct actor *actor)
{
    if (actor->state == GONE) return false;
    if (actor->state != ASLEEP || actor->wake_ns <= world.now_ns) return true;
    if (actor->waits_for_input) return is_poll_over(run, actor);
    return atomic_load_explicit(&actor->stage->waiter.word, memory_order_relaxed) ==
           TIDE_WAITER_NOTIFIED;
}

static void fall_asleep(struct run *run, struct actor *actor)
{
    const struct tide_stage *stage = actor->stage;
    bool is_starved = actor->reason == TIDE_STARVED;
    actor->wake_ns =
        is_starved && stage->wake_at_ns ? stage->wake_at_ns(stage->self) : TIDE_CLOCK_NEVER;
    actor->waits_for_input = is_starved && stage->wait_for_input;
    actor->state = ASLEEP;
    run->outcome->sleeps++;
}

static void step(struct run *run, struct actor *actor)
{
    struct tide_stage *stage = actor->stage;
    if (actor->state != AWAKE) {
        tide_waiter_clear(&stage->waiter);
        actor->has_news = false;
    }
    actor->reason = stage->step(stage->self);
    world_end_grace();
    switch (actor->reason) {
    case TIDE_PROGRESSED:
        actor->state = AWAKE;
        actor->looks = 0;
        return;
    case TIDE_STARVED:
    case TIDE_BLOCKED:
        actor->state = actor->looks++ < run->drive->patience ? LOOKING : DROWSY;
        return;
    case TIDE_DONE:
        actor->state = ENDING;
    }
}

/* What the thread of a stage does until it could be interrupted with an effect. A reader that is
 * told of input while it is awake polls before it sleeps: so news that came since its last step
 * stands. */
static void act(struct run *run, struct actor *actor)
{
    struct tide_stage *stage = actor->stage;
    if (actor->state == DROWSY) {
        actor->looks = 0;
        stage->nudge(stage->self);
        fall_asleep(run, actor);
    } else if (actor->state == ENDING) {
        stage->nudge(stage->self);
        actor->state = GONE;
        run->left--;
    } else {
        step(run, actor);
    }
}

/* --- events --- */

static void reload(struct run *run, uint64_t number)
{
    struct tide_error error = {0};
    uint64_t version;
    struct tide_rule_set *rules = scenario_rules(run->drive->scenario, number);
    if (!tide_pipeline_reload(run->pipeline, rules, &version, &error)) abort();
}

static void fail(struct run *run)
{
    struct tide_error error = {0};
    tide_error_set(&error, TIDE_EXIT_FAILED, "something failed");
    tide_control_fail(&run->pipeline->control, &error);
}

static void happen(struct run *run, const struct event *event)
{
    struct tide_glance glance;
    switch (event->kind) {
    case EVENT_FEED:
        feed(run, event->input, event->end);
        tell_readers(run);
        break;
    case EVENT_END:
        close_pipe(run, event->input);
        tell_readers(run);
        break;
    case EVENT_STOP:
        tide_pipeline_stop(run->pipeline);
        break;
    case EVENT_RELOAD:
        reload(run, event->count);
        break;
    case EVENT_LOOK:
        tide_pipeline_look(run->pipeline, &glance);
        TIDE_ASSERT(glance.ring_percent <= 100);
        break;
    case EVENT_FAIL:
        fail(run);
        break;
    case EVENT_NO_MEMORY:
        world.allocations_left = event->count;
        break;
    case EVENT_FULL_DISK:
        world.writes_left = event->count;
        break;
    }
}

static const struct event *next_event(const struct run *run)
{
    return run->event_next < run->drive->event_count ? &run->drive->events[run->event_next] : NULL;
}

static void let_happen(struct run *run)
{
    run->event_ns = world.now_ns;
    happen(run, &run->drive->events[run->event_next++]);
}

static int64_t least_wake_ns(const struct run *run)
{
    int64_t least_ns = TIDE_CLOCK_NEVER;
    for (unsigned i = 0; i < run->actor_count; i++) {
        const struct actor *actor = &run->actors[i];
        if (actor->state == ASLEEP && actor->wake_ns < least_ns) least_ns = actor->wake_ns;
    }
    return least_ns;
}

/* Nobody can run: time goes on to the next event or to what somebody's clock waits for. False:
 * there is nothing to wait for. */
static bool go_on(struct run *run)
{
    const struct event *event = next_event(run);
    int64_t wake_ns = least_wake_ns(run);
    int64_t next_ns = event ? run->event_ns + event->after_ms * WORLD_NS_A_MS : TIDE_CLOCK_NEVER;
    if (wake_ns == TIDE_CLOCK_NEVER && !event) return false;
    if (wake_ns <= next_ns) {
        world.now_ns = wake_ns;
        return true;
    }
    if (next_ns > world.now_ns) world.now_ns = next_ns;
    let_happen(run);
    return true;
}

/* --- the run --- */

static void begin_plan(struct run *run)
{
    const struct machine *machine = &run->drive->machine;
    run->plan = run->drive->scenario->plan;
    run->plan.key_names = &run->key_names;
    run->plan.parallelism = machine->parallelism;
    run->plan.batch_rows = machine->batch_rows;
    run->plan.ring_slots = machine->ring_slots;
    run->plan.scanner = machine->scanner;
    if (run->drive->drops) run->plan.drop_at_end = true;
    run->plan.checkpoint_rows = run->drive->checkpoint_rows;
    run->plan.checkpoint_ms = run->drive->checkpoint_ms;
    if (run->plan.checkpoint_rows > 0 || run->plan.checkpoint_ms > 0)
        run->plan.checkpoint_folder = "checkpoints";
}

static bool is_on(const struct tide_plan *plan, unsigned channel)
{
    static const enum tide_output_kind kinds[TIDE_CHANNEL_SIDE] = {
        [TIDE_CHANNEL_RESULTS] = TIDE_OUTPUT_RESULTS, [TIDE_CHANNEL_ALERTS] = TIDE_OUTPUT_ALERTS,
        [TIDE_CHANNEL_LATE] = TIDE_OUTPUT_LATE,       [TIDE_CHANNEL_REJECTS] = TIDE_OUTPUT_REJECTS,
        [TIDE_CHANNEL_TRACE] = TIDE_OUTPUT_TRACE,
    };
    if (channel < TIDE_CHANNEL_SIDE) return plan->outputs[kinds[channel]] != NULL;
    return channel - TIDE_CHANNEL_SIDE < plan->side_output_count;
}

static void begin_world(struct run *run)
{
    const struct machine *machine = &run->drive->machine;
    world_begin(run->outcome->texts);
    if (run->drive->record) world_resume(run->drive->record);
    else world_clear(run->outcome->texts);
    world.hash_seed = machine->hash_seed;
    world.emission_bytes = machine->emission_bytes;
    world.items_max = machine->items_max;
    world.read_bytes = machine->read_bytes;
}

/* False: the record is refused. */
static bool begin_checkpoints(struct run *run)
{
    static struct tide_checkpoint_folder folder;
    static const struct tide_output_set no_files;
    const struct world_record *record = run->drive->record;
    if (!run->plan.checkpoint_folder) return true;
    tide_pipeline_checkpoint(run->pipeline, &folder, &no_files);
    return !record || tide_pipeline_restore(run->pipeline, &record->file, &run->outcome->error);
}

static bool begin(struct run *run)
{
    struct tide_output *outputs[TIDE_CHANNEL_COUNT] = {NULL};
    struct tide_error error = {0};
    begin_plan(run);
    begin_world(run);
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++)
        if (is_on(&run->plan, i)) outputs[i] = &world.outputs[i];
    for (unsigned i = 0; i < run->drive->scenario->input_count; i++) open_input(run, i);
    run->pipeline = tide_pipeline_create(&run->plan, outputs, &error);
    if (!run->pipeline) abort();
    run->event_ns = world.now_ns;
    run->actor_count = run->left = run->pipeline->stage_count;
    for (unsigned i = 0; i < run->actor_count; i++)
        run->actors[i] = (struct actor){.stage = &run->pipeline->stages[i]};
    return begin_checkpoints(run);
}

/* To the end of all stages. */
static enum ending turn_by_turn(struct run *run)
{
    unsigned able[TIDE_WAITERS_MAX];
    uint64_t *steps = &run->outcome->steps;
    while (run->left > 0) {
        const struct event *event = next_event(run);
        if (event && !run->drive->settles && event->step <= *steps) {
            let_happen(run);
            continue;
        }
        unsigned count = 0;
        for (unsigned i = 0; i < run->actor_count; i++)
            if (can_run(run, &run->actors[i])) able[count++] = i;
        if (count > 0) act(run, &run->actors[chooser_pick(&run->drive->chooser, able, count)]);
        else if (!go_on(run)) return ENDING_STUCK;
        world.now_ns += run->drive->step_ns;
        if (++*steps > STEPS_MAX) return ENDING_ENDLESS;
        if (*steps == run->drive->crash_step) return ENDING_CRASHED;
    }
    return ENDING_GOOD;
}

static void say_where(const struct run *run)
{
    static const char *const states[] = {"awake", "looking", "drowsy", "asleep", "ending", "gone"};
    static const char *const reasons[] = {"progressed", "starved", "blocked", "done"};
    char *out = run->outcome->where;
    size_t room = sizeof run->outcome->where;
    for (unsigned i = 0; i < run->actor_count && room > 1; i++) {
        const struct actor *actor = &run->actors[i];
        int bytes = snprintf(out, room, "%s%s %s (%s)", i ? ", " : "", actor->stage->name,
                             states[actor->state], reasons[actor->reason]);
        if (bytes < 0 || (size_t)bytes >= room) return;
        out += bytes;
        room -= (size_t)bytes;
    }
}

/* The version is in the label of its first rule. */
static void keep_changes(const struct run *run)
{
    const struct tide_rule_log *log = tide_pipeline_rule_log(run->pipeline);
    TIDE_ASSERT(log->count <= DRIVE_CHANGES_MAX);
    for (unsigned i = 0; i < log->count; i++)
        run->outcome->changes[i] = (struct drive_change){
            log->changes[i].row, strtoull(log->changes[i].rules[0].text + 1, NULL, 10)};
    run->outcome->change_count = log->count;
}

static void end(struct run *run)
{
    world.allocations_left = world.writes_left = UINT64_MAX;
    keep_changes(run);
    tide_pipeline_destroy(run->pipeline);
    for (unsigned i = 0; i < run->drive->scenario->input_count; i++) {
        close_pipe(run, i);
        close((int)(SCENARIO_INPUT_FD + i));
    }
    for (unsigned i = 0; i < TIDE_KEY_COLUMN_COUNT_MAX; i++) tide_free(run->key_names.names[i]);
    world_end_grace();
}

void drive_run(struct drive *drive, struct outcome *outcome)
{
    struct run run = {.drive = drive, .outcome = outcome};
    outcome->error = (struct tide_error){0};
    outcome->steps = outcome->sleeps = 0;
    outcome->ending = begin(&run) ? turn_by_turn(&run) : ENDING_REFUSED;
    if (outcome->ending != ENDING_GOOD) say_where(&run);
    if (outcome->ending == ENDING_GOOD &&
        !tide_pipeline_join(run.pipeline, &outcome->totals, &outcome->error))
        outcome->ending = ENDING_FAILED;
    end(&run);
}

void outcome_fini(struct outcome *outcome)
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) free(outcome->texts[i].at);
}
