/*
 * assert: statements that must hold; a broken one is a bug in tidemark and stops the process at
 *           once.
 * Owns:     nothing.
 * Threads:  any.
 * Blocks:   never.
 * Errors:   prints file, line and the statement on stderr, then aborts.
 * Limits:   TIDE_ASSERT is on in every build; TIDE_CHECK, for per-row loops, only in builds without
 *           NDEBUG.
 */
#ifndef TIDE_BASE_ASSERT_H
#define TIDE_BASE_ASSERT_H

#define TIDE_LIKELY(x)   __builtin_expect(!!(x), 1)
#define TIDE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define TIDE_MUST_USE    __attribute__((warn_unused_result))
#define TIDE_PRINTF(format_index, first_index)                                                     \
    __attribute__((format(printf, format_index, first_index)))

/* Prints the broken statement and aborts. */
_Noreturn void tide_assert_failed(const char *file, int line, const char *statement);

#define TIDE_ASSERT(x) (TIDE_LIKELY(x) ? (void)0 : tide_assert_failed(__FILE__, __LINE__, #x))

#ifdef NDEBUG
#define TIDE_CHECK(x) ((void)sizeof(x))
#else
#define TIDE_CHECK(x) TIDE_ASSERT(x)
#endif

#endif
