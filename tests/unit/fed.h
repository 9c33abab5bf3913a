/* Records out of texts that are fed by hand, in blocks of any size. */
#ifndef TIDE_TESTS_FED_H
#define TIDE_TESTS_FED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/stages/records.h"

#include <string.h>

enum { FED_BLOCKS = 2, FED_NOISE_BYTES = 128 };

struct fed {
    struct tide_waiter waiter;
    struct tide_block blocks[FED_BLOCKS];
    struct tide_link link;
    struct tide_decoder decoder;
    struct tide_records records;
    unsigned file;
};

static inline void fed_open(struct fed *fed, const struct tide_scanner *scanner,
                            const struct tide_decoder *decoder, size_t row_bytes_max,
                            char delimiter)
{
    struct tide_error error = {0};
    void *items[FED_BLOCKS];
    tide_waiter_init(&fed->waiter);
    for (unsigned i = 0; i < FED_BLOCKS; i++) {
        assert_true(tide_block_init(&fed->blocks[i]));
        items[i] = &fed->blocks[i];
    }
    assert_true(tide_link_init(&fed->link, items, FED_BLOCKS, &fed->waiter, &fed->waiter));
    fed->decoder = *decoder;
    fed->file = 0;
    assert_true(tide_records_init(&fed->records, scanner, &fed->decoder, row_bytes_max, delimiter,
                                  &fed->link, &error));
}

static inline void fed_close(struct fed *fed)
{
    tide_records_fini(&fed->records);
    tide_link_fini(&fed->link);
    for (unsigned i = 0; i < FED_BLOCKS; i++) tide_block_fini(&fed->blocks[i]);
}

/* Bytes [begin, end) of a file of file_bytes go as one block, with noise around that means nothing.
 */
static inline void fed_send(struct fed *fed, const char *file, uint32_t file_bytes, uint32_t begin,
                            uint32_t end, char noise)
{
    struct tide_block *block = tide_link_take(&fed->link);
    assert_non_null(block);
    tide_block_use_memory(block);
    memset(block->bytes - FED_NOISE_BYTES, noise, end - begin + 2 * FED_NOISE_BYTES);
    memcpy(block->bytes, file + begin, end - begin);
    block->count = end - begin;
    block->file = fed->file;
    block->offset = begin;
    block->begins_file = begin == 0;
    block->ends_file = end == file_bytes;
    block->ends_input = false;
    tide_link_send(&fed->link, block, TIDE_NOW);
}

/* A whole file in one block, as far as its first records. */
static inline void fed_read(struct fed *fed, const char *file, uint32_t bytes, uint32_t count)
{
    fed_send(fed, file, bytes, 0, bytes, '\n');
    assert_int_equal(tide_records_next(&fed->records, NULL, count), TIDE_RECORDS_NEW_FILE);
    assert_int_equal(tide_records_next(&fed->records, NULL, count), TIDE_RECORDS_CHUNK);
}

/* Passes over what is left of the file. */
static inline void fed_finish(struct fed *fed)
{
    enum tide_records_news news;
    do news = tide_records_next(&fed->records, NULL, TIDE_CHUNK_ROWS);
    while (news == TIDE_RECORDS_CHUNK);
    assert_int_equal(news, TIDE_RECORDS_FILE_END);
}

#endif
