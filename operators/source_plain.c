#include "engine/base/memory.h"
#include "operators/sources.h"

static bool recognises(const unsigned char *magic, size_t bytes)
{
    (void)magic;
    (void)bytes;
    return true;
}

static void *open_plain(int fd, const unsigned char *head, size_t head_bytes,
                        struct tide_error *error)
{
    struct tide_source_input *input = tide_alloc(sizeof *input);
    if (!input) {
        tide_error_memory(error, "reading the input");
        return NULL;
    }
    tide_source_input_init(input, fd, head, head_bytes);
    return input;
}

/* Straight into the reader's block: a byte is copied once, by the kernel. */
static bool fill(void *state, char *out, size_t capacity, size_t *got, bool *again,
                 struct tide_error *error)
{
    return tide_source_input_read(state, out, capacity, got, again, error);
}

static bool holds_more(const void *state)
{
    return ((const struct tide_source_input *)state)->head_bytes > 0;
}

static uint64_t consumed(const void *state)
{
    return ((const struct tide_source_input *)state)->taken;
}

const struct tide_source tide_source_plain = {
    .name = "plain",
    .recognises = recognises,
    .open = open_plain,
    .fill = fill,
    .holds_more = holds_more,
    .consumed = consumed,
    .close = tide_free,
};
