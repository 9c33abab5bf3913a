#include "engine/instruments/profile/input.h"

#include <string.h>

bool tide_profile_input_open(struct tide_profile_input *input, const struct tide_plan *plan,
                             struct tide_control *control, struct tide_error *error)
{
    void *items[TIDE_BLOCK_COUNT];
    uint64_t bytes_total;
    memset(input, 0, sizeof *input);
    input->control = control;
    if (!tide_reader_check_files(plan, &bytes_total, error)) return false;
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) {
        if (!tide_block_init(&input->blocks[i])) return tide_error_memory(error, "the input");
        items[i] = &input->blocks[i];
    }
    tide_waiter_init(&input->waiter);
    if (!tide_link_init(&input->link, items, TIDE_BLOCK_COUNT, &input->waiter, &input->waiter))
        return tide_error_memory(error, "the input");
    tide_reader_init(&input->reader, plan, control, &input->link);
    input->is_open = true;
    return true;
}

void tide_profile_input_close(struct tide_profile_input *input)
{
    if (input->is_open) tide_reader_fini(&input->reader);
    tide_link_fini(&input->link);
    for (unsigned i = 0; i < TIDE_BLOCK_COUNT; i++) tide_block_fini(&input->blocks[i]);
    input->is_open = false;
}

bool tide_profile_input_wait(struct tide_profile_input *input)
{
    if (tide_reader_step(&input->reader) == TIDE_STARVED)
        tide_reader_wait_for_input(&input->reader, TIDE_CLOCK_NEVER);
    return !tide_control_has_failed(input->control) && !tide_control_is_stopping(input->control);
}

bool tide_profile_input_look(struct tide_profile_input *input, char *bytes, size_t capacity,
                             size_t *count)
{
    struct tide_block *held[TIDE_BLOCK_COUNT];
    unsigned held_count = 0;
    bool is_going = true, has_ended = false;
    *count = 0;
    while (is_going && !has_ended && *count < capacity && held_count < TIDE_BLOCK_COUNT) {
        struct tide_block *block = tide_link_receive(&input->link);
        if (!block) {
            is_going = tide_profile_input_wait(input);
            continue;
        }
        const size_t room = capacity - *count, part = block->count < room ? block->count : room;
        memcpy(bytes + *count, block->bytes, part);
        *count += part;
        has_ended = block->ends_file;
        held[held_count++] = block;
    }
    /* The last record need not end its line. */
    if (has_ended && *count > 0 && *count < capacity) bytes[(*count)++] = '\n';
    /* One thread is both ends of the link, and the ring is empty: they go back as they came. */
    for (unsigned i = 0; i < held_count; i++) tide_link_send(&input->link, held[i], TIDE_NOW);
    return is_going;
}
