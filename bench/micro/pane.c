/* What does a window's table cost: a new key, a known one, and the whole life of a table? */
#include "bench/micro/job.h"
#include "bench/micro/measure.h"

#include "engine/state/pane.h"

#include <stdio.h>
#include <string.h>

enum { FIND_COUNT = 1 << 20, ADD_COUNT_MIN = 200000, GROUP = 32, LONG_KEY_BYTES = 32 };

enum key_form { KEYS_INLINE, KEYS_LONG };

struct scene {
    struct tide_hash_seed seed;
    uint32_t key_count, rounds;
    struct tide_key *keys;
    uint64_t *hashes;
    char *long_keys;
    uint32_t *wanted; /* which keys are looked for, in which order */
    struct tide_pane *pane;
};

static void add_all(struct scene *scene, struct tide_pane *pane)
{
    for (uint32_t i = 0; i < scene->key_count; i++) {
        struct tide_entry *entry =
            tide_pane_add(pane, &scene->keys[i], scene->hashes[i], &scene->seed);
        TIDE_ASSERT(entry);
        entry->count = 1;
    }
}

static void add_to_new(void *self)
{
    struct scene *scene = self;
    for (uint32_t round = 0; round < scene->rounds; round++) {
        struct tide_pane *pane = tide_pane_create(0);
        TIDE_ASSERT(pane);
        add_all(scene, pane);
        tide_pane_destroy(pane);
    }
}

static void add_to_spare(void *self)
{
    struct scene *scene = self;
    for (uint32_t round = 0; round < scene->rounds; round++) {
        tide_pane_clear(scene->pane, &scene->seed);
        add_all(scene, scene->pane);
    }
}

static void find_each(void *self)
{
    struct scene *scene = self;
    for (uint32_t i = 0; i < FIND_COUNT; i++) {
        uint32_t key = scene->wanted[i];
        struct tide_entry *entry =
            tide_pane_find(scene->pane, &scene->keys[key], scene->hashes[key]);
        TIDE_ASSERT(entry);
        entry->count++;
    }
}

/* As a worker folds: the slots of a group are on their way into cache before the first is used. */
static void find_groups(void *self)
{
    struct scene *scene = self;
    for (uint32_t begin = 0; begin < FIND_COUNT; begin += GROUP) {
        for (uint32_t i = begin; i < begin + GROUP; i++)
            tide_pane_prefetch(scene->pane, scene->hashes[scene->wanted[i]]);
        for (uint32_t i = begin; i < begin + GROUP; i++) {
            uint32_t key = scene->wanted[i];
            struct tide_entry *entry =
                tide_pane_find(scene->pane, &scene->keys[key], scene->hashes[key]);
            TIDE_ASSERT(entry);
            entry->count++;
        }
    }
}

static void make_key(struct scene *scene, uint32_t i, enum key_form form)
{
    struct tide_key *key = &scene->keys[i];
    char text[LONG_KEY_BYTES + 1];
    if (form == KEYS_INLINE) {
        key->bytes = (uint32_t)snprintf(text, sizeof text, "tx%u", i);
        memcpy(key->words, text, key->bytes);
        scene->hashes[i] = tide_hash_inline(&scene->seed, key->words[0], key->words[1]);
        return;
    }
    key->bytes = (uint32_t)snprintf(text, sizeof text, "customer-of-the-house-%010u", i);
    char *kept = scene->long_keys + (size_t)i * LONG_KEY_BYTES;
    memcpy(kept, text, key->bytes);
    scene->hashes[i] = tide_hash_bytes(&scene->seed, kept, key->bytes);
    key->words[0] = (uint64_t)(uintptr_t)kept;
    key->words[1] = scene->hashes[i];
}

static void open_scene(struct scene *scene, uint32_t key_count, enum key_form form)
{
    uint64_t state = 0;
    *scene = (struct scene){.key_count = key_count};
    scene->seed = (struct tide_hash_seed){{job_draw(&state), job_draw(&state)}};
    scene->rounds = key_count < ADD_COUNT_MIN ? ADD_COUNT_MIN / key_count : 1;
    scene->keys = tide_alloc_zeroed(key_count, sizeof *scene->keys);
    scene->hashes = tide_alloc_zeroed(key_count, sizeof *scene->hashes);
    scene->long_keys = tide_alloc_zeroed(key_count, LONG_KEY_BYTES);
    scene->wanted = tide_alloc_zeroed(FIND_COUNT, sizeof *scene->wanted);
    scene->pane = tide_pane_create(0);
    TIDE_ASSERT(scene->keys && scene->hashes && scene->long_keys && scene->wanted && scene->pane);
    for (uint32_t i = 0; i < key_count; i++) make_key(scene, i, form);
    for (uint32_t i = 0; i < FIND_COUNT; i++)
        scene->wanted[i] = (uint32_t)(job_draw(&state) % key_count);
    add_all(scene, scene->pane);
}

static void close_scene(struct scene *scene)
{
    tide_pane_destroy(scene->pane);
    tide_free(scene->keys);
    tide_free(scene->hashes);
    tide_free(scene->long_keys);
    tide_free(scene->wanted);
}

static void measure_keys(const struct measure *measure, uint32_t key_count, enum key_form form)
{
    struct scene scene;
    open_scene(&scene, key_count, form);
    const uint64_t add_count = (uint64_t)scene.key_count * scene.rounds;
    struct measure_case cases[] = {
        {.name = "add, new table", .unit_count = add_count, .run = add_to_new},
        {.name = "add, table kept", .unit_count = add_count, .run = add_to_spare},
        {.name = "find", .unit_count = FIND_COUNT, .run = find_each},
        {.name = "find, in groups", .unit_count = FIND_COUNT, .run = find_groups},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cases[i].unit = "key";
        cases[i].self = &scene;
        snprintf(cases[i].variant, sizeof cases[i].variant, "%u keys of %s", key_count,
                 form == KEYS_INLINE ? "up to 16 bytes" : "32 bytes");
        measure_case(measure, &cases[i]);
    }
    close_scene(&scene);
}

int main(int argc, char **argv)
{
    struct measure measure = measure_begin("pane", argc, argv);
    measure_keys(&measure, 1000, KEYS_INLINE);
    measure_keys(&measure, 100000, KEYS_INLINE);
    measure_keys(&measure, 1000000, KEYS_INLINE);
    measure_keys(&measure, 100000, KEYS_LONG);
    return 0;
}
