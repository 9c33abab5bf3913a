/*
 * registry: every operator this build offers; a new one gets its line in registry.c.
 * Owns:     nothing; all tables are const.
 * Threads:  read-only.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   as engine/plan/registry.h says.
 */
#ifndef TIDE_OPERATORS_REGISTRY_H
#define TIDE_OPERATORS_REGISTRY_H

#include "engine/plan/registry.h"

extern const struct tide_registry tide_operators;

#endif
