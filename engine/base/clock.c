#include "engine/base/clock.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

enum { NS_A_MS = 1000000 };

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

int64_t tide_clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_A_MS;
}

int tide_clock_poll_ms(int64_t latest_ns)
{
    if (latest_ns == TIDE_CLOCK_NEVER) return -1;
    int64_t left_ns = latest_ns - tide_clock_ns();
    if (left_ns <= 0) return 0;
    int64_t left_ms = (left_ns - 1) / NS_A_MS + 1;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
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
    int fd = tide_retry_open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    ssize_t bytes = tide_retry_read(fd, text, sizeof text - 1);
    tide_sys_close(fd);
    if (bytes <= 0) return -1;
    text[bytes] = '\0';
    int64_t ran_ns, queued_ns;
    return sscanf(text, "%" SCNd64 " %" SCNd64, &ran_ns, &queued_ns) == 2 ? queued_ns : -1;
}
