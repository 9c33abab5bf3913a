#include "engine/flow/source.h"

#include "engine/base/retry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void tide_source_input_init(struct tide_source_input *input, int fd, const unsigned char *head,
                            size_t head_bytes)
{
    *input = (struct tide_source_input){
        .fd = fd, .head = head, .head_bytes = head_bytes, .taken = head_bytes};
}

bool tide_source_input_read(struct tide_source_input *input, void *out, size_t capacity,
                            size_t *got, bool *again, struct tide_error *error)
{
    *got = 0;
    *again = false;
    if (input->head_bytes) {
        *got = capacity < input->head_bytes ? capacity : input->head_bytes;
        memcpy(out, input->head, *got);
        input->head += *got;
        input->head_bytes -= *got;
        return true;
    }
    ssize_t bytes = tide_retry_read(input->fd, out, capacity);
    if (bytes < 0 && errno != EAGAIN) return tide_error_system(error, errno, "cannot read");
    *again = bytes < 0;
    *got = bytes < 0 ? 0 : (size_t)bytes;
    input->taken += *got;
    return true;
}
