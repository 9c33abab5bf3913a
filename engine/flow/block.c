#include "engine/flow/block.h"

#include <string.h>

bool tide_block_init(struct tide_block *block)
{
    char *memory = tide_alloc_aligned(TIDE_PAGE_BYTES, TIDE_BLOCK_MEMORY_BYTES);
    *block = (struct tide_block){.memory = memory};
    if (!memory) return false;
    memset(memory, 0, TIDE_PAGE_BYTES);
    memset(memory + TIDE_PAGE_BYTES + TIDE_BLOCK_BYTES, 0, TIDE_PAGE_BYTES);
    tide_block_use_memory(block);
    return true;
}

void tide_block_use_memory(struct tide_block *block)
{
    block->bytes = block->memory + TIDE_PAGE_BYTES;
    block->count = 0;
}

bool tide_block_use_window(struct tide_block *block, int fd, uint64_t offset, uint32_t count)
{
    if (!block->window.reserved && !tide_mapping_init(&block->window, TIDE_BLOCK_WINDOW_BYTES))
        return false;
    const uint32_t before = (uint32_t)(offset % TIDE_PAGE_BYTES);
    char *bytes = tide_mapping_show(&block->window, fd, offset - before, before + count);
    if (!bytes) return false;
    block->bytes = bytes + before;
    block->count = count;
    return true;
}

void tide_block_fini(struct tide_block *block)
{
    tide_free(block->memory);
    tide_mapping_fini(&block->window);
    *block = (struct tide_block){0};
}
