#include "tests/schedule/world.h"

#include "engine/base/clock.h"
#include "engine/base/memory.h"
#include "engine/flow/link.h"
#include "engine/stages/pipeline.h"
#include "engine/stages/rcu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { LATER_MAX = 1024 };

struct world world = {.allocations_left = UINT64_MAX, .writes_left = UINT64_MAX};

static struct later {
    struct rcu_head *head;
    void (*free_block)(struct rcu_head *head);
} later[LATER_MAX];
static unsigned later_count;

void world_begin(struct world_text *texts)
{
    world_end_grace();
    world.texts = texts;
    world.now_ns = WORLD_BEGIN_NS;
    world.hash_seed = 1;
    world.allocations_left = world.writes_left = UINT64_MAX;
    world.emission_bytes = 4096;
    world.read_bytes = SIZE_MAX;
    world.items_max = WORLD_ITEMS_MAX;
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        world.outputs[i] = (struct tide_output){.fd = -1};
        snprintf(world.outputs[i].part_name, TIDE_PART_NAME_BYTES, "%u", i);
    }
}

void world_clear(struct world_text *texts)
{
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) texts[i].bytes = 0;
    world.record_count = 0;
    world.record_next = 0;
}

void world_fini(void)
{
    for (unsigned i = 0; i < WORLD_RECORDS; i++) free(world.records[i].text.at);
}

void world_end_grace(void)
{
    for (unsigned i = 0; i < later_count; i++) later[i].free_block(later[i].head);
    later_count = 0;
}

/* --- time and chance --- */

int64_t __wrap_tide_clock_ns(void);
int64_t __wrap_tide_clock_wall_ms(void);
ssize_t __wrap_tide_sys_random(void *out, size_t bytes);

int64_t __wrap_tide_clock_ns(void)
{
    return world.now_ns;
}

int64_t __wrap_tide_clock_wall_ms(void)
{
    return WORLD_BEGIN_WALL_MS + (world.now_ns - WORLD_BEGIN_NS) / WORLD_NS_A_MS;
}

ssize_t __wrap_tide_sys_random(void *out, size_t bytes)
{
    memset(out, 0, bytes);
    memcpy(out, &world.hash_seed, bytes < sizeof world.hash_seed ? bytes : sizeof world.hash_seed);
    return (ssize_t)bytes;
}

/* --- memory --- */

void *__real_tide_alloc(size_t bytes);
void *__real_tide_alloc_zeroed(size_t count, size_t bytes);
void *__real_tide_alloc_aligned(size_t alignment, size_t bytes);
void *__real_tide_realloc(void *block, size_t bytes);
void *__wrap_tide_alloc(size_t bytes);
void *__wrap_tide_alloc_zeroed(size_t count, size_t bytes);
void *__wrap_tide_alloc_aligned(size_t alignment, size_t bytes);
void *__wrap_tide_realloc(void *block, size_t bytes);

static bool may_allocate(void)
{
    if (world.allocations_left == 0) return false;
    if (world.allocations_left != UINT64_MAX) world.allocations_left--;
    return true;
}

void *__wrap_tide_alloc(size_t bytes)
{
    return may_allocate() ? __real_tide_alloc(bytes) : NULL;
}

void *__wrap_tide_alloc_zeroed(size_t count, size_t bytes)
{
    return may_allocate() ? __real_tide_alloc_zeroed(count, bytes) : NULL;
}

void *__wrap_tide_alloc_aligned(size_t alignment, size_t bytes)
{
    return may_allocate() ? __real_tide_alloc_aligned(alignment, bytes) : NULL;
}

void *__wrap_tide_realloc(void *block, size_t bytes)
{
    return may_allocate() ? __real_tide_realloc(block, bytes) : NULL;
}

/* --- inputs and outputs --- */

ssize_t __real_tide_sys_read(int fd, void *bytes, size_t count);
ssize_t __wrap_tide_sys_read(int fd, void *bytes, size_t count);

ssize_t __wrap_tide_sys_read(int fd, void *bytes, size_t count)
{
    return __real_tide_sys_read(fd, bytes, count < world.read_bytes ? count : world.read_bytes);
}

bool __wrap_tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                              struct tide_error *error);

static void append(struct world_text *text, const char *bytes, size_t count)
{
    if (text->bytes + count + 1 > text->capacity) {
        text->capacity = 2 * (text->bytes + count + 1);
        text->at = realloc(text->at, text->capacity);
        if (!text->at) abort();
    }
    if (count > 0) memcpy(text->at + text->bytes, bytes, count);
    text->bytes += count;
    text->at[text->bytes] = '\0';
}

bool __wrap_tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                              struct tide_error *error)
{
    if (world.writes_left == 0) return tide_error_system(error, ENOSPC, "cannot write");
    if (world.writes_left != UINT64_MAX) world.writes_left--;
    append(&world.texts[output - world.outputs], bytes, count);
    output->bytes += count;
    return true;
}

/* --- checkpoints --- */

bool __wrap_tide_output_cut(struct tide_output *output, struct tide_error *error);
bool __wrap_tide_checkpoint_folder_write(struct tide_checkpoint_folder *folder,
                                         const struct tide_section sections[],
                                         unsigned section_count, uint64_t *bytes,
                                         struct tide_error *error);

const struct world_record *world_record(void)
{
    return world.record_count > 0 ? &world.records[(world.record_next - 1) % WORLD_RECORDS] : NULL;
}

void world_lose_record(void)
{
    if (world.record_count < 2) return;
    world.record_count--;
    world.record_next--;
}

void world_resume(const struct world_record *record)
{
    struct tide_output_lengths lengths;
    const struct tide_section *sink = tide_checkpoint_section(&record->file, TIDE_SECTION_SINK);
    struct tide_snapshot_reader reader = {.at = sink->bytes, .end = sink->bytes + sink->count};
    if (!tide_output_lengths_load(&lengths, &reader)) abort();
    for (unsigned i = 0; i < TIDE_CHANNEL_COUNT; i++) {
        struct tide_output *output = &world.outputs[i];
        output->must_be_cut = tide_output_lengths_find(&lengths, output->part_name, &output->bytes);
        if (output->must_be_cut && world.texts[i].bytes < output->bytes) abort();
    }
}

bool __wrap_tide_output_cut(struct tide_output *output, struct tide_error *error)
{
    (void)error;
    if (output->must_be_cut) world.texts[output - world.outputs].bytes = output->bytes;
    output->must_be_cut = false;
    return true;
}

bool __wrap_tide_checkpoint_folder_write(struct tide_checkpoint_folder *folder,
                                         const struct tide_section sections[],
                                         unsigned section_count, uint64_t *bytes,
                                         struct tide_error *error)
{
    struct world_record *record = &world.records[world.record_next % WORLD_RECORDS];
    (void)folder;
    if (world.writes_left == 0) return tide_error_system(error, ENOSPC, "cannot write");
    world.record_next++;
    if (world.record_count < WORLD_RECORDS) world.record_count++;
    record->text.bytes = 0;
    for (unsigned i = 0; i < section_count; i++)
        append(&record->text, sections[i].bytes, sections[i].count);
    const char *at = record->text.at;
    for (unsigned i = 0; i < section_count; at += sections[i++].count) {
        record->file.sections[i] = sections[i];
        record->file.sections[i].bytes = at;
    }
    record->file.section_count = section_count;
    *bytes = record->text.bytes;
    return true;
}

/* --- sizes --- */

bool __real_tide_link_init(struct tide_link *link, void *const items[], unsigned item_count,
                           struct tide_waiter *producer, struct tide_waiter *consumer);
bool __wrap_tide_link_init(struct tide_link *link, void *const items[], unsigned item_count,
                           struct tide_waiter *producer, struct tide_waiter *consumer);
size_t __wrap_tide_pipeline_emission_bytes(const struct tide_plan *plan);

bool __wrap_tide_link_init(struct tide_link *link, void *const items[], unsigned item_count,
                           struct tide_waiter *producer, struct tide_waiter *consumer)
{
    unsigned count = item_count < world.items_max ? item_count : world.items_max;
    return __real_tide_link_init(link, items, count, producer, consumer);
}

size_t __wrap_tide_pipeline_emission_bytes(const struct tide_plan *plan)
{
    (void)plan;
    return world.emission_bytes;
}

/* --- RCU: with one thread a grace period is over when no step is under way --- */

void __wrap_tide_rcu_register(void);
void __wrap_tide_rcu_unregister(void);
void __wrap_tide_rcu_synchronize(void);
void __wrap_tide_rcu_barrier(void);
void __wrap_tide_rcu_free_later(struct rcu_head *head, void (*free_block)(struct rcu_head *head));

void __wrap_tide_rcu_register(void) {}

void __wrap_tide_rcu_unregister(void) {}

void __wrap_tide_rcu_synchronize(void)
{
    world_end_grace();
}

void __wrap_tide_rcu_barrier(void)
{
    world_end_grace();
}

void __wrap_tide_rcu_free_later(struct rcu_head *head, void (*free_block)(struct rcu_head *head))
{
    if (later_count == LATER_MAX) abort();
    later[later_count++] = (struct later){head, free_block};
}
