/*
 * Delays for one stage of the pipeline, so that a test decides which one binds and not the machine.
 * tidemark_staged is tidemark linked with --wrap: calls of these functions come here first. It
 * reads from its environment
 *
 *   STAGED_PARSER_NS   sleep for each row the parser parses
 *   STAGED_WORKER_NS   sleep for each row a worker folds
 *   STAGED_OUTPUT_NS   sleep for each byte that is written
 *   STAGED_BURN_NS     processor time to use up for each row, in the worker and a little in the
 *                      others
 *
 * A sleep is slept when it has come to NAP_NS, so that what a wake-up takes does not count. Nor
 * does the queue for a core then: whoever wakes up on a loaded machine stands in it, and that is
 * not what is staged.
 */
#include "engine/base/clock.h"
#include "engine/base/output.h"
#include "engine/stages/parser.h"
#include "engine/stages/reader.h"
#include "engine/stages/sink.h"
#include "engine/stages/worker.h"

#include <stdlib.h>
#include <time.h>

#define NAP_NS 500000000u

enum { OTHERS_BURN_SHARE = 100, ROWS_A_STEP = 100 };

/* Of the thread, which is one stage. */
static _Thread_local uint64_t owed_ns;

enum tide_progress __real_tide_reader_step(void *reader);
enum tide_progress __real_tide_parser_step(void *parser);
enum tide_progress __real_tide_sink_step(void *sink);
enum tide_progress __real_tide_worker_step(void *worker);
int64_t __real_tide_clock_thread_queued_ns(void);
bool __real_tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                              struct tide_error *error);

enum tide_progress __wrap_tide_reader_step(void *reader);
enum tide_progress __wrap_tide_parser_step(void *parser);
enum tide_progress __wrap_tide_sink_step(void *sink);
enum tide_progress __wrap_tide_worker_step(void *worker);
int64_t __wrap_tide_clock_thread_queued_ns(void);
bool __wrap_tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                              struct tide_error *error);

static uint64_t staged(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

static void sleep_for(uint64_t ns)
{
    owed_ns += ns;
    if (owed_ns < NAP_NS) return;
    struct timespec time = {(time_t)(owed_ns / 1000000000), (long)(owed_ns % 1000000000)};
    while (nanosleep(&time, &time) != 0) continue;
    owed_ns = 0;
}

static void burn(uint64_t ns)
{
    int64_t end_ns = tide_clock_thread_cpu_ns() + (int64_t)ns;
    while (tide_clock_thread_cpu_ns() < end_ns) continue;
}

static void burn_a_little(enum tide_progress progress)
{
    uint64_t ns = staged("STAGED_BURN_NS");
    if (ns > 0 && progress == TIDE_PROGRESSED) burn(ns * ROWS_A_STEP / OTHERS_BURN_SHARE);
}

enum tide_progress __wrap_tide_reader_step(void *reader)
{
    enum tide_progress progress = __real_tide_reader_step(reader);
    burn_a_little(progress);
    return progress;
}

enum tide_progress __wrap_tide_parser_step(void *self)
{
    const struct tide_parser *parser = self;
    uint64_t row_before = parser->router.row;
    enum tide_progress progress = __real_tide_parser_step(self);
    sleep_for((parser->router.row - row_before) * staged("STAGED_PARSER_NS"));
    burn_a_little(progress);
    return progress;
}

enum tide_progress __wrap_tide_worker_step(void *self)
{
    const struct tide_worker *worker = self;
    uint64_t rows_before = worker->counts.rows;
    enum tide_progress progress = __real_tide_worker_step(self);
    uint64_t rows = worker->counts.rows - rows_before;
    sleep_for(rows * staged("STAGED_WORKER_NS"));
    burn(rows * staged("STAGED_BURN_NS"));
    return progress;
}

enum tide_progress __wrap_tide_sink_step(void *sink)
{
    enum tide_progress progress = __real_tide_sink_step(sink);
    burn_a_little(progress);
    return progress;
}

bool __wrap_tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                              struct tide_error *error)
{
    sleep_for(count * staged("STAGED_OUTPUT_NS"));
    return __real_tide_output_write(output, bytes, count, error);
}

int64_t __wrap_tide_clock_thread_queued_ns(void)
{
    return staged("STAGED_BURN_NS") > 0 ? __real_tide_clock_thread_queued_ns() : 0;
}
