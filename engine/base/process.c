#include "engine/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const char tide_process_self[] = "/proc/self/exe";

/* Streams that cross over (a pipe's end that is 0 where 1 is wanted) would overwrite each other, so
 * what is to be given must not be a standard stream of another number. */
static bool are_straight(const int streams[3])
{
    for (int i = 0; i < 3; i++)
        if (streams[i] >= 0 && streams[i] < 3 && streams[i] != i) return false;
    return true;
}

static int add_streams(posix_spawn_file_actions_t *actions, const int streams[3])
{
    int failure = 0;
    for (int i = 0; i < 3 && !failure; i++)
        failure = streams[i] < 0 ? posix_spawn_file_actions_addopen(actions, i, "/dev/null",
                                                                    i ? O_WRONLY : O_RDONLY, 0)
                                 : posix_spawn_file_actions_adddup2(actions, streams[i], i);
    return failure;
}

static int set_attributes(posix_spawnattr_t *attributes, bool leads_group)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failure = posix_spawnattr_setsigmask(attributes, &none);
    if (!failure) failure = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failure && leads_group) {
        failure = posix_spawnattr_setpgroup(attributes, 0);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (!failure) failure = posix_spawnattr_setflags(attributes, flags);
    return failure;
}

static int spawn(struct tide_process *process, const struct tide_program *program)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    failure = posix_spawnattr_init(&attributes);
    if (!failure) {
        failure = add_streams(&actions, program->streams);
        if (!failure) failure = set_attributes(&attributes, program->leads_group);
        /* The strings are not written to: POSIX only lacks the const. */
        if (!failure)
            failure = posix_spawnp(&process->pid, program->arguments[0], &actions, &attributes,
                                   (char *const *)program->arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

bool tide_process_start(struct tide_process *process, const struct tide_program *program,
                        struct tide_error *error)
{
    TIDE_ASSERT(are_straight(program->streams));
    *process = (struct tide_process){.leads_group = program->leads_group};
    /* What a leader that was stopped leaves behind becomes a child of this process, which can wait
     * for it. */
    if (program->leads_group) prctl(PR_SET_CHILD_SUBREAPER, 1);
    int failure = spawn(process, program);
    if (!failure) return true;
    process->pid = 0;
    const char *name = program->arguments[0];
    if (failure == ENOENT && program->package)
        return tide_error_set(error, TIDE_EXIT_FAILED,
                              "%s is not there: install it (the Debian package is %s)", name,
                              program->package);
    return tide_error_system(error, failure, "cannot start %s", name);
}

bool tide_process_wait(struct tide_process *process, struct tide_process_end *end,
                       struct tide_error *error)
{
    int status;
    struct rusage usage;
    pid_t pid;
    do pid = wait4(process->pid, &status, 0, &usage);
    while (pid < 0 && errno == EINTR);
    process->pid = 0;
    if (pid < 0) return tide_error_system(error, errno, "cannot wait for a process");
    *end = (struct tide_process_end){
        .status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
        .user_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
        .system_s = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
        .peak_memory_kib = usage.ru_maxrss,
    };
    return true;
}

void tide_process_stop(struct tide_process *process)
{
    if (process->pid <= 0) return;
    struct tide_process_end end;
    struct tide_error error = {0};
    pid_t group = process->leads_group ? process->pid : 0;
    kill(group ? -group : process->pid, SIGTERM);
    bool ended = tide_process_wait(process, &end, &error);
    (void)ended; /* nobody is left to tell */
    while (group && (waitpid(-group, NULL, 0) > 0 || errno == EINTR)) continue;
}
