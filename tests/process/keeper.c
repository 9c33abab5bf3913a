/*
 * keeper: keeps every sum of a key in a list of its own, so a state is an address. What it sees
 * goes into a counter, and into lines.
 *
 * refuse=save, refuse=load: does so, of keys whose list is longer than two
 * refuse=much: saves more than is allowed
 * clock=both: timers of processing time too
 */
#include <tidemark_process.h>

#include <stdio.h>
#include <stdlib.h>

/* All lists of an instance are chained, so that close finds them. */
struct list {
    struct list *next, **place;
    size_t count, capacity;
    uint64_t *values;
};

struct keeper {
    struct list *lists;
    const char *refuse;
    int has_clock;
};

struct kept {
    struct list *list;
    uint64_t timers;
};

enum counter { SEEN, RESULTS, TIMERS };
enum { LISTED_FEW = 2, LISTED_MANY = 9 };

static int open_instance(const struct tidemark_open *open, void **self)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) return tidemark_fail(open->error, "out of memory");
    keeper->refuse = tidemark_argument_text(open, "refuse", "");
    keeper->has_clock = strcmp(tidemark_argument_text(open, "clock", ""), "both") == 0;
    *self = keeper;
    return 0;
}

static void drop(struct list *list)
{
    *list->place = list->next;
    if (list->next) list->next->place = list->place;
    free(list->values);
    free(list);
}

static void close_instance(void *self)
{
    struct keeper *keeper = self;
    while (keeper->lists) drop(keeper->lists);
    free(keeper);
}

static struct list *make_list(struct keeper *keeper)
{
    struct list *list = calloc(1, sizeof *list);
    if (!list) return NULL;
    list->next = keeper->lists;
    list->place = &keeper->lists;
    if (list->next) list->next->place = &list->next;
    keeper->lists = list;
    return list;
}

static int append(struct list *list, uint64_t value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 1;
        uint64_t *values = realloc(list->values, capacity * sizeof *values);
        if (!values) return -1;
        list->values = values;
        list->capacity = capacity;
    }
    list->values[list->count++] = value;
    return 0;
}

static uint64_t digest_of(const struct kept *kept, int64_t time_ms)
{
    uint64_t digest = (uint64_t)time_ms * 31 + kept->timers;
    for (size_t i = 0; kept->list && i < kept->list->count; i++)
        digest = (digest ^ kept->list->values[i]) * UINT64_C(0x100000001B3);
    return digest;
}

static int say(struct tidemark_context *context, const char *what, const struct kept *kept,
               int64_t time_ms)
{
    char text[128];
    uint64_t digest = digest_of(kept, time_ms);
    snprintf(text, sizeof text, "%s %llu %016llx", what,
             (unsigned long long)(kept->list ? kept->list->count : 0), (unsigned long long)digest);
    if (tidemark_count(context, SEEN, digest)) return -1;
    return tidemark_emit(context, text, strlen(text));
}

static int on_result(void *self, const struct tidemark_result *result,
                     struct tidemark_context *context)
{
    struct keeper *keeper = self;
    struct kept *kept = tidemark_state(context);
    if (!kept) return -1;
    if (!kept->list) kept->list = make_list(keeper);
    if (!kept->list || append(kept->list, result->values[0].units_low))
        return tidemark_fail(context->error, "out of memory");
    if (tidemark_count(context, RESULTS, 1) || say(context, "result", kept, 0)) return -1;
    const int64_t wait_ms = 1000 * (int64_t)(kept->list->count % 5);
    if (kept->list->count % 3 == 0 &&
        tidemark_delete_timer(context, TIDEMARK_EVENT_TIME, result->window_end_ms - wait_ms))
        return -1;
    if (keeper->has_clock &&
        tidemark_register_timer(context, TIDEMARK_PROCESSING_TIME, result->window_end_ms))
        return -1;
    return tidemark_register_timer(context, TIDEMARK_EVENT_TIME, result->window_end_ms + wait_ms);
}

static int on_timer(void *self, const struct tidemark_timer *timer,
                    struct tidemark_context *context)
{
    struct kept *kept = tidemark_state(context);
    (void)self;
    if (!kept) return -1;
    kept->timers++;
    if (tidemark_count(context, TIMERS, 1)) return -1;
    if (say(context, timer->time == TIDEMARK_EVENT_TIME ? "timer" : "clock", kept, timer->time_ms))
        return -1;
    if (kept->list && kept->list->count > LISTED_MANY) {
        drop(kept->list);
        kept->list = NULL;
        tidemark_clear_state(context);
    }
    return 0;
}

static int save(void *self, const void *state, struct tidemark_saving *saving)
{
    const struct keeper *keeper = self;
    const struct kept *kept = state;
    const size_t count = kept->list ? kept->list->count : 0;
    if (strcmp(keeper->refuse, "save") == 0 && count > LISTED_FEW)
        return tidemark_fail(saving->error, "this one\nis not for saving");
    if (strcmp(keeper->refuse, "much") == 0)
        for (unsigned i = 0; i <= TIDEMARK_SAVED_BYTES_MAX / sizeof *kept; i++)
            if (tidemark_save_bytes(saving, kept, sizeof *kept)) return -1;
    if (tidemark_save_bytes(saving, &kept->timers, sizeof kept->timers)) return -1;
    if (count == 0) return 0;
    return tidemark_save_bytes(saving, kept->list->values, count * sizeof *kept->list->values);
}

static int load(void *self, void *state, const struct tidemark_saved *saved)
{
    struct keeper *keeper = self;
    struct kept *kept = state;
    const char *bytes = saved->bytes;
    if (saved->byte_count < sizeof kept->timers || saved->byte_count % sizeof(uint64_t) != 0)
        return tidemark_fail(saved->error, "a list is torn");
    memcpy(&kept->timers, bytes, sizeof kept->timers);
    size_t count = saved->byte_count / sizeof(uint64_t) - 1;
    if (strcmp(keeper->refuse, "load") == 0 && count > LISTED_FEW)
        return tidemark_fail(saved->error, "this one\nwas not saved by me");
    if (count == 0) return 0;
    kept->list = make_list(keeper);
    for (size_t i = 1; kept->list && i <= count; i++) {
        uint64_t value;
        memcpy(&value, bytes + i * sizeof value, sizeof value);
        if (append(kept->list, value)) return tidemark_fail(saved->error, "out of memory");
    }
    return kept->list ? 0 : tidemark_fail(saved->error, "out of memory");
}

static const char *const arguments[] = {"refuse", "clock", NULL};
static const char *const counters[] = {"seen", "results", "timers", NULL};

TIDEMARK_PROCESS const struct tidemark_process_function tidemark_process = {
    .abi = TIDEMARK_PROCESS_ABI,
    .name = "keeper",
    .state_bytes = sizeof(struct kept),
    .arguments = arguments,
    .counters = counters,
    .open = open_instance,
    .close = close_instance,
    .on_result = on_result,
    .on_timer = on_timer,
    .state_version = 3,
    .save = save,
    .load = load,
};
