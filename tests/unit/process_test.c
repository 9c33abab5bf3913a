/* Does a program that is missing, fails, or is killed say so, and does one that runs get its
 * arguments and streams? */
#include "engine/base/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct tide_process_end run(const char *const arguments[], int out)
{
    struct tide_error error = {0};
    struct tide_process process;
    struct tide_process_end end;
    const struct tide_program program = {.arguments = arguments, .streams = {-1, out, -1}};
    assert_true(tide_process_start(&process, &program, &error));
    assert_true(tide_process_wait(&process, &end, &error));
    assert_int_equal(process.pid, 0);
    return end;
}

static void a_missing_program_is_named_with_its_package(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_process process;
    const char *const arguments[] = {"no-such-program-here", NULL};
    struct tide_program program = {.arguments = arguments, .streams = {-1, -1, -1}};
    program.package = "some-package";
    assert_false(tide_process_start(&process, &program, &error));
    assert_int_equal(error.exit, TIDE_EXIT_FAILED);
    assert_string_equal(error.text, "no-such-program-here is not there: install it (the Debian "
                                    "package is some-package)");
    tide_process_stop(&process); /* nothing to stop */
}

static void a_program_that_may_not_run_is_refused(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_process process;
    const char *const arguments[] = {"/etc", NULL};
    const struct tide_program program = {.arguments = arguments, .streams = {-1, -1, -1}};
    assert_false(tide_process_start(&process, &program, &error));
    assert_string_equal(error.text, "cannot start /etc: Permission denied");
}

static void exit_status_and_signals_are_told(void **state)
{
    (void)state;
    assert_int_equal(run((const char *const[]){"sh", "-c", "exit 3", NULL}, -1).status, 3);
    assert_int_equal(run((const char *const[]){"sh", "-c", "kill -9 $$", NULL}, -1).status, 137);
}

static void signals_that_are_blocked_or_ignored_here_are_not_there(void **state)
{
    (void)state;
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &before);
    signal(SIGINT, SIG_IGN);
    assert_int_equal(run((const char *const[]){"sh", "-c", "kill -TERM $$", NULL}, -1).status,
                     128 + SIGTERM);
    assert_int_equal(run((const char *const[]){"sh", "-c", "kill -INT $$", NULL}, -1).status,
                     128 + SIGINT);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void arguments_and_streams_arrive(void **state)
{
    (void)state;
    int ends[2];
    char got[64] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct tide_process_end end =
        run((const char *const[]){"printf", "%s|", "a b", "$c", "", NULL}, ends[1]);
    assert_int_equal(end.status, 0);
    assert_true(end.peak_memory_kib > 0);
    close(ends[1]);
    assert_int_equal(read(ends[0], got, sizeof got), 8);
    assert_string_equal(got, "a b|$c||");
    close(ends[0]);
}

static void a_running_program_is_stopped(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_process process;
    const char *const arguments[] = {"sleep", "1000", NULL};
    const struct tide_program program = {.arguments = arguments, .streams = {-1, -1, -1}};
    assert_true(tide_process_start(&process, &program, &error));
    pid_t pid = process.pid;
    tide_process_stop(&process);
    assert_int_equal(kill(pid, 0), -1); /* gone, and waited for */
}

static void what_a_stopped_leader_started_is_stopped_too(void **state)
{
    (void)state;
    struct tide_error error = {0};
    struct tide_process process;
    int ends[2];
    char text[32] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const char *const arguments[] = {"sh", "-c", "sleep 1000 & echo $!; wait", NULL};
    const struct tide_program program = {
        .arguments = arguments, .streams = {-1, ends[1], -1}, .leads_group = true};
    assert_true(tide_process_start(&process, &program, &error));
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    pid_t child = (pid_t)strtol(text, NULL, 10);
    assert_int_equal(kill(child, 0), 0);
    tide_process_stop(&process);
    assert_int_equal(kill(child, 0), -1);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_program_is_named_with_its_package),
        cmocka_unit_test(a_program_that_may_not_run_is_refused),
        cmocka_unit_test(exit_status_and_signals_are_told),
        cmocka_unit_test(signals_that_are_blocked_or_ignored_here_are_not_there),
        cmocka_unit_test(arguments_and_streams_arrive),
        cmocka_unit_test(a_running_program_is_stopped),
        cmocka_unit_test(what_a_stopped_leader_started_is_stopped_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
