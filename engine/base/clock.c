#include "engine/base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t tide_clock_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

int64_t tide_clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* The file holds three numbers: ns on a core, ns waiting for one, times it ran (Linux,
 * Documentation/scheduler/sched-stats.rst). */
int64_t tide_clock_thread_queued_ns(void)
{
    char text[128];
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t bytes = read(fd, text, sizeof text - 1);
    close(fd);
    if (bytes <= 0) return -1;
    text[bytes] = '\0';
    int64_t ran_ns, queued_ns;
    return sscanf(text, "%" SCNd64 " %" SCNd64, &ran_ns, &queued_ns) == 2 ? queued_ns : -1;
}
