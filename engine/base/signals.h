/*
 * signals: which signals a command may take.
 * Owns:     nothing.
 * Threads:  any; ask before handlers are set.
 * Blocks:   never.
 * Errors:   none.
 * Limits:   none.
 */
#ifndef TIDE_BASE_SIGNALS_H
#define TIDE_BASE_SIGNALS_H

#include <stdbool.h>

/* Has whoever started this process chosen to ignore the signal, as nohup does, or a shell for a job
 * in the background? Then it must stay ignored; blocked and waited for, it would be taken. */
bool tide_signal_is_ignored(int number);

#endif
