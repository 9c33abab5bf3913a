#include "engine/base/error.h"

#include "engine/base/memory_limit.h"

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

enum { SIZE_BYTES = 32, KIB = 1 << 10 };

static const char *size_text(char text[SIZE_BYTES], uint64_t bytes)
{
    if (bytes < (uint64_t)KIB * KIB)
        snprintf(text, SIZE_BYTES, "%llu KiB", (unsigned long long)(bytes + KIB - 1) / KIB);
    else snprintf(text, SIZE_BYTES, "%.1f MiB", (double)bytes / KIB / KIB);
    return text;
}

bool tide_error_memory(struct tide_error *error, const char *what)
{
    char asked[SIZE_BYTES], taken[SIZE_BYTES], at_start[SIZE_BYTES], limit[SIZE_BYTES];
    const struct tide_memory_refusal refusal = tide_memory_refusal_take();
    if (refusal.asked > 0)
        return tide_error_set(
            error, TIDE_EXIT_FAILED,
            "no room for %s within --memory: %s more are asked for, and of %s %s are taken, %s of "
            "them from the start; allow more, or keep less: shorter windows, a smaller "
            "--out-of-orderness or --allowed-lateness, fewer keys ('tidemark explain' says what a "
            "key takes)",
            what, size_text(asked, refusal.asked), size_text(limit, refusal.limit),
            size_text(taken, refusal.taken), size_text(at_start, refusal.at_start));
    return tide_error_set(error, TIDE_EXIT_FAILED, "out of memory for %s", what);
}
