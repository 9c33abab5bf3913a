/*
 * config: a file of `name = value` lines with the long names of options.
 * Owns:     the file's text and the list of what it gives.
 * Threads:  one.
 * Blocks:   while the file is read.
 * Errors:   exit 1 if it cannot be read; exit 2 for a wrong line, with file and line.
 * Limits:   TIDE_CONFIG_BYTES_MAX bytes.
 */
#ifndef TIDE_PLAN_CONFIG_H
#define TIDE_PLAN_CONFIG_H

#include "engine/plan/options.h"

enum { TIDE_CONFIG_BYTES_MAX = 1 << 20 };

struct tide_config {
    char *text; /* the file, cut into the texts of `given` */
    struct tide_given *given;
    unsigned given_count;
};

/* Reads the whole file. A line is `name = value`, a comment after # at its start or after a blank,
 * or empty. A value may stand in double quotes, in which "" is one quote; blanks around it are
 * trimmed otherwise. Only repeatable options may come twice. Call fini also after a failure. */
TIDE_MUST_USE bool tide_config_read(struct tide_config *config, const char *path,
                                    const struct tide_option_set *set, struct tide_error *error);
void tide_config_fini(struct tide_config *config); /* a zeroed one is fine */

/* The texts of one option in the order of the file: writes up to `capacity` of them and returns how
 * many there are. A reload of the alert rules reads the file anew and asks for TIDE_RUN_ALERT. */
unsigned tide_config_texts(const struct tide_config *config, unsigned id, const char *texts[],
                           unsigned capacity);

#endif
