/* Tests that need a process of their own: one that is to die, or that changes what the process
 * cannot take back. */
#ifndef TIDE_TESTS_CHILD_H
#define TIDE_TESTS_CHILD_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `body` in a child whose stderr goes nowhere; returns its wait status. A body that returns
 * ends with status 0. */
static inline int status_of_child(void (*body)(void))
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
        signal(SIGBUS, SIG_DFL); /* cmocka's handler would go on with the next test */
        body();
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return status;
}

/* Did it end by abort(), as a broken assertion does? */
static inline bool aborts(void (*body)(void))
{
    int status = status_of_child(body);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
