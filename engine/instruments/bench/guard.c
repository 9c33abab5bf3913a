#include "engine/instruments/bench/guard.h"

#include "engine/base/signals.h"

#include <sys/wait.h>

static const struct timespec now = {0};
static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

void tide_bench_guard_begin(struct tide_bench_guard *guard)
{
    const struct sigaction noticed = {.sa_handler = SIG_DFL};
    sigemptyset(&guard->signals);
    for (unsigned i = 0; i < sizeof ending_signals / sizeof *ending_signals; i++)
        if (!tide_signal_is_ignored(ending_signals[i]))
            sigaddset(&guard->signals, ending_signals[i]);
    sigaddset(&guard->signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &guard->signals, &guard->before);
    /* Whoever ignores SIGCHLD is not told that a program has ended, nor how. */
    sigaction(SIGCHLD, &noticed, &guard->child_before);
}

void tide_bench_guard_end(const struct tide_bench_guard *guard)
{
    sigaction(SIGCHLD, &guard->child_before, NULL);
    sigprocmask(SIG_SETMASK, &guard->before, NULL);
}

/* SIGCHLD and no signal are no reason to end. */
static bool go_on(int signal, struct tide_error *error)
{
    if (signal <= 0 || signal == SIGCHLD) return true;
    return tide_error_set(error, (enum tide_exit)(128 + signal),
                          "stopped by signal %d: there are no figures", signal);
}

bool tide_bench_guard_check(const struct tide_bench_guard *guard, struct tide_error *error)
{
    int signal;
    do signal = sigtimedwait(&guard->signals, NULL, &now);
    while (signal == SIGCHLD);
    return go_on(signal, error);
}

static bool has_ended(const struct tide_process *process)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
}

bool tide_bench_guard_run(const struct tide_bench_guard *guard, struct tide_program program,
                          struct tide_process_end *end, struct tide_error *error)
{
    struct tide_process process;
    program.leads_group = true;
    if (!tide_bench_guard_check(guard, error) || !tide_process_start(&process, &program, error))
        return false;
    while (!has_ended(&process)) {
        int signal = sigwaitinfo(&guard->signals, NULL);
        if (go_on(signal, error)) continue;
        tide_process_stop(&process);
        return false;
    }
    return tide_process_wait(&process, end, error);
}
