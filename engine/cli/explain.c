/* tidemark explain: the plan of a run in words, as a graph or as JSON; nothing is run. */
#include "engine/base/memory.h"
#include "engine/base/output.h"
#include "engine/base/system.h"
#include "engine/cli/commands.h"
#include "engine/cli/help.h"
#include "engine/instruments/explain/dot.h"
#include "engine/instruments/explain/json.h"
#include "engine/instruments/explain/text.h"
#include "engine/plan/run_options.h"
#include "engine/text/escape.h"

#include <errno.h>
#include <stdio.h>

enum explain_option { DOT = TIDE_RUN_OPTION_COUNT, JSON, HELP };

static const char *const groups[] = {"Options"};

static const struct tide_option options_table[] = {
    {.name = "dot",
     .argv_only = true,
     .help = "a graph for Graphviz instead of text: tidemark explain --dot | dot -Tsvg"},
    {.name = "json", .argv_only = true, .help = "one JSON object instead of text, sizes in bytes"},
    {.name = "help", .letter = 'h', .argv_only = true, .help = "print this and exit"},
};

static const struct tide_option_set explain_options = {
    .command = "explain",
    .operands = "[FILE]...",
    .summary = "Tells what 'tidemark run' would do with these options, without doing it: threads, "
               "rings, operators with their state, alerts, the rules of watermark and order, the "
               "memory it takes, and what each option given changes. FILE need not exist.",
    .groups = groups,
    .group_count = 1,
    .option_count = sizeof options_table / sizeof options_table[0],
    .options = options_table,
    .closing = "Examples:\n"
               "  tidemark explain -p 4 --window tumbling:1h transactions.csv\n"
               "  tidemark explain -p 4 --dot | dot -Tsvg > plan.svg\n",
    .base = &tide_run_options,
};

static bool write_explanation(const struct tide_explanation *explanation, FILE *out,
                              struct tide_error *error)
{
    if (tide_options_flag(explanation->options, DOT)) tide_explain_write_dot(explanation, out);
    else if (!tide_options_flag(explanation->options, JSON))
        tide_explain_write_text(explanation, out);
    else if (!tide_explain_write_json(explanation, out))
        return tide_error_memory(error, "the explanation");
    return true;
}

/* Made whole in memory first, so that nothing is printed of what fails, and a terminal gets no
 * control bytes of names. */
static bool print_explanation(const struct tide_explanation *explanation, struct tide_error *error)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = tide_sys_open_memstream(&text, &bytes);
    if (!out) return tide_error_system(error, errno, "cannot make the explanation");
    bool made = write_explanation(explanation, out, error);
    bool failed = ferror(out) != 0;
    if (tide_sys_fclose(out) != 0 || failed) made = tide_error_memory(error, "the explanation");
    struct tide_output_set set = {.terminal_escape = tide_escape_terminal};
    struct tide_output *output = made ? tide_output_open(&set, "-", error) : NULL;
    bool written =
        output && tide_output_write(output, text, bytes, error) && tide_output_commit(&set, error);
    if (!written) tide_output_discard(&set, NULL);
    tide_free(text); /* the stream took it from the allocator that tide_free gives back to */
    return written;
}

static int explain(const struct tide_options *options, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct tide_plan plan = {0};
    struct tide_explanation explanation = {0};
    if (tide_options_flag(options, DOT) && tide_options_flag(options, JSON))
        tide_error_set(&error, TIDE_EXIT_USAGE, "--dot and --json contradict each other; give one");
    bool done = error.exit == TIDE_EXIT_OK && tide_plan_build(&plan, options, registry, &error) &&
                tide_explanation_init(&explanation, &plan, options, &error) &&
                print_explanation(&explanation, &error);
    tide_explanation_fini(&explanation);
    tide_plan_fini(&plan);
    return done ? TIDE_EXIT_OK : tide_command_failed(&error);
}

int tide_command_explain(int argc, char **argv, const struct tide_registry *registry)
{
    struct tide_error error = {0};
    struct tide_options options = {0};
    int status;
    if (!tide_options_parse(&options, &explain_options, argc, argv, &error))
        status = tide_command_failed(&error);
    else if (tide_options_flag(&options, HELP))
        status = tide_help_command(&explain_options, registry);
    else status = explain(&options, registry);
    tide_options_fini(&options);
    return status;
}
