/*
 * system: the only caller of the system: each function is one call, by the same name and with the
 *           same answer.
 * Owns:     nothing; descriptors, mappings and streams belong to the caller.
 * Threads:  any.
 * Blocks:   as the call does.
 * Errors:   as the call's: -1 (NULL, MAP_FAILED) with errno, and EINTR is the caller's to repeat;
 *           tide_sys_thread_start returns the error's number.
 * Limits:   what a call can fail at is here, so that a test can make it fail; what only asks
 *           (clock_gettime, isatty, sysconf, getrusage ...) is called directly.
 */
#ifndef TIDE_BASE_SYSTEM_H
#define TIDE_BASE_SYSTEM_H

#include "engine/base/assert.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <time.h>

/* --- open files --- */

/* `mode` counts where `flags` hold O_CREAT. */
TIDE_MUST_USE int tide_sys_open(const char *path, int flags, mode_t mode);
TIDE_MUST_USE int tide_sys_openat(int folder_fd, const char *path, int flags, mode_t mode);
int tide_sys_close(int fd);
TIDE_MUST_USE ssize_t tide_sys_read(int fd, void *bytes, size_t count);
TIDE_MUST_USE ssize_t tide_sys_pread(int fd, void *bytes, size_t count, off_t offset);
TIDE_MUST_USE ssize_t tide_sys_write(int fd, const void *bytes, size_t count);
TIDE_MUST_USE off_t tide_sys_lseek(int fd, off_t offset, int whence);
TIDE_MUST_USE int tide_sys_fstat(int fd, struct stat *status);
TIDE_MUST_USE int tide_sys_ftruncate(int fd, off_t bytes);
TIDE_MUST_USE int tide_sys_fsync(int fd);
TIDE_MUST_USE int tide_sys_fdatasync(int fd);
TIDE_MUST_USE int tide_sys_fchmod(int fd, mode_t mode);
TIDE_MUST_USE int tide_sys_fchown(int fd, uid_t user, gid_t group);
TIDE_MUST_USE int tide_sys_flock(int fd, int operation);
int tide_sys_fcntl(int fd, int command, int argument);
/* A hint; returns the error's number. */
int tide_sys_fadvise(int fd, off_t offset, off_t bytes, int advice);

/* --- names --- */

TIDE_MUST_USE int tide_sys_stat(const char *path, struct stat *status);
TIDE_MUST_USE int tide_sys_fstatat(int folder_fd, const char *path, struct stat *status);
TIDE_MUST_USE int tide_sys_lstat(const char *path, struct stat *status);
TIDE_MUST_USE int tide_sys_statfs(const char *path, struct statfs *status);
/* By the rights the process acts with, as open(2) would decide. */
TIDE_MUST_USE int tide_sys_access(const char *path, int mode);
TIDE_MUST_USE ssize_t tide_sys_readlink(const char *path, char *link, size_t room);
TIDE_MUST_USE int tide_sys_rename(const char *from, const char *to);
TIDE_MUST_USE int tide_sys_renameat(int folder_fd, const char *from, const char *to);
int tide_sys_unlink(const char *path);
int tide_sys_unlinkat(int folder_fd, const char *path);
TIDE_MUST_USE int tide_sys_mkdir(const char *path, mode_t mode);
TIDE_MUST_USE char *tide_sys_mkdtemp(char *pattern);
int tide_sys_rmdir(const char *path);
TIDE_MUST_USE DIR *tide_sys_opendir(const char *path);
/* The next entry; NULL at the end, and with errno, which the caller cleared, at an error. */
struct dirent *tide_sys_readdir(DIR *folder);
int tide_sys_closedir(DIR *folder);

/* --- memory of files --- */

TIDE_MUST_USE void *tide_sys_mmap(void *at, size_t bytes, int protection, int flags, int fd,
                                  off_t offset);
int tide_sys_munmap(void *at, size_t bytes);

/* --- waiting and waking --- */

int tide_sys_poll(struct pollfd *events, nfds_t count, int timeout_ms);
TIDE_MUST_USE int tide_sys_eventfd(void);
/* Adds one to an eventfd of tide_sys_eventfd. The counter has no end in sight, and where it had,
 * the descriptor would be readable already: this cannot fail. */
void tide_sys_notify(int event_fd);
TIDE_MUST_USE int tide_sys_signalfd(const sigset_t *signals);
TIDE_MUST_USE int tide_sys_inotify_init(void);
TIDE_MUST_USE int tide_sys_inotify_add_watch(int inotify_fd, const char *path, uint32_t events);
TIDE_MUST_USE int tide_sys_pipe(int ends[2]);
/* futex(2) with FUTEX_WAKE or FUTEX_WAIT_BITSET, private. The latter is the wait that takes a point
 * in time, of the monotonic clock; NULL: none. */
long tide_sys_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *latest);

/* --- the rest --- */

TIDE_MUST_USE int tide_sys_thread_start(pthread_t *thread, void *(*run)(void *), void *context);
TIDE_MUST_USE ssize_t tide_sys_random(void *bytes, size_t count);
TIDE_MUST_USE FILE *tide_sys_fopen(const char *path, const char *mode);
/* A stream into memory; what it leaves in *text is given back by tide_free. */
TIDE_MUST_USE FILE *tide_sys_open_memstream(char **text, size_t *bytes);
int tide_sys_fclose(FILE *stream);

#endif
