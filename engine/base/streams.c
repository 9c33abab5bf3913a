#include "engine/base/streams.h"

#include "engine/base/retry.h"
#include "engine/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool tide_streams_hold(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (tide_sys_fcntl(fd, F_GETFD, 0) >= 0 || errno != EBADF) continue;
        /* The least free number is this one: those below are taken by now. */
        int held = tide_retry_open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY, 0);
        if (held < 0) return false;
    }
    return true;
}
