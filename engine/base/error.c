#include "engine/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool tide_error_set(struct tide_error *error, enum tide_exit exit, const char *format, ...)
{
    if (error->exit != TIDE_EXIT_OK) return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->exit = exit;
    return false;
}

bool tide_error_system(struct tide_error *error, int errno_value, const char *format, ...)
{
    if (error->exit != TIDE_EXIT_OK) return false;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length;
    if (used < sizeof error->text) {
        char reason[128];
        const char *text = strerror_r(errno_value, reason, sizeof reason);
        snprintf(error->text + used, sizeof error->text - used, ": %s", text);
    }
    error->exit = TIDE_EXIT_FAILED;
    return false;
}

bool tide_error_memory(struct tide_error *error, const char *what)
{
    return tide_error_set(error, TIDE_EXIT_FAILED, "out of memory for %s", what);
}
