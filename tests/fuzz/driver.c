/* Runs a fuzz target where there is no libFuzzer: all files given, then inputs made of them by
 * chance. Takes libFuzzer's flags, those it needs:
 *
 *   -runs=N             this many inputs by chance (0: only the files)
 *   -seed=S             of the chance: the same seed, files and runs give the same inputs
 *   -dict=FILE          words to put into inputs, a line each: "word" or name="word"
 *   -artifact_prefix=P  the input being run is kept in PREFIXlast-input until the end
 *
 * Whatever ends the process, last-input then holds the input that did it. */
#include "tests/fuzz/target.h"
#include "tests/unit/chance.h"

#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fcntl.h>

enum {
    INPUT_BYTES_MAX = 1 << 16,
    CHANGED_BYTES_MAX = 4096, /* of an input by chance */
    FILES_MAX = 4096,
    WORDS_MAX = 512,
    WORD_BYTES_MAX = 64,
    STEPS_MAX = 8,
    PATIENCE_S = 60, /* longer for one input means that it hangs */
    PATH_BYTES = 512,
};

struct input {
    uint8_t *bytes;
    size_t count;
};

struct word {
    char bytes[WORD_BYTES_MAX];
    size_t count;
};

static struct {
    struct input files[FILES_MAX];
    unsigned file_count;
    struct word words[WORDS_MAX];
    unsigned word_count;
    unsigned long runs;
    uint64_t seed;
    char kept_path[PATH_BYTES];
    uint8_t *kept; /* mapped: the kernel writes it out however the process ends */
    int kept_fd;
} driver;

_Noreturn static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "%s %s\n", what, name);
    exit(2);
}

static void *room_for(size_t bytes)
{
    void *room = malloc(bytes ? bytes : 1);
    if (!room) give_up("no memory for", "the inputs");
    return room;
}

static void run(const uint8_t *bytes, size_t count)
{
    memcpy(driver.kept, bytes, count);
    if (ftruncate(driver.kept_fd, (off_t)count) != 0) give_up("cannot cut", driver.kept_path);
    alarm(PATIENCE_S);
    uint8_t *exact = room_for(count); /* so that a sanitizer sees where it ends */
    memcpy(exact, bytes, count);
    LLVMFuzzerTestOneInput(exact, count);
    free(exact);
    if (ftruncate(driver.kept_fd, INPUT_BYTES_MAX) != 0) give_up("cannot grow", driver.kept_path);
}

/* --- what is given
 * -------------------------------------------------------------------------------- */

static int take_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)place;
    if (kind != FTW_F || !S_ISREG(status->st_mode)) return 0;
    if (driver.file_count == FILES_MAX) give_up("too many files:", path);
    struct input *input = &driver.files[driver.file_count];
    input->bytes = room_for(INPUT_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, input->bytes, INPUT_BYTES_MAX);
    if (got < 0) give_up("cannot read", path);
    close(fd);
    input->count = (size_t)got;
    driver.file_count++;
    return 0;
}

static int by_contents(const void *a, const void *b)
{
    const struct input *left = a, *right = b;
    size_t least = left->count < right->count ? left->count : right->count;
    int order = memcmp(left->bytes, right->bytes, least);
    return order ? order : (left->count > right->count) - (left->count < right->count);
}

/* \xXX, \\ and \" as in libFuzzer's dictionaries. */
static char unescaped(const char **at)
{
    if (**at != '\\') return *(*at)++;
    char digits[3] = {0};
    if ((*at)[1] != 'x' || !(*at)[2] || !(*at)[3]) {
        *at += 2;
        return (*at)[-1];
    }
    memcpy(digits, *at + 2, 2);
    *at += 4;
    return (char)strtoul(digits, NULL, 16);
}

static void take_words(const char *path)
{
    char line[256];
    FILE *file = fopen(path, "re");
    if (!file) give_up("cannot read", path);
    while (fgets(line, sizeof line, file)) {
        const char *at = strchr(line, '"');
        if (line[0] == '#' || !at) continue;
        if (driver.word_count == WORDS_MAX) give_up("too many words:", path);
        struct word *word = &driver.words[driver.word_count++];
        for (at++; *at && *at != '"' && word->count < WORD_BYTES_MAX;)
            word->bytes[word->count++] = unescaped(&at);
    }
    fclose(file);
}

static const char *flag_value(const char *argument, const char *flag)
{
    size_t bytes = strlen(flag);
    return strncmp(argument, flag, bytes) == 0 ? argument + bytes : NULL;
}

static void take_argument(const char *argument, const char **prefix)
{
    const char *value;
    if ((value = flag_value(argument, "-runs="))) driver.runs = strtoul(value, NULL, 10);
    else if ((value = flag_value(argument, "-seed="))) driver.seed = strtoull(value, NULL, 10);
    else if ((value = flag_value(argument, "-dict="))) take_words(value);
    else if ((value = flag_value(argument, "-artifact_prefix="))) *prefix = value;
    else if (argument[0] == '-') give_up("unknown flag", argument);
    else if (nftw(argument, take_file, 16, FTW_PHYS) != 0) give_up("cannot read", argument);
}

/* --- inputs by chance
 * ----------------------------------------------------------------------------- */

/* Puts bytes in the place of `cut` others. */
static void put(struct input *input, size_t at, size_t cut, const void *bytes, size_t count)
{
    if (cut > input->count - at) cut = input->count - at;
    if (input->count - cut + count > CHANGED_BYTES_MAX) return;
    memmove(input->bytes + at + count, input->bytes + at + cut, input->count - at - cut);
    memcpy(input->bytes + at, bytes, count);
    input->count += count - cut;
}

static void change(struct chance *chance, struct input *input)
{
    uint8_t other[WORD_BYTES_MAX] = {(uint8_t)chance_next(chance)};
    size_t at = chance_below(chance, (uint32_t)input->count + 1), left = input->count - at;
    size_t span = chance_below(chance, chance_is(chance, 4) ? WORD_BYTES_MAX : 4);
    if (span > left) span = left;
    const struct input *from = &driver.files[chance_below(chance, driver.file_count)];
    switch (chance_below(chance, driver.word_count > 0 ? 7 : 5)) {
    case 0: /* a bit, or a byte */
        if (left > 0 && chance_is(chance, 2))
            input->bytes[at] ^= (uint8_t)(1u << chance_below(chance, 8));
        else put(input, at, chance_below(chance, 2), other, 1);
        break;
    case 1: /* cut out */
        put(input, at, span, other, 0);
        break;
    case 2: /* doubled */
        memcpy(other, input->bytes + at, span);
        put(input, at, 0, other, span);
        break;
    case 3: /* a neighbour's */
        if (span > from->count) span = from->count;
        put(input, at, span, from->bytes + chance_below(chance, (uint32_t)(from->count - span) + 1),
            span);
        break;
    case 4: /* one more, one less */
        if (left > 0) input->bytes[at] = (uint8_t)(input->bytes[at] + 1 - 2 * (other[0] & 1));
        break;
    default: { /* a word */
        const struct word *word = &driver.words[chance_below(chance, driver.word_count)];
        put(input, at, chance_is(chance, 2) ? word->count : 0, word->bytes, word->count);
    }
    }
}

static void run_by_chance(void)
{
    static uint8_t room[INPUT_BYTES_MAX];
    struct chance chance = {driver.seed};
    for (unsigned long i = 0; i < driver.runs; i++) {
        const struct input *from = &driver.files[chance_below(&chance, driver.file_count)];
        struct input input = {room,
                              from->count < CHANGED_BYTES_MAX ? from->count : CHANGED_BYTES_MAX};
        memcpy(room, from->bytes, input.count);
        for (unsigned step = chance_below(&chance, STEPS_MAX); step < STEPS_MAX; step++)
            change(&chance, &input);
        run(input.bytes, input.count);
    }
}

int main(int argc, char **argv)
{
    const char *prefix = "./";
    for (int i = 1; i < argc; i++) take_argument(argv[i], &prefix);
    if (driver.file_count == 0) give_up("no file to begin with:", argv[0]);
    snprintf(driver.kept_path, sizeof driver.kept_path, "%slast-input", prefix);
    driver.kept_fd = open(driver.kept_path, O_RDWR | O_CREAT | O_CLOEXEC | O_TRUNC, 0644);
    if (driver.kept_fd < 0 || ftruncate(driver.kept_fd, INPUT_BYTES_MAX) != 0)
        give_up("cannot write", driver.kept_path);
    driver.kept =
        mmap(NULL, INPUT_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, driver.kept_fd, 0);
    if (driver.kept == MAP_FAILED) give_up("cannot map", driver.kept_path);
    printf("%u files, then %lu inputs of seed %llu; the one being run is in %s\n",
           driver.file_count, driver.runs, (unsigned long long)driver.seed, driver.kept_path);
    fflush(stdout);
    qsort(driver.files, driver.file_count, sizeof driver.files[0], by_contents);
    for (unsigned i = 0; i < driver.file_count; i++)
        run(driver.files[i].bytes, driver.files[i].count);
    run_by_chance();
    unlink(driver.kept_path);
    for (unsigned i = 0; i < driver.file_count; i++) free(driver.files[i].bytes);
    return 0;
}
