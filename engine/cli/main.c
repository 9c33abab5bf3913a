#include "engine/base/streams.h"
#include "engine/cli/commands.h"
#include "engine/plan/nearest.h"
#include "engine/text/escape.h"
#include "operators/registry.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv, const struct tide_registry *registry);
    const char *summary;
};

static const struct command commands[] = {
    {"run", tide_command_run, "the pipeline: CSV in, windows by key, alerts out"},
    {"bench", tide_command_bench, "how fast run is at each parallelism, and what more cores give"},
    {"compare", tide_command_compare,
     "how order and content differ: parallelism 1 and N, or two files"},
    {"profile", tide_command_profile, "look at an input, and suggest the options for it"},
    {"explain", tide_command_explain, "what a run with these options would be, without running it"},
    {"parse", tide_command_parse, "print each record as the reader sees it, a JSON array a line"},
    {"gen", tide_command_gen, "make transactions to try things on"},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

void tide_command_say(const char *format, ...)
{
    char text[2 * TIDE_ERROR_BYTES], escaped[4 * sizeof text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *end = text; (end = strchr(end, '\n'));) *end = '?';
    size_t bytes = strlen(text);
    const bool is_shown = isatty(STDERR_FILENO);
    if (is_shown) bytes = tide_escape_terminal(escaped, text, bytes);
    fprintf(stderr, "tidemark: %.*s\n", (int)bytes, is_shown ? escaped : text);
}

int tide_command_failed(const struct tide_error *error)
{
    if (!error->quiet) tide_command_say("%s", error->text);
    return (int)error->exit;
}

int tide_command_flush(void)
{
    struct tide_error error = {0};
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return TIDE_EXIT_OK;
    error.quiet = errno == EPIPE;
    if (errno != 0) tide_error_system(&error, errno, "cannot write to standard output");
    else tide_error_set(&error, TIDE_EXIT_FAILED, "cannot write to standard output");
    return tide_command_failed(&error);
}

static void print_usage(FILE *file)
{
    fprintf(file, "Usage: tidemark COMMAND [OPTION]... [FILE]...\n\nCommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(file, "  %-8s%s\n", commands[i].name, commands[i].summary);
    fprintf(file, "  help    the options of a command: tidemark help COMMAND\n"
                  "\n'tidemark --version' says what is compiled in.\n");
}

static const struct command *find_command(const char *name, struct tide_error *error)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, name, strlen(name));
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
        tide_nearest_offer(&nearest, commands[i].name);
    }
    tide_nearest_offer(&nearest, "help");
    if (nearest.name)
        tide_error_set(error, TIDE_EXIT_USAGE, "unknown command '%s'; did you mean %s?", name,
                       nearest.name);
    else
        tide_error_set(error, TIDE_EXIT_USAGE, "unknown command '%s'; 'tidemark help' lists all",
                       name);
    return NULL;
}

/* argv[0] is "help". */
static int help(int argc, char **argv)
{
    static char option[] = "--help";
    struct tide_error error = {0};
    if (argc > 2) {
        tide_error_set(&error, TIDE_EXIT_USAGE, "help takes one command, and '%s' is too much",
                       argv[2]);
        return tide_command_failed(&error);
    }
    if (argc == 1 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return tide_command_flush();
    }
    const struct command *command = find_command(argv[1], &error);
    if (!command) return tide_command_failed(&error);
    char *arguments[] = {argv[1], option, NULL};
    return command->run(2, arguments, &tide_operators);
}

int main(int argc, char **argv)
{
    /* A reader that went away shows as EPIPE where it is written to, so that outputs are cleaned
     * up. */
    signal(SIGPIPE, SIG_IGN);
    struct tide_error error = {0};
    if (!tide_streams_hold()) {
        tide_error_system(&error, errno, "cannot open /dev/null");
        return tide_command_failed(&error);
    }
    if (argc < 2) {
        print_usage(stderr);
        return TIDE_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "help") == 0) return help(argc - 1, argv + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_usage(stdout);
        return tide_command_flush();
    }
    if (strcmp(name, "--version") == 0) return tide_command_version();
    const struct command *command = find_command(name, &error);
    return command ? command->run(argc - 1, argv + 1, &tide_operators)
                   : tide_command_failed(&error);
}
