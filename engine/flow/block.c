#include "engine/flow/block.h"

#include <string.h>

bool tide_block_init(struct tide_block *block)
{
    char *memory = tide_alloc_aligned(TIDE_PAGE_BYTES, TIDE_BLOCK_BYTES + 2 * TIDE_PAGE_BYTES);
    *block = (struct tide_block){.memory = memory};
    if (!memory) return false;
    memset(memory, 0, TIDE_PAGE_BYTES);
    memset(memory + TIDE_PAGE_BYTES + TIDE_BLOCK_BYTES, 0, TIDE_PAGE_BYTES);
    block->bytes = memory + TIDE_PAGE_BYTES;
    return true;
}

void tide_block_fini(struct tide_block *block)
{
    tide_free(block->memory);
    *block = (struct tide_block){0};
}
