#include "engine/stages/follow.h"

#include "engine/base/clock.h"
#include "engine/base/system.h"

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>

enum {
    LOOK_MS = 1000,     /* between looks that inotify should make needless */
    LOOK_OFTEN_MS = 50, /* without inotify */
};

void tide_follow_open(struct tide_follow *follow, int fd)
{
    char path[32];
    follow->inotify_fd = tide_sys_inotify_init();
    if (follow->inotify_fd < 0) return;
    /* By the descriptor, not by the name, which may lead to another file by now. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (tide_sys_inotify_add_watch(follow->inotify_fd, path, IN_MODIFY | IN_ATTRIB) < 0)
        tide_follow_close(follow);
}

void tide_follow_close(struct tide_follow *follow)
{
    if (follow->inotify_fd >= 0) tide_sys_close(follow->inotify_fd);
    follow->inotify_fd = -1;
}

/* What they say does not matter: the file itself is looked at. */
static void forget_events(int fd)
{
    char events[4096];
    while (tide_sys_read(fd, events, sizeof events) > 0) continue;
}

void tide_follow_wait(struct tide_follow *follow, int wake_fd, int64_t latest_ns)
{
    int look_ms = follow->inotify_fd < 0 ? LOOK_OFTEN_MS : LOOK_MS,
        patience_ms = tide_clock_poll_ms(latest_ns);
    if (patience_ms >= 0 && patience_ms < look_ms) look_ms = patience_ms;
    /* poll passes over a descriptor of -1. */
    struct pollfd events[2] = {{.fd = follow->inotify_fd, .events = POLLIN},
                               {.fd = wake_fd, .events = POLLIN}};
    tide_sys_poll(events, 2, look_ms);
    if (events[0].revents) forget_events(follow->inotify_fd);
}
