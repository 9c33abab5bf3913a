/*
 * machine: what a measurement was made on: processor, cores, memory, kernel.
 * Owns:     its texts, inline.
 * Threads:  any.
 * Blocks:   while /proc is read.
 * Errors:   none; what the system does not tell is "unknown" or 0.
 * Limits:   texts are cut to their room.
 */
#ifndef TIDE_INSTRUMENTS_BENCH_MACHINE_H
#define TIDE_INSTRUMENTS_BENCH_MACHINE_H

#include <stdint.h>

struct tide_machine {
    char processor[128];
    char kernel[160];
    unsigned cores; /* that this process may use */
    uint64_t memory_kib;
    char date[24]; /* now, UTC, as 2024-05-11T10:00:00Z */
};

void tide_machine_look(struct tide_machine *machine);

#endif
