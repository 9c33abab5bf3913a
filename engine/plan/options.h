/*
 * options: the options a command has, as a table, and the texts that were given for them.
 * Owns:     the list of what was given and the config file's text; argv is borrowed.
 * Threads:  one parses; read-only from then on.
 * Blocks:   while the config file is read.
 * Errors:   exit 2 for wrong usage, naming the nearest option; 1 for an unreadable config file.
 * Limits:   none of its own.
 */
#ifndef TIDE_PLAN_OPTIONS_H
#define TIDE_PLAN_OPTIONS_H

#include "engine/base/error.h"

struct tide_option {
    const char *name;     /* long name without the dashes */
    const char *argument; /* the word that stands for it in the help; NULL: a flag */
    const char *fallback; /* the text in force when it is not given; NULL: none */
    const char *help;     /* one sentence; the help wraps it */
    unsigned group;       /* index into the set's groups */
    char letter;          /* short name; 0: none */
    bool repeatable;      /* every text counts; else the last one does */
    bool argv_only;       /* not in a config file */
};

/* The options of one command. Those named help and config, where a command has them, mean the same
 * everywhere. */
struct tide_option_set {
    const char *command;
    const char *operands;      /* what follows the options in the usage line */
    const char *summary;       /* one or two sentences */
    const char *const *groups; /* titles */
    unsigned group_count;
    unsigned option_count;
    const struct tide_option *options;
    const char *closing; /* the last lines of the help: units, examples */

    /* A command whose options count here too, under the ids they have there; the ids of `options`
     * follow them. An option of `options` hides one of the same name. NULL: none. */
    const struct tide_option_set *base;
    const char *const *without; /* names of the base's options that do not count; ends with NULL */
};

/* A text that was given for an option. */
struct tide_given {
    unsigned id;      /* as tide_option_at takes it */
    unsigned line;    /* of the config file; 0: the command line */
    const char *text; /* a flag's is "true" or "false" */
};

struct tide_options {
    const struct tide_option_set *set;
    const char **files; /* the operands, in order */
    unsigned file_count;
    struct tide_given *given;
    unsigned given_count;
    const char *config_file; /* NULL: none */
    char *config_text;
};

/* Reads argv[1] .. argv[argc - 1], then the file of --config if the set has that option and it was
 * given; what the command line gives hides the file's. Stops at --help. Call fini also after a
 * failure. */
TIDE_MUST_USE bool tide_options_parse(struct tide_options *options,
                                      const struct tide_option_set *set, int argc, char **argv,
                                      struct tide_error *error);
void tide_options_fini(struct tide_options *options); /* a zeroed one is fine */

/* The option's text in force: the last one given, else its fallback, which may be NULL. */
const char *tide_options_text(const struct tide_options *options, unsigned id);

/* Is the flag set? */
bool tide_options_flag(const struct tide_options *options, unsigned id);

/* Who gave it last: its entry in options->given, or NULL when nobody did. */
const struct tide_given *tide_options_given(const struct tide_options *options, unsigned id);

/* The texts of a repeatable option in order, its fallback if none was given: writes up to
 * `capacity` of them to texts (which may be NULL when that is 0) and returns how many there are. */
unsigned tide_options_texts(const struct tide_options *options, unsigned id, const char *texts[],
                            unsigned capacity);

/* The options of the set and of its base, by id. */
unsigned tide_option_count(const struct tide_option_set *set); /* ids are below it */
const struct tide_option *tide_option_at(const struct tide_option_set *set, unsigned id);

/* May it be given? Not if it is one of the base's that the set hides or is without. */
bool tide_option_counts(const struct tide_option_set *set, unsigned id);

/* What was given of the base's options, whether by argv or by the config file, as arguments for
 * that command: --name=text, in order; ends with NULL. For the caller to free as one block (the
 * texts are in it); NULL without memory. */
TIDE_MUST_USE char **tide_options_forward(const struct tide_options *options);

/* Id of the option with this long name; tide_option_count if there is none, and then the error says
 * so and names the nearest. */
unsigned tide_option_find(const struct tide_option_set *set, const char *name, size_t bytes,
                          struct tide_error *error);

/* Turns the text of a flag into "true" or "false"; NULL if it is neither. */
const char *tide_option_flag_text(const char *text);

#endif
