#include "engine/base/retry.h"

#include <errno.h>

int tide_retry_open(const char *path, int flags, mode_t mode)
{
    int result;
    do result = tide_sys_open(path, flags, mode);
    while (result < 0 && errno == EINTR);
    return result;
}

int tide_retry_openat(int folder_fd, const char *path, int flags, mode_t mode)
{
    int result;
    do result = tide_sys_openat(folder_fd, path, flags, mode);
    while (result < 0 && errno == EINTR);
    return result;
}

DIR *tide_retry_opendir(const char *path)
{
    DIR *result;
    do result = tide_sys_opendir(path);
    while (!result && errno == EINTR);
    return result;
}

int tide_retry_statfs(const char *path, struct statfs *status)
{
    int result;
    do result = tide_sys_statfs(path, status);
    while (result < 0 && errno == EINTR);
    return result;
}

ssize_t tide_retry_read(int fd, void *bytes, size_t count)
{
    ssize_t result;
    do result = tide_sys_read(fd, bytes, count);
    while (result < 0 && errno == EINTR);
    return result;
}

ssize_t tide_retry_pread(int fd, void *bytes, size_t count, off_t offset)
{
    ssize_t result;
    do result = tide_sys_pread(fd, bytes, count, offset);
    while (result < 0 && errno == EINTR);
    return result;
}

ssize_t tide_retry_write(int fd, const void *bytes, size_t count)
{
    ssize_t result;
    do result = tide_sys_write(fd, bytes, count);
    while (result < 0 && errno == EINTR);
    return result;
}

int tide_retry_ftruncate(int fd, off_t bytes)
{
    int result;
    do result = tide_sys_ftruncate(fd, bytes);
    while (result < 0 && errno == EINTR);
    return result;
}

int tide_retry_fsync(int fd)
{
    int result;
    do result = tide_sys_fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

int tide_retry_fdatasync(int fd)
{
    int result;
    do result = tide_sys_fdatasync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

int tide_retry_flock(int fd, int operation)
{
    int result;
    do result = tide_sys_flock(fd, operation);
    while (result < 0 && errno == EINTR);
    return result;
}

ssize_t tide_retry_read_all(int fd, void *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = tide_retry_read(fd, (char *)bytes + done, count - done);
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}
