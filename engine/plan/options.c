#include "engine/plan/options.h"

#include "engine/base/memory.h"
#include "engine/plan/config.h"
#include "engine/plan/nearest.h"

#include <stdio.h>
#include <string.h>

/* The walk through argv. */
struct walk {
    struct tide_options *options;
    int argc, position; /* argv[position] is the next to read */
    char **argv;
    bool stop; /* --help was seen */
    struct tide_error *error;
};

static unsigned base_count(const struct tide_option_set *set)
{
    return set->base ? set->base->option_count : 0;
}

unsigned tide_option_count(const struct tide_option_set *set)
{
    return base_count(set) + set->option_count;
}

const struct tide_option *tide_option_at(const struct tide_option_set *set, unsigned id)
{
    unsigned first = base_count(set);
    return id < first ? &set->base->options[id] : &set->options[id - first];
}

bool tide_option_counts(const struct tide_option_set *set, unsigned id)
{
    if (id >= base_count(set)) return id < tide_option_count(set);
    const char *name = set->base->options[id].name;
    for (unsigned i = 0; i < set->option_count; i++)
        if (strcmp(set->options[i].name, name) == 0) return false;
    for (unsigned i = 0; set->without && set->without[i]; i++)
        if (strcmp(set->without[i], name) == 0) return false;
    return true;
}

unsigned tide_option_find(const struct tide_option_set *set, const char *name, size_t bytes,
                          struct tide_error *error)
{
    struct tide_nearest nearest;
    tide_nearest_init(&nearest, name, bytes);
    unsigned count = tide_option_count(set);
    for (unsigned id = 0; id < count; id++) {
        if (!tide_option_counts(set, id)) continue;
        const char *there = tide_option_at(set, id)->name;
        if (strlen(there) == bytes && memcmp(there, name, bytes) == 0) return id;
        tide_nearest_offer(&nearest, there);
    }
    if (nearest.name)
        tide_error_set(error, TIDE_EXIT_USAGE, "unknown option --%.*s; did you mean --%s?",
                       (int)bytes, name, nearest.name);
    else
        tide_error_set(error, TIDE_EXIT_USAGE,
                       "unknown option --%.*s; 'tidemark %s --help' lists all", (int)bytes, name,
                       set->command);
    return count;
}

const char *tide_option_flag_text(const char *text)
{
    static const char *const texts[] = {"true", "false"};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(text, texts[i]) == 0) return texts[i];
    return NULL;
}

static void give(struct walk *walk, unsigned id, const char *text)
{
    struct tide_options *options = walk->options;
    options->given[options->given_count++] = (struct tide_given){.id = id, .text = text};
    if (strcmp(tide_option_at(options->set, id)->name, "help") == 0) walk->stop = true;
}

/* Gives the option the argument that follows in argv. */
static bool give_next(struct walk *walk, unsigned id)
{
    const struct tide_option *option = tide_option_at(walk->options->set, id);
    if (walk->position == walk->argc)
        return tide_error_set(walk->error, TIDE_EXIT_USAGE, "--%s needs an argument: --%s %s",
                              option->name, option->name, option->argument);
    const char *text = walk->argv[walk->position];
    if (strncmp(text, "--", 2) == 0)
        return tide_error_set(
            walk->error, TIDE_EXIT_USAGE,
            "--%s needs an argument, and %s looks like an option; if it is meant, "
            "write --%s=%s",
            option->name, text, option->name, text);
    walk->position++;
    give(walk, id, text);
    return true;
}

/* argument: what follows the two dashes. */
static bool take_long(struct walk *walk, const char *argument)
{
    const struct tide_option_set *set = walk->options->set;
    size_t name_bytes = strcspn(argument, "=");
    unsigned id = tide_option_find(set, argument, name_bytes, walk->error);
    if (id == tide_option_count(set)) return false;
    const struct tide_option *option = tide_option_at(set, id);
    const char *text = argument[name_bytes] ? argument + name_bytes + 1 : NULL;
    if (option->argument && !text) return give_next(walk, id);
    if (!option->argument) {
        text = text ? tide_option_flag_text(text) : "true";
        if (!text)
            return tide_error_set(walk->error, TIDE_EXIT_USAGE,
                                  "--%s takes no argument other than =true or =false",
                                  option->name);
    }
    give(walk, id, text);
    return true;
}

static unsigned find_letter(const struct tide_option_set *set, char letter)
{
    unsigned count = tide_option_count(set);
    for (unsigned id = 0; id < count; id++)
        if (tide_option_counts(set, id) && tide_option_at(set, id)->letter == letter) return id;
    return count;
}

/* letters: what follows the one dash: flags, of which the last may be an option with its argument.
 */
static bool take_short(struct walk *walk, const char *letters)
{
    const struct tide_option_set *set = walk->options->set;
    for (; *letters && !walk->stop; letters++) {
        unsigned id = find_letter(set, *letters);
        if (id == tide_option_count(set))
            return tide_error_set(walk->error, TIDE_EXIT_USAGE,
                                  "unknown option -%c; 'tidemark %s --help' lists all", *letters,
                                  set->command);
        if (!tide_option_at(set, id)->argument) {
            give(walk, id, "true");
        } else if (letters[1]) {
            give(walk, id, letters + 1);
            return true;
        } else {
            return give_next(walk, id);
        }
    }
    return true;
}

static bool read_argv(struct walk *walk)
{
    struct tide_options *options = walk->options;
    bool only_files = false;
    while (walk->position < walk->argc && !walk->stop) {
        const char *argument = walk->argv[walk->position++];
        if (!only_files && strcmp(argument, "--") == 0) {
            only_files = true;
        } else if (!only_files && strncmp(argument, "--", 2) == 0) {
            if (!take_long(walk, argument + 2)) return false;
        } else if (!only_files && argument[0] == '-' && argument[1]) {
            if (!take_short(walk, argument + 1)) return false;
        } else {
            options->files[options->file_count++] = argument;
        }
    }
    return true;
}

/* A flag of the command line that contradicts one of the file hides it too. */
static bool hidden(const struct tide_options *options, unsigned id)
{
    if (tide_options_given(options, id)) return true;
    const char *name = tide_option_at(options->set, id)->name;
    const char *rival = strcmp(name, "quiet") == 0     ? "verbose"
                        : strcmp(name, "verbose") == 0 ? "quiet"
                                                       : NULL;
    for (unsigned i = 0; rival && i < options->given_count; i++)
        if (strcmp(tide_option_at(options->set, options->given[i].id)->name, rival) == 0)
            return true;
    return false;
}

/* Puts what the file gives in front, in its order: whatever was given last counts. */
static bool merge(struct tide_options *options, struct tide_config *config,
                  struct tide_error *error)
{
    unsigned count = 0;
    struct tide_given *merged =
        tide_alloc_zeroed((size_t)config->given_count + options->given_count, sizeof *merged);
    if (!merged) return tide_error_memory(error, "options");
    for (unsigned i = 0; i < config->given_count; i++)
        if (!hidden(options, config->given[i].id)) merged[count++] = config->given[i];
    for (unsigned i = 0; i < options->given_count; i++) merged[count++] = options->given[i];
    tide_free(options->given);
    options->given = merged;
    options->given_count = count;
    options->config_text = config->text; /* the texts live in it */
    config->text = NULL;
    return true;
}

static bool read_config(struct tide_options *options, struct tide_error *error)
{
    for (unsigned i = 0; i < options->given_count; i++)
        if (strcmp(tide_option_at(options->set, options->given[i].id)->name, "config") == 0)
            options->config_file = options->given[i].text;
    if (!options->config_file) return true;
    struct tide_config config = {0};
    bool ok = tide_config_read(&config, options->config_file, options->set, error) &&
              merge(options, &config, error);
    tide_config_fini(&config);
    return ok;
}

bool tide_options_parse(struct tide_options *options, const struct tide_option_set *set, int argc,
                        char **argv, struct tide_error *error)
{
    *options = (struct tide_options){.set = set};
    /* No argument gives more than one file; one of n letters may give n flags. */
    size_t given_max = 0;
    for (int i = 1; i < argc; i++) given_max += strlen(argv[i]);
    options->files = tide_alloc_zeroed((size_t)(argc > 0 ? argc : 1), sizeof *options->files);
    options->given = tide_alloc_zeroed(given_max, sizeof *options->given);
    if (!options->files || !options->given) return tide_error_memory(error, "options");
    struct walk walk = {
        .options = options, .argc = argc, .position = 1, .argv = argv, .error = error};
    if (!read_argv(&walk)) return false;
    return walk.stop || read_config(options, error);
}

void tide_options_fini(struct tide_options *options)
{
    tide_free(options->files);
    tide_free(options->given);
    tide_free(options->config_text);
    *options = (struct tide_options){0};
}

const struct tide_given *tide_options_given(const struct tide_options *options, unsigned id)
{
    for (unsigned i = options->given_count; i > 0; i--)
        if (options->given[i - 1].id == id) return &options->given[i - 1];
    return NULL;
}

const char *tide_options_text(const struct tide_options *options, unsigned id)
{
    const struct tide_given *given = tide_options_given(options, id);
    return given ? given->text : tide_option_at(options->set, id)->fallback;
}

bool tide_options_flag(const struct tide_options *options, unsigned id)
{
    const char *text = tide_options_text(options, id);
    return text && strcmp(text, "true") == 0;
}

unsigned tide_options_texts(const struct tide_options *options, unsigned id, const char *texts[],
                            unsigned capacity)
{
    unsigned count = 0;
    for (unsigned i = 0; i < options->given_count; i++) {
        if (options->given[i].id != id) continue;
        if (count < capacity) texts[count] = options->given[i].text;
        count++;
    }
    const char *fallback = tide_option_at(options->set, id)->fallback;
    if (count > 0 || !fallback) return count;
    if (capacity > 0) texts[0] = fallback;
    return 1;
}

char **tide_options_forward(const struct tide_options *options)
{
    unsigned first = base_count(options->set), count = 0;
    size_t bytes = 0;
    for (unsigned i = 0; i < options->given_count; i++) {
        const struct tide_given *given = &options->given[i];
        if (given->id < first)
            bytes +=
                strlen(tide_option_at(options->set, given->id)->name) + strlen(given->text) + 4;
    }
    char **arguments = tide_alloc(((size_t)options->given_count + 1) * sizeof *arguments + bytes);
    if (!arguments) return NULL;
    char *text = (char *)(arguments + options->given_count + 1);
    for (unsigned i = 0; i < options->given_count; i++) {
        const struct tide_given *given = &options->given[i];
        if (given->id >= first) continue;
        const char *name = tide_option_at(options->set, given->id)->name;
        if (strcmp(name, "config") == 0) continue; /* what it gives is among the given */
        arguments[count++] = text;
        text +=
            snprintf(text, strlen(name) + strlen(given->text) + 4, "--%s=%s", name, given->text) +
            1;
    }
    arguments[count] = NULL;
    return arguments;
}
