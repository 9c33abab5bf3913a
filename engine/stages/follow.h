/*
 * follow: waits until a regular file that has been read to its end has more.
 * Owns:     an inotify descriptor; the file's stays the caller's.
 * Threads:  one: the reader's.
 * Blocks:   wait does.
 * Errors:   none: where the system has no inotify to give, and for file systems that tell it
 *           nothing (a network's), wait returns now and then for a look.
 * Limits:   none.
 */
#ifndef TIDE_STAGES_FOLLOW_H
#define TIDE_STAGES_FOLLOW_H

#include <stdint.h>

struct tide_follow {
    int inotify_fd; /* -1: none */
};

/* From now on no growth is missed: call before the file is read to its end. */
void tide_follow_open(struct tide_follow *follow, int fd);
void tide_follow_close(struct tide_follow *follow); /* twice is fine */

/* Returns when the file may have more, when wake_fd is readable, or at latest_ns of
 * tide_clock_ns. */
void tide_follow_wait(struct tide_follow *follow, int wake_fd, int64_t latest_ns);

#endif
