#include "engine/instruments/compare/run_side.h"

#include "engine/base/memory.h"
#include "engine/plan/run_options.h"

#include <stdio.h>

enum { OWN_ARGUMENTS = 9 };

bool tide_run_side_drops(unsigned id)
{
    return id == TIDE_RUN_ALERTS || id == TIDE_RUN_RESULTS || id == TIDE_RUN_LATE ||
           id == TIDE_RUN_REJECTS || id == TIDE_RUN_SIDE_OUTPUT || id == TIDE_RUN_STATS ||
           id == TIDE_RUN_PROGRESS || id == TIDE_RUN_VERBOSE || id == TIDE_RUN_ESCAPE_FORMULAS;
}

/* NULL without memory. */
static char **pass_on(const struct tide_options *options)
{
    struct tide_options kept = *options;
    kept.given_count = 0;
    kept.given = tide_alloc_zeroed(options->given_count, sizeof *kept.given);
    if (!kept.given) return NULL;
    for (unsigned i = 0; i < options->given_count; i++)
        if (!tide_run_side_drops(options->given[i].id))
            kept.given[kept.given_count++] = options->given[i];
    char **arguments = tide_options_forward(&kept);
    tide_free(kept.given);
    return arguments;
}

bool tide_run_side_init(struct tide_run_side *run, const struct tide_options *options,
                        const struct tide_run_kind *kind, struct tide_error *error)
{
    unsigned count = 0;
    *run = (struct tide_run_side){0};
    run->given = pass_on(options);
    run->arguments = tide_alloc_zeroed(options->given_count + options->file_count + OWN_ARGUMENTS,
                                       sizeof *run->arguments);
    if (!run->given || !run->arguments) return tide_error_memory(error, "a run's options");
    snprintf(run->label, sizeof run->label, "parallelism %u, order %s", kind->parallelism,
             kind->order);
    snprintf(run->parallelism, sizeof run->parallelism, "--parallelism=%u", kind->parallelism);
    snprintf(run->order, sizeof run->order, "--order=%s", kind->order);
    run->arguments[count++] = tide_process_self;
    run->arguments[count++] = "run";
    for (char **given = run->given; *given; given++) run->arguments[count++] = *given;
    run->arguments[count++] = run->parallelism;
    run->arguments[count++] = run->order;
    run->arguments[count++] = "--quiet";
    run->arguments[count++] = kind->output;
    if (kind->format) run->arguments[count++] = kind->format;
    run->arguments[count++] = "--";
    for (unsigned i = 0; i < options->file_count; i++) run->arguments[count++] = options->files[i];
    run->side = (struct tide_side){.label = run->label,
                                   .arguments = run->arguments,
                                   .parallelism = kind->parallelism,
                                   .order = kind->order};
    return true;
}

void tide_run_side_fini(struct tide_run_side *run)
{
    tide_free(run->given);
    tide_free(run->arguments);
    *run = (struct tide_run_side){0};
}
