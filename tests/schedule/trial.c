#include "tests/schedule/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PURPOSE_SCENARIO = 11, PURPOSE_SCHEDULE, STEPS_A_RECORD = 8, STEPS_AT_LEAST = 40 };

static const struct machine plain_machine = {.parallelism = 1,
                                             .batch_rows = 64,
                                             .ring_slots = 8,
                                             .items_max = WORLD_ITEMS_MAX,
                                             .emission_bytes = 4096,
                                             .read_bytes = SIZE_MAX,
                                             .scanner = TIDE_SCANNER_PORTABLE,
                                             .hash_seed = 1};

const char *trial_kind_name(enum trial_kind kind)
{
    static const char *const names[TRIAL_KIND_COUNT] = {"whole", "stop", "reload", "fail",
                                                        "resume"};
    return names[kind];
}

static bool takes_checkpoints(const struct drive *drive)
{
    return drive->checkpoint_rows > 0 || drive->checkpoint_ms > 0;
}

/* Can a run be cut at a row's number, and done again? Where several inputs are merged, only the
 * merge knows how far each had come. */
static bool can_be_cut(const struct scenario *scenario)
{
    return scenario->plan.inputs == TIDE_INPUTS_CONCAT && !scenario->is_timed;
}

/* --- events --- */

/* Behind those of the same step. */
static void add_event(struct drive *drive, const struct event *event)
{
    TIDE_ASSERT(drive->event_count < DRIVE_EVENTS_MAX);
    unsigned at = drive->event_count++;
    for (; at > 0 && drive->events[at - 1].step > event->step; at--)
        drive->events[at] = drive->events[at - 1];
    drive->events[at] = *event;
}

static uint64_t draw_step(struct chance *chance, uint64_t steps)
{
    return chance_below(chance, (uint32_t)(steps >> chance_below(chance, 3)) + 1);
}

/* Each input in a few pieces, that come while the stages run. */
static void feed_at_any_time(struct drive *drive, struct chance *chance, uint64_t steps)
{
    for (unsigned i = 0; i < drive->scenario->input_count; i++) {
        const uint32_t bytes = drive->scenario->inputs[i].bytes;
        unsigned pieces = 1 + chance_below(chance, 5);
        uint64_t step = 0;
        for (unsigned piece = 1; piece <= pieces; piece++) {
            uint32_t end = piece == pieces ? bytes : chance_below(chance, bytes + 1);
            step += chance_below(chance, (uint32_t)(steps / pieces) + 1);
            add_event(drive, &(struct event){EVENT_FEED, .step = step, .input = i, .end = end});
        }
        add_event(drive, &(struct event){EVENT_END, .step = step, .input = i});
    }
}

/* As the scenario has it, and all else afterwards. */
static void feed_in_time(struct drive *drive)
{
    const struct scenario *scenario = drive->scenario;
    drive->settles = true;
    for (unsigned i = 0; i < scenario->moment_count; i++) {
        const struct scenario_moment *moment = &scenario->moments[i];
        add_event(drive, &(struct event){EVENT_FEED, .after_ms = moment->after_ms,
                                         .input = moment->input, .end = moment->end});
    }
    for (unsigned i = 0; i < scenario->input_count; i++) {
        add_event(drive, &(struct event){EVENT_FEED, .after_ms = 1, .input = i,
                                         .end = scenario->inputs[i].bytes});
        add_event(drive, &(struct event){EVENT_END, .after_ms = 1, .input = i});
    }
}

/* Every input up to that many records in all, in turn. */
static void feed_records(struct drive *drive, uint64_t count)
{
    for (unsigned i = 0; i < drive->scenario->input_count; i++) {
        const struct scenario_input *input = &drive->scenario->inputs[i];
        uint64_t here = count < input->record_count ? count : input->record_count;
        add_event(drive, &(struct event){EVENT_FEED, .input = i, .end = input->ends[here]});
        count -= here;
        if (count > 0) add_event(drive, &(struct event){EVENT_END, .input = i});
    }
}

static void end_inputs(struct drive *drive)
{
    for (unsigned i = 0; i < drive->scenario->input_count; i++)
        add_event(drive, &(struct event){EVENT_END, .input = i});
}

/* --- what is expected --- */

static struct drive plain_drive(const struct scenario *scenario)
{
    struct drive drive = {.scenario = scenario, .machine = plain_machine};
    unsigned stages = tide_pipeline_stage_count(&scenario->plan);
    chooser_init(&drive.chooser, CHOOSER_PLAIN, 0, stages, 1);
    return drive;
}

static void expect(struct expected *expected, uint64_t seed)
{
    if (expected->is_there && expected->scenario.seed == seed) return;
    if (expected->is_there) scenario_end(&expected->scenario);
    scenario_begin(&expected->scenario, seed);
    expected->is_there = true;
    struct drive drive = plain_drive(&expected->scenario);
    drive.feeds = expected->scenario.is_timed;
    if (drive.feeds) feed_in_time(&drive);
    drive_run(&drive, &expected->outcome);
}

/* --- what is run --- */

/* On the wall clock a later run is another one. */
static bool can_resume(const struct scenario *scenario)
{
    return !scenario->is_timed;
}

static enum trial_kind draw_kind(struct chance *chance, const struct scenario *scenario)
{
    if (can_resume(scenario) && chance_is(chance, 3)) return TRIAL_RESUME;
    switch (chance_below(chance, 10)) {
    case 0:
    case 1:
        return TRIAL_STOP;
    case 2:
        return scenario->is_timed ? TRIAL_STOP : TRIAL_RELOAD;
    case 3:
        return TRIAL_FAIL;
    default:
        return TRIAL_WHOLE;
    }
}

static void draw_disturbance(enum trial_kind kind, struct drive *drive, struct chance *chance,
                             uint64_t steps)
{
    struct event event = {.step = draw_step(chance, steps), .count = chance_below(chance, 12)};
    switch (kind) {
    case TRIAL_WHOLE:
    case TRIAL_RESUME:
    case TRIAL_KIND_COUNT:
        return;
    case TRIAL_STOP:
        event.kind = EVENT_STOP;
        break;
    case TRIAL_RELOAD:
        event.kind = EVENT_RELOAD;
        for (event.count = 1; event.count < 4 && !chance_is(chance, 3); event.count++) {
            add_event(drive, &event);
            event.step += draw_step(chance, steps) / 4;
        }
        break;
    case TRIAL_FAIL:
        event.kind = EVENT_FAIL + chance_below(chance, 3);
        break;
    }
    add_event(drive, &event);
}

/* Where results depend on when rows come, a link of one item may hold a row back beyond its moment.
 */
static struct machine draw_machine(const struct scenario *scenario, struct chance *chance)
{
    static const size_t emission_bytes[] = {0, 1, 64, 200, 1000, 4096};
    return (struct machine){
        .parallelism = 1 + chance_below(chance, 5),
        .batch_rows = 1 + chance_below(chance, chance_is(chance, 4) ? 16 : 3),
        .ring_slots = chance_is(chance, 4) ? 4 : 2,
        .items_max = (scenario->is_timed ? 2 : 1) + chance_below(chance, 3),
        .emission_bytes = emission_bytes[chance_below(chance, 6)],
        .read_bytes = chance_is(chance, 4) ? 1 + chance_below(chance, 100) : SIZE_MAX,
        .scanner = chance_is(chance, 2) ? TIDE_SCANNER_BEST : TIDE_SCANNER_PORTABLE,
        .hash_seed = chance_next(chance),
    };
}

static uint64_t steps_about(const struct scenario *scenario)
{
    uint64_t records = 0;
    for (unsigned i = 0; i < scenario->input_count; i++)
        records += scenario->inputs[i].record_count;
    return STEPS_AT_LEAST + STEPS_A_RECORD * records;
}

static void draw_checkpoints(struct drive *drive, struct chance *chance)
{
    if (chance_is(chance, 3)) {
        drive->checkpoint_ms = 1;
        drive->step_ns = WORLD_NS_A_MS / (20 + chance_below(chance, 200));
    } else {
        drive->checkpoint_rows = 1 + chance_below(chance, 8);
    }
}

static void draw_drive(const struct trial *trial, struct drive *drive, struct chance *chance)
{
    const struct scenario *scenario = &trial->expected->scenario;
    const uint64_t steps = steps_about(scenario);
    *drive = (struct drive){.scenario = scenario, .machine = draw_machine(scenario, chance)};
    if (trial->kind == TRIAL_RESUME) draw_checkpoints(drive, chance);
    else if (can_resume(scenario) && chance_is(chance, 3)) draw_checkpoints(drive, chance);
    struct tide_plan plan = scenario->plan;
    plan.parallelism = drive->machine.parallelism;
    if (takes_checkpoints(drive)) plan.checkpoint_folder = "checkpoints";
    enum chooser_strategy strategy = chance_below(chance, CHOOSER_STRATEGY_COUNT);
    chooser_init(&drive->chooser, strategy, chance_next(chance), tide_pipeline_stage_count(&plan),
                 steps);
    drive->patience = chance_below(chance, 3);
    drive->feeds = scenario->is_timed || chance_is(chance, 2);
    if (scenario->is_timed) feed_in_time(drive);
    else if (drive->feeds) feed_at_any_time(drive, chance, steps);
    draw_disturbance(trial->kind, drive, chance, steps);
    for (unsigned i = chance_below(chance, 3); i > 0 && !scenario->is_timed; i--)
        add_event(drive, &(struct event){EVENT_LOOK, .step = draw_step(chance, steps)});
}

/* --- runs that are broken off --- */

/* By a stop, which takes a last checkpoint, or by a crash. */
static void draw_break(struct drive *drive, struct chance *chance)
{
    const uint64_t step = 1 + draw_step(chance, 2 * steps_about(drive->scenario));
    if (chance_is(chance, 3)) add_event(drive, &(struct event){EVENT_STOP, .step = step});
    else drive->crash_step = step;
}

/* The newest checkpoint; now and then that is damaged, and it is the one before. */
static const struct world_record *draw_record(struct chance *chance)
{
    if (chance_is(chance, 4)) world_lose_record();
    return world_record();
}

/* A run that is stopped takes a checkpoint of all rows up to there, if there were any since. */
static bool stop_has_checkpoint(const struct trial *trial)
{
    const uint64_t rows = trial->outcome.totals.rows.rows;
    const struct world_record *record = world_record();
    if (!record) return rows == 0;
    if (!can_be_cut(&trial->expected->scenario)) return true; /* ends of inputs have numbers too */
    const struct tide_section *parser = tide_checkpoint_section(&record->file, TIDE_SECTION_PARSER);
    struct tide_snapshot_reader reader = {.at = parser->bytes,
                                          .end = parser->bytes + parser->count};
    return tide_get_u64(&reader) == rows;
}

static bool is_broken_off(const struct trial *trial)
{
    const struct outcome *outcome = &trial->outcome;
    if (outcome->ending == ENDING_CRASHED) return true;
    if (outcome->ending == ENDING_FAILED)
        return strncmp(outcome->error.text, "stopped while", strlen("stopped while")) == 0;
    return outcome->ending == ENDING_GOOD && outcome->totals.was_stopped &&
           stop_has_checkpoint(trial);
}

/* Until a run comes to its end. */
static void run_until_whole(struct trial *trial, struct chance *chance)
{
    trial->drive_count = 0;
    do {
        struct drive *drive = &trial->drives[trial->drive_count];
        draw_drive(trial, drive, chance);
        if (trial->drive_count > 0) drive->record = draw_record(chance);
        if (++trial->drive_count < TRIAL_RUNS_MAX) draw_break(drive, chance);
        drive_run(drive, &trial->outcome);
    } while (is_broken_off(trial));
}

/* --- whether it is right --- */

static bool say(struct trial *trial, const char *what, const char *more)
{
    snprintf(trial->why, sizeof trial->why, "%s%s", what, more);
    return false;
}

static bool judge_same(struct trial *trial, const struct outcome *want)
{
    const struct outcome *have = &trial->outcome;
    const struct tide_plan *plan = &trial->expected->scenario.plan;
    if (want->ending != have->ending || strcmp(want->error.text, have->error.text) != 0) {
        snprintf(trial->why, sizeof trial->why, "want ending %d: %.500s\nhave ending %d: %.500s",
                 want->ending, want->error.text, have->ending, have->error.text);
        return false;
    }
    return compare_texts(want, have, plan, trial->why) &&
           compare_totals(&want->totals, &have->totals, trial->why);
}

static bool judge_front(struct trial *trial)
{
    const struct tide_plan *plan = &trial->expected->scenario.plan;
    return plan->order != TIDE_ORDER_GLOBAL ||
           compare_fronts(&trial->expected->outcome, &trial->outcome, trial->why);
}

/* A stopped run has done what is to be done with the rows up to there. */
static bool judge_stopped(struct trial *trial)
{
    const struct scenario *scenario = &trial->expected->scenario;
    if (!trial->outcome.totals.was_stopped || trial->outcome.ending == ENDING_FAILED)
        return judge_same(trial, &trial->expected->outcome);
    if (!can_be_cut(scenario)) return judge_front(trial);
    struct drive drive = plain_drive(scenario);
    drive.feeds = drive.drops = drive.settles = true;
    feed_records(&drive, trial->outcome.totals.rows.rows);
    end_inputs(&drive);
    drive_run(&drive, &trial->stopped);
    return judge_same(trial, &trial->stopped);
}

/* Rules that came into force at a row do so for all that this row causes. */
static bool judge_reloaded(struct trial *trial)
{
    const struct scenario *scenario = &trial->expected->scenario;
    const struct outcome *have = &trial->outcome;
    if (have->change_count == 1) return judge_same(trial, &trial->expected->outcome);
    if (!can_be_cut(scenario)) return have->ending == trial->expected->outcome.ending;
    struct drive drive = plain_drive(scenario);
    drive.feeds = drive.settles = true;
    for (unsigned i = 1; i < have->change_count; i++) {
        feed_records(&drive, have->changes[i].row);
        add_event(&drive, &(struct event){EVENT_RELOAD, .count = have->changes[i].version});
    }
    feed_records(&drive, UINT64_MAX);
    end_inputs(&drive);
    drive_run(&drive, &trial->reloaded);
    return judge_same(trial, &trial->reloaded);
}

/* The failure came to light and ended everything, or it came too late to matter. */
static bool judge_failed(struct trial *trial)
{
    const struct outcome *have = &trial->outcome;
    if (have->ending == ENDING_GOOD || have->error.exit == TIDE_EXIT_POLICY)
        return judge_same(trial, &trial->expected->outcome);
    if (have->error.exit != TIDE_EXIT_FAILED || have->error.text[0] == '\0')
        return say(trial, "the error says nothing", "");
    return judge_front(trial);
}

/* The last run's outputs are those of one that was never broken off. */
static bool judge_resumed(struct trial *trial)
{
    if (trial->outcome.totals.was_stopped && trial->outcome.ending == ENDING_GOOD)
        return say(trial, "a stop left no checkpoint of the rows up to there", "");
    /* One reject too many was in the checkpoint already. */
    if (trial->outcome.ending == ENDING_REFUSED)
        return trial->outcome.error.exit == TIDE_EXIT_POLICY &&
                       trial->expected->outcome.error.exit == TIDE_EXIT_POLICY
                   ? true
                   : say(trial, "refused: ", trial->outcome.error.text);
    return judge_same(trial, &trial->expected->outcome);
}

static bool judge(struct trial *trial)
{
    if (trial->outcome.ending == ENDING_STUCK) return say(trial, "stuck: ", trial->outcome.where);
    if (trial->outcome.ending == ENDING_ENDLESS)
        return say(trial, "endless: ", trial->outcome.where);
    switch (trial->kind) {
    case TRIAL_STOP:
        return judge_stopped(trial);
    case TRIAL_RELOAD:
        return judge_reloaded(trial);
    case TRIAL_FAIL:
        return judge_failed(trial);
    case TRIAL_RESUME:
        return judge_resumed(trial);
    case TRIAL_WHOLE:
    case TRIAL_KIND_COUNT:
        break;
    }
    return judge_same(trial, &trial->expected->outcome);
}

bool trial_run(struct trial *trial, uint64_t seed)
{
    expect(trial->expected, scenario_mix(seed / TRIALS_A_SCENARIO, PURPOSE_SCENARIO));
    struct chance chance = {scenario_mix(seed, PURPOSE_SCHEDULE)};
    trial->seed = seed;
    trial->kind = draw_kind(&chance, &trial->expected->scenario);
    if (trial->kind == TRIAL_RESUME) {
        run_until_whole(trial, &chance);
    } else {
        trial->drive_count = 1;
        draw_drive(trial, &trial->drives[0], &chance);
        drive_run(&trial->drives[0], &trial->outcome);
    }
    return judge(trial);
}

void trial_fini(struct trial *trial)
{
    if (trial->expected->is_there) scenario_end(&trial->expected->scenario);
    outcome_fini(&trial->expected->outcome);
    outcome_fini(&trial->outcome);
    outcome_fini(&trial->stopped);
    outcome_fini(&trial->reloaded);
}

static void print_event(const struct drive *drive, const struct event *event)
{
    static const char *const names[] = {"feed", "end",  "stop",      "reload",
                                        "look", "fail", "no memory", "full disk"};
    if (drive->settles) printf("  %lld ms later: ", (long long)event->after_ms);
    else printf("  from step %llu: ", (unsigned long long)event->step);
    printf("%s, input %u up to %u, %llu\n", names[event->kind], event->input, event->end,
           (unsigned long long)event->count);
}

static void print_drive(const struct drive *drive)
{
    const struct machine *machine = &drive->machine;
    printf(
        "  -p %u --batch-rows %u --ring-slots %u, %u items a link, emissions of %zu bytes; turns "
        "by %s, %u looks before a sleep; from %s\n",
        machine->parallelism, machine->batch_rows, machine->ring_slots, machine->items_max,
        machine->emission_bytes, chooser_strategy_name(drive->chooser.strategy), drive->patience,
        drive->feeds ? "pipes" : "files");
    if (takes_checkpoints(drive))
        printf("  a checkpoint after %llu rows or %lld ms, a step takes %lld ns; crash at step "
               "%llu; %s\n",
               (unsigned long long)drive->checkpoint_rows, (long long)drive->checkpoint_ms,
               (long long)drive->step_ns, (unsigned long long)drive->crash_step,
               drive->record ? "resumed" : "from the beginning");
    for (unsigned i = 0; i < drive->event_count; i++) print_event(drive, &drive->events[i]);
}

void trial_print(const struct trial *trial)
{
    scenario_print(&trial->expected->scenario);
    printf("schedule %llu (%s):\n", (unsigned long long)trial->seed, trial_kind_name(trial->kind));
    for (unsigned i = 0; i < trial->drive_count; i++) print_drive(&trial->drives[i]);
    printf("%llu steps, %llu sleeps, %llu rows, %llu results, %llu alerts\n",
           (unsigned long long)trial->outcome.steps, (unsigned long long)trial->outcome.sleeps,
           (unsigned long long)trial->outcome.totals.rows.rows,
           (unsigned long long)trial->outcome.totals.results,
           (unsigned long long)trial->outcome.totals.alerts);
}
