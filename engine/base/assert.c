#include "engine/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void tide_assert_failed(const char *file, int line, const char *statement)
{
    fprintf(stderr, "tidemark: bug: %s:%d: assertion failed: %s\n", file, line, statement);
    abort();
}
