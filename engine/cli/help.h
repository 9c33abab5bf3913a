/*
 * help: the texts of --help, made from the tables of options and operators.
 * Owns:     nothing.
 * Threads:  main's.
 * Blocks:   as standard output does.
 * Errors:   every function returns the exit status.
 * Limits:   lines of at most 100 columns, as long as no single word is longer.
 */
#ifndef TIDE_CLI_HELP_H
#define TIDE_CLI_HELP_H

#include "engine/plan/options.h"
#include "engine/plan/registry.h"

/* The whole help of one command. registry: the operators to list, NULL for a command that uses
 * none. */
int tide_help_command(const struct tide_option_set *set, const struct tide_registry *registry);

#endif
