#include "engine/base/signals.h"

#include <signal.h>

bool tide_signal_is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}
