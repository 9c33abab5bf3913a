/*
 * commands: the commands of the program, each as main calls it, and how they end.
 * Owns:     nothing.
 * Threads:  main's.
 * Blocks:   as long as the command runs.
 * Errors:   every function returns the exit status, having printed what went wrong.
 * Limits:   none.
 */
#ifndef TIDE_CLI_COMMANDS_H
#define TIDE_CLI_COMMANDS_H

#include "engine/plan/registry.h"

/* argv[0] is the command's name. SIGPIPE is ignored by then. registry: the operators of this build;
 * main alone knows where they come from. */
int tide_command_run(int argc, char **argv, const struct tide_registry *registry);
int tide_command_bench(int argc, char **argv, const struct tide_registry *registry);
int tide_command_parse(int argc, char **argv, const struct tide_registry *registry);
int tide_command_profile(int argc, char **argv, const struct tide_registry *registry);
int tide_command_gen(int argc, char **argv, const struct tide_registry *registry);
int tide_command_explain(int argc, char **argv, const struct tide_registry *registry);
int tide_command_compare(int argc, char **argv, const struct tide_registry *registry);
int tide_command_version(void);

/* Prints "tidemark: " and a printf-like text as one line on standard error. What it names may hold
 * any bytes: a line end in it shows as ?, and on a terminal control bytes as \xXX. */
void tide_command_say(const char *format, ...) TIDE_PRINTF(1, 2);

/* Prints "tidemark: " and the error's text as one line on standard error, unless the error is
 * quiet; returns its exit status. */
int tide_command_failed(const struct tide_error *error);

/* Flushes standard output; returns 0, or 1 after saying why it could not be written (nothing is
 * said of a closed pipe). */
int tide_command_flush(void);

#endif
