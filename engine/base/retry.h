/*
 * retry: system calls that are made again when a signal has interrupted them.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   as the call does.
 * Errors:   as the call's, but never EINTR.
 * Limits:   not for waits: poll ends with EINTR so that the caller looks at what has come.
 */
#ifndef TIDE_BASE_RETRY_H
#define TIDE_BASE_RETRY_H

#include "engine/base/system.h"

TIDE_MUST_USE int tide_retry_open(const char *path, int flags, mode_t mode);
TIDE_MUST_USE int tide_retry_openat(int folder_fd, const char *path, int flags, mode_t mode);
TIDE_MUST_USE DIR *tide_retry_opendir(const char *path);
TIDE_MUST_USE int tide_retry_statfs(const char *path, struct statfs *status);
TIDE_MUST_USE ssize_t tide_retry_read(int fd, void *bytes, size_t count);
TIDE_MUST_USE ssize_t tide_retry_pread(int fd, void *bytes, size_t count, off_t offset);
TIDE_MUST_USE ssize_t tide_retry_write(int fd, const void *bytes, size_t count);
TIDE_MUST_USE int tide_retry_ftruncate(int fd, off_t bytes);
TIDE_MUST_USE int tide_retry_fsync(int fd);
TIDE_MUST_USE int tide_retry_fdatasync(int fd);
TIDE_MUST_USE int tide_retry_flock(int fd, int operation);

/* Reads up to `count` bytes, fewer only at the end. */
TIDE_MUST_USE ssize_t tide_retry_read_all(int fd, void *bytes, size_t count);

#endif
