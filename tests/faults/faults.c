/*
 * tidemark_faults is tidemark linked with --wrap: its system calls (engine/base/system.h), its
 * allocations (engine/base/memory.h), and what zstd, dlopen, setenv and posix_spawn do for it come
 * to calls.c first, which asks here what is to happen. The product itself knows nothing of it.
 *
 * The environment's FAULT holds any number of these, with blanks between:
 *
 *   KIND:N:ERRNO             the N-th call of KIND (1 is the first) fails with ERRNO, as EIO; it is
 *                            not made, but close is
 *   KIND:N+:ERRNO            so do all from the N-th on
 *   kill-after:KIND:N        kill -9 of the own process when the N-th call of KIND has been made
 *   kill-before:KIND:N       kill -9 instead of it
 *   quota:BYTES[:ERRNO]      write(2) has room for so many bytes in all, the last call for what is
 *                            left of them, and then fails with ERRNO (ENOSPC)
 *   short:SEED               reads and writes move as many bytes as chance will have it, at least 1
 *   eintr:SEED               every other call that a signal may interrupt is, by chance
 *   eagain:SEED              every other write(2) is told to try again
 *   slow:KIND:US             each call of KIND begins after a sleep of US microseconds
 *   pause:STAGE:N:MS         the stage's thread sleeps MS milliseconds before each N-th step; STAGE
 *                            is reader, partition, parser, worker, sink or checkpointer
 *   shrink:KIND:N:FILE:SIZE  FILE is cut to SIZE bytes before the N-th call of KIND
 *   grow:KIND:N:FILE:FROM    FILE gets what FROM holds at its end before the N-th call of KIND
 *
 * KIND is a name of FAULT_KINDS in faults.h, or `any`: every call but allocations, counted as one.
 * Calls are counted in the order in which they begin, which `--scheduler one:SEED` makes the same
 * each time, together with the random numbers, which are always the same here. The main thread's
 * poll and all futex calls depend on the moment all the same; `any` leaves them out.
 *
 * FAULT_COUNTS=FILE: at exit, a line "KIND COUNT" for each kind that was called, `any`, and
 * `struck`, the number of calls that failed or whose bytes were cut by order.
 *
 * FAULT_LOG=FILE: a line "KIND PLACE" for each call in turn; PLACE is where it was made and how the
 * program came there, as addr2line takes it, with commas between.
 */
#include "faults.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    ORDERS_MAX = 16,
    WORD_BYTES = 256,
    PLACE_FRAMES = 8,  /* that tell one way to a call from another */
    FRAMES_TO_SKIP = 3 /* fault_enter and below */
};

static const char *const kind_names[] = {
#define KIND(name, constant, is_interruptible) #name,
    FAULT_KINDS(KIND)
#undef KIND
        "any",
};
static const bool is_interruptible[] = {
#define KIND(name, constant, is_interruptible) is_interruptible,
    FAULT_KINDS(KIND)
#undef KIND
};
static const char *const stage_names[FAULT_STAGE_COUNT] = {
    "reader", "partition", "parser", "worker", "sink", "checkpointer",
};
static const struct {
    const char *name;
    int value;
} errors[] = {
    {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBUSY", EBUSY},   {"EDQUOT", EDQUOT},
    {"EEXIST", EEXIST}, {"EFBIG", EFBIG},   {"EINTR", EINTR},   {"EINVAL", EINVAL},
    {"EIO", EIO},       {"ELOOP", ELOOP},   {"EMFILE", EMFILE}, {"ENFILE", ENFILE},
    {"ENOENT", ENOENT}, {"ENOLCK", ENOLCK}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},
    {"EPERM", EPERM},   {"EPIPE", EPIPE},   {"EROFS", EROFS},   {"EXDEV", EXDEV},
};

/* An order for the N-th call of a kind, or for each. */
struct order {
    enum { FAIL, KILL_AFTER, KILL_BEFORE, SLOW, SHRINK, GROW } what;
    enum fault_kind kind;
    uint64_t n, value; /* value: an errno, microseconds, or bytes */
    bool goes_on;
    char file[WORD_BYTES], from[WORD_BYTES];
};
static struct order orders[ORDERS_MAX];
static unsigned order_count;
static struct {
    uint64_t every, ms;
} pauses[FAULT_STAGE_COUNT];
static bool has_quota, is_short, has_storm, has_again;
static int quota_reason = ENOSPC;
static _Atomic uint64_t quota, drawn, struck, counts[FAULT_KIND_COUNT + 1];
static _Atomic uint64_t steps[FAULT_STAGE_COUNT];
static FILE *log_file;
static const char *counts_path;
extern const char __executable_start, etext; /* the linker's: where the program's code lies */

/* --- what was ordered --- */

_Noreturn static void refuse(const char *word)
{
    fprintf(stderr, "FAULT: cannot make sense of '%s'\n", word);
    _exit(99);
}

/* The next part of a word, up to a colon; empty behind its end. */
static char *part(char **at)
{
    static char none[16]; /* empty; with one byte gcc warns of comparisons that cannot hold */
    char *begin = *at ? *at : none;
    char *colon = *at ? strchr(*at, ':') : NULL;
    if (colon) *colon = '\0';
    *at = colon ? colon + 1 : NULL;
    return begin;
}

static int find(const char *name, const char *const names[], int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return i;
    refuse(word);
}

static uint64_t number(const char *text, const char *word)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (end == text || *end) refuse(word);
    return value;
}

static int error_named(const char *name, const char *word)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, name) == 0) return errors[i].value;
    refuse(word);
}

static enum fault_kind kind_named(const char *name, const char *word)
{
    return (enum fault_kind)find(name, kind_names, FAULT_KIND_COUNT + 1, word);
}

static void copy_word(char to[WORD_BYTES], const char *from, const char *word)
{
    if (!*from || strlen(from) >= WORD_BYTES) refuse(word);
    strcpy(to, from);
}

static struct order *add_order(const char *word)
{
    if (order_count == ORDERS_MAX) refuse(word);
    return &orders[order_count++];
}

static void add_change(char *rest, bool shrinks, const char *word)
{
    struct order *order = add_order(word);
    order->what = shrinks ? SHRINK : GROW;
    order->kind = kind_named(part(&rest), word);
    order->n = number(part(&rest), word);
    copy_word(order->file, part(&rest), word);
    if (shrinks) order->value = number(part(&rest), word);
    else copy_word(order->from, part(&rest), word);
}

static void add_kill(char *rest, bool is_after, const char *word)
{
    struct order *order = add_order(word);
    order->what = is_after ? KILL_AFTER : KILL_BEFORE;
    order->kind = kind_named(part(&rest), word);
    order->n = number(part(&rest), word);
}

static void add_failure(const char *kind, char *rest, const char *word)
{
    struct order *order = add_order(word);
    char *n = part(&rest);
    size_t bytes = strlen(n);
    order->what = FAIL;
    order->kind = kind_named(kind, word);
    order->goes_on = bytes > 0 && n[bytes - 1] == '+';
    if (order->goes_on) n[bytes - 1] = '\0';
    order->n = number(n, word);
    order->value = (uint64_t)error_named(part(&rest), word);
}

static void add_slow(char *rest, const char *word)
{
    struct order *order = add_order(word);
    order->what = SLOW;
    order->kind = kind_named(part(&rest), word);
    order->value = number(part(&rest), word);
}

static void add_pause(char *rest, const char *word)
{
    int stage = find(part(&rest), stage_names, FAULT_STAGE_COUNT, word);
    pauses[stage].every = number(part(&rest), word);
    pauses[stage].ms = number(part(&rest), word);
    if (pauses[stage].every == 0) refuse(word);
}

static void add_chance(char *rest, bool *which, const char *word)
{
    *which = true;
    drawn = number(part(&rest), word) << 32;
}

static void add_quota(char *rest, const char *word)
{
    has_quota = true;
    quota = number(part(&rest), word);
    if (rest) quota_reason = error_named(part(&rest), word);
}

static void read_word(const char *word)
{
    char copy[4 * WORD_BYTES];
    if (strlen(word) >= sizeof copy) refuse(word);
    strcpy(copy, word);
    char *rest = copy;
    const char *what = part(&rest);
    if (strcmp(what, "kill-after") == 0) add_kill(rest, true, word);
    else if (strcmp(what, "kill-before") == 0) add_kill(rest, false, word);
    else if (strcmp(what, "quota") == 0) add_quota(rest, word);
    else if (strcmp(what, "short") == 0) add_chance(rest, &is_short, word);
    else if (strcmp(what, "eintr") == 0) add_chance(rest, &has_storm, word);
    else if (strcmp(what, "eagain") == 0) add_chance(rest, &has_again, word);
    else if (strcmp(what, "slow") == 0) add_slow(rest, word);
    else if (strcmp(what, "pause") == 0) add_pause(rest, word);
    else if (strcmp(what, "shrink") == 0) add_change(rest, true, word);
    else if (strcmp(what, "grow") == 0) add_change(rest, false, word);
    else add_failure(what, rest, word);
}

static void write_counts(void)
{
    FILE *out = fopen(counts_path, "a");
    if (!out) return;
    for (int i = 0; i <= FAULT_KIND_COUNT; i++)
        if (counts[i]) fprintf(out, "%s %llu\n", kind_names[i], (unsigned long long)counts[i]);
    fprintf(out, "struck %llu\n", (unsigned long long)struck);
    fclose(out);
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *text = getenv("FAULT"), *log_path = getenv("FAULT_LOG");
    char words[16 * WORD_BYTES];
    counts_path = getenv("FAULT_COUNTS");
    if (counts_path) atexit(write_counts);
    if (log_path) log_file = fopen(log_path, "a");
    if (!text) return;
    if (strlen(text) >= sizeof words) refuse(text);
    strcpy(words, text);
    char *state = NULL;
    for (char *word = strtok_r(words, " ", &state); word; word = strtok_r(NULL, " ", &state))
        read_word(word);
}

/* --- calls --- */

/* SplitMix64 (Steele, Lea, Flood 2014) of a counter that all threads share. */
static uint64_t draw(void)
{
    uint64_t z = atomic_fetch_add(&drawn, 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

__attribute__((noinline)) static void note(enum fault_kind kind)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    void *frames[FRAMES_TO_SKIP + PLACE_FRAMES];
    char between = ' ';
    pthread_mutex_lock(&lock);
    int count = backtrace(frames, FRAMES_TO_SKIP + PLACE_FRAMES);
    fputs(kind_names[kind], log_file);
    for (int i = FRAMES_TO_SKIP; i < count; i++) {
        const char *frame = frames[i];
        if (frame < &__executable_start || frame >= &etext) continue; /* libc lies elsewhere */
        fprintf(log_file, "%c%tx", between, frame - &__executable_start);
        between = ',';
    }
    fputc('\n', log_file);
    fflush(log_file);
    pthread_mutex_unlock(&lock);
}

static void sleep_us(uint64_t us)
{
    struct timespec time = {(time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
    while (nanosleep(&time, &time) != 0) continue;
}

static void change_file(const struct order *order)
{
    char bytes[1 << 12];
    ssize_t got;
    if (order->what == SHRINK && truncate(order->file, (off_t)order->value) != 0)
        refuse(order->file);
    if (order->what == SHRINK) return;
    int from = open(order->from, O_RDONLY), to = open(order->file, O_WRONLY | O_APPEND);
    if (from < 0 || to < 0) refuse(order->file);
    while ((got = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, (size_t)got) != got) refuse(order->file);
    close(from);
    close(to);
}

static void obey(const struct order *order, bool is_its_turn, struct fault_call *call)
{
    if (order->what == SLOW) sleep_us(order->value);
    if (!is_its_turn) return;
    if (order->what == FAIL) call->reason = (int)order->value;
    else if (order->what == KILL_AFTER) call->kills = true;
    else if (order->what == KILL_BEFORE) raise(SIGKILL);
    else if (order->what != SLOW) change_file(order);
}

struct fault_call fault_enter(enum fault_kind kind)
{
    struct fault_call call = {0};
    int before = errno;
    bool is_any = kind != FAULT_ALLOC && kind != FAULT_FUTEX && kind != FAULT_POLL;
    uint64_t n = atomic_fetch_add(&counts[kind], 1) + 1;
    uint64_t n_any = is_any ? atomic_fetch_add(&counts[FAULT_ANY], 1) + 1 : 0;
    if (log_file) note(kind);
    for (unsigned i = 0; i < order_count; i++) {
        const struct order *order = &orders[i];
        bool counts_all = order->kind == FAULT_ANY;
        if (order->kind != kind && !(counts_all && is_any)) continue;
        uint64_t at = counts_all ? n_any : n;
        obey(order, order->goes_on ? at >= order->n : at == order->n, &call);
    }
    if (has_storm && is_interruptible[kind] && draw() % 2) call.reason = EINTR;
    if (has_again && kind == FAULT_WRITE && draw() % 2) call.reason = EAGAIN;
    if (call.reason) atomic_fetch_add(&struck, 1);
    errno = before;
    return call;
}

void fault_leave(struct fault_call call)
{
    if (call.kills) raise(SIGKILL);
}

size_t fault_share(size_t count)
{
    return is_short && count > 1 ? 1 + draw() % count : count;
}

size_t fault_take_quota(size_t count, int *reason)
{
    if (!has_quota) return count;
    uint64_t left = atomic_load(&quota), taken;
    do taken = left < count ? left : count;
    while (!atomic_compare_exchange_weak(&quota, &left, left - taken));
    if (taken < count) atomic_fetch_add(&struck, 1);
    if (taken == 0 && count > 0) *reason = quota_reason;
    return (size_t)taken;
}

void fault_step(enum fault_stage stage)
{
    if (pauses[stage].every == 0) return;
    if ((atomic_fetch_add(&steps[stage], 1) + 1) % pauses[stage].every == 0)
        sleep_us(1000 * pauses[stage].ms);
}
