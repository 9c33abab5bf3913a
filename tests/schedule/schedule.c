/*
 * Whole pipelines on one thread, in orders of turns drawn from seeds: are the outputs the bytes of
 * one worker in the plain order, whatever the order, the sizes and the moment of a stop, a reload
 * or a failure? A seed decides everything.
 *
 *   schedule              the default number of schedules from seed 0 on
 *   schedule --count N    so many
 *   schedule --from S     from this seed on
 *   schedule --seed S     only this one, and says what it was
 *   schedule --long       a million and a quarter
 */
#include "tests/schedule/trial.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_DEFAULT = 20000, COUNT_LONG = 1250000, REPORT_EVERY = 100000 };

struct task {
    uint64_t from, count;
    bool is_single;
};

static uint64_t number(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0') return value;
    fprintf(stderr, "schedule: '%s' is no number\n", text);
    exit(2);
}

static struct task read_arguments(int argc, char **argv)
{
    struct task task = {.count = COUNT_DEFAULT};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--long") == 0) task.count = COUNT_LONG;
        else if (strcmp(argv[i], "--count") == 0) task.count = number(value), i++;
        else if (strcmp(argv[i], "--from") == 0) task.from = number(value), i++;
        else if (strcmp(argv[i], "--seed") == 0)
            task = (struct task){.from = number(value), .count = 1, .is_single = true}, i++;
        else {
            fprintf(stderr, "usage: schedule [--count N] [--from S] [--seed S] [--long]\n");
            exit(2);
        }
    }
    return task;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Large blocks too come from the heap, and stay there: else each run would map them anew. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 16 << 20);
}

/* The schedule being run, for those that end in an assertion or worse. */
static char repeats[64];

static void say_which(int signal_number)
{
    ssize_t written = write(STDERR_FILENO, repeats, strlen(repeats));
    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static bool run_all(struct trial *trial, const struct task *task)
{
    uint64_t counts[TRIAL_KIND_COUNT] = {0}, steps = 0, sleeps = 0;
    const double begin = seconds();
    for (uint64_t i = 0; i < task->count; i++) {
        const uint64_t seed = task->from + i;
        snprintf(repeats, sizeof repeats, "schedule --seed %llu repeats it\n",
                 (unsigned long long)seed);
        bool is_right = trial_run(trial, seed);
        if (!is_right || task->is_single) trial_print(trial);
        if (!is_right) {
            printf("%s\n%s", trial->why, repeats);
            return false;
        }
        counts[trial->kind]++;
        steps += trial->outcome.steps;
        sleeps += trial->outcome.sleeps;
        if ((i + 1) % REPORT_EVERY == 0) {
            printf("%llu schedules, %.0f s\n", (unsigned long long)(i + 1), seconds() - begin);
            fflush(stdout);
        }
    }
    const double took = seconds() - begin;
    printf("%llu schedules:", (unsigned long long)task->count);
    for (unsigned i = 0; i < TRIAL_KIND_COUNT; i++)
        printf(" %llu %s", (unsigned long long)counts[i], trial_kind_name(i));
    printf("; %llu steps, %llu sleeps; %.1f s, %.0f schedules a second\n",
           (unsigned long long)steps, (unsigned long long)sleeps, took,
           (double)task->count / (took > 0 ? took : 1));
    return true;
}

int main(int argc, char **argv)
{
    static struct expected expected;
    static struct trial trial = {.expected = &expected};
    const struct task task = read_arguments(argc, argv);
    keep_memory();
    signal(SIGABRT, say_which);
    signal(SIGSEGV, say_which);
    bool is_right = run_all(&trial, &task);
    trial_fini(&trial);
    world_fini();
    return is_right ? 0 : 1;
}
