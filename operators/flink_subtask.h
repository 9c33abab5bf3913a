/*
 * flink_subtask: which parallel instance of a PyFlink job's operator a key belongs to.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never; allocates nothing.
 * Errors:   none.
 * Limits:   as plan.h; of several columns none may be 64 KiB or longer, or the frames differ.
 */
#ifndef TIDE_OPERATORS_FLINK_SUBTASK_H
#define TIDE_OPERATORS_FLINK_SUBTASK_H

#include <stddef.h>
#include <stdint.h>

/* The hash that Flink routes by, of a key that key_by took from the element without a key_type: a
 * str, or of several columns (part_count, NUL bytes between) a tuple of strs. */
int32_t tide_flink_key_hash(const char *key, size_t key_bytes, unsigned part_count);

/* The instance, from 1 as print() shows it, at this parallelism and Flink's default maximum. */
unsigned tide_flink_subtask(int32_t key_hash, unsigned parallelism);

#endif
