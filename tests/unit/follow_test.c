/* Does the wait for a followed file end when the file grows, when the run is to stop, and at a
 * given time, and is no growth missed that came before the wait? */
#include "engine/stages/follow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/clock.h"

enum { SHORT_NS = 20 * 1000000, NAP_US = 20000 };

struct place {
    char path[64];
    int in, out, wake_fd;
    struct tide_follow follow;
};

static int begin(void **state)
{
    struct place *place = test_calloc(1, sizeof *place);
    snprintf(place->path, sizeof place->path, "/tmp/tide-follow-%ld", (long)getpid());
    place->out = open(place->path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0600);
    place->in = open(place->path, O_RDONLY);
    place->wake_fd = eventfd(0, EFD_NONBLOCK);
    assert_true(place->out >= 0 && place->in >= 0 && place->wake_fd >= 0);
    tide_follow_open(&place->follow, place->in);
    *state = place;
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    tide_follow_close(&place->follow);
    tide_follow_close(&place->follow);
    close(place->in);
    close(place->out);
    close(place->wake_fd);
    unlink(place->path);
    test_free(place);
    return 0;
}

static int64_t in_an_hour(void)
{
    return tide_clock_ns() + INT64_C(3600000000000);
}

static void *append_later(void *context)
{
    struct place *place = context;
    usleep(NAP_US);
    assert_int_equal(write(place->out, "more\n", 5), 5);
    return NULL;
}

static void wait_without_growth_ends_at_the_given_time(void **state)
{
    struct place *place = *state;
    int64_t latest_ns = tide_clock_ns() + SHORT_NS;
    while (tide_clock_ns() < latest_ns) tide_follow_wait(&place->follow, place->wake_fd, latest_ns);
    tide_follow_wait(&place->follow, place->wake_fd, latest_ns); /* already past */
}

static void wait_ends_when_the_run_is_to_stop(void **state)
{
    struct place *place = *state;
    assert_int_equal(eventfd_write(place->wake_fd, 1), 0);
    tide_follow_wait(&place->follow, place->wake_fd, in_an_hour());
}

static void growth_before_the_wait_ends_it_and_is_told_once(void **state)
{
    struct place *place = *state;
    if (place->follow.inotify_fd < 0) skip();
    assert_int_equal(write(place->out, "more\n", 5), 5);
    tide_follow_wait(&place->follow, place->wake_fd, in_an_hour());
    struct pollfd events = {.fd = place->follow.inotify_fd, .events = POLLIN};
    assert_int_equal(poll(&events, 1, 0), 0);
}

static void growth_during_the_wait_is_found(void **state)
{
    struct place *place = *state;
    pthread_t thread;
    char bytes[8];
    assert_int_equal(pthread_create(&thread, NULL, append_later, place), 0);
    while (read(place->in, bytes, sizeof bytes) == 0)
        tide_follow_wait(&place->follow, place->wake_fd, TIDE_CLOCK_NEVER);
    pthread_join(thread, NULL);
}

static void without_inotify_growth_is_found_by_looking(void **state)
{
    struct place *place = *state;
    tide_follow_close(&place->follow);
    growth_during_the_wait_is_found(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wait_without_growth_ends_at_the_given_time, begin, end),
        cmocka_unit_test_setup_teardown(wait_ends_when_the_run_is_to_stop, begin, end),
        cmocka_unit_test_setup_teardown(growth_before_the_wait_ends_it_and_is_told_once, begin,
                                        end),
        cmocka_unit_test_setup_teardown(growth_during_the_wait_is_found, begin, end),
        cmocka_unit_test_setup_teardown(without_inotify_growth_is_found_by_looking, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
