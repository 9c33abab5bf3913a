/* Is a checkpoint with a right checksum around any contents either refused with its reason or gone
 * on from without harm, and one that nobody touched gone on from to the very bytes?
 *
 * The inputs are edits of checkpoints that real runs take when the program begins, so that they
 * stay what they are when the format changes. */
#include "tests/fuzz/resumable.h"

#include "engine/plan/identity.h"

#include <fcntl.h>

enum { SECTIONS_MAX = 8, SECTION_BYTES_MAX = 1 << 16, EDITS_MAX = 8, SPAN_MAX = 64 };

struct part {
    uint32_t kind;
    size_t bytes;
    char at[SECTION_BYTES_MAX];
};

/* A checkpoint taken apart. */
struct parts {
    unsigned count;
    struct part parts[SECTIONS_MAX];
};

static struct base {
    struct parts checkpoint;
    uint64_t bytes_before[RESUMABLE_OUTPUTS];
    struct resumable_outputs outputs; /* of the whole run */
} * bases[RESUMABLE_SCENES];

static void take_apart(const struct tide_checkpoint_file *file, struct parts *parts)
{
    FUZZ_CHECK(file->section_count <= SECTIONS_MAX);
    parts->count = file->section_count;
    for (unsigned i = 0; i < parts->count; i++) {
        FUZZ_CHECK(file->sections[i].count <= SECTION_BYTES_MAX);
        parts->parts[i].kind = file->sections[i].kind;
        parts->parts[i].bytes = file->sections[i].count;
        memcpy(parts->parts[i].at, file->sections[i].bytes, file->sections[i].count);
    }
}

/* A run to its end, and its newest checkpoint. */
static struct base *make_base(unsigned scene)
{
    struct resumable_run run;
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_checkpoint_file file;
    struct base *base = calloc(1, sizeof *base);
    FUZZ_CHECK(base);
    resumable_plan(&run, scene, "2", "90", resumable.taken);
    resumable_create(&run, &error);
    FUZZ_CHECK(resumable_finish(&run, &base->outputs, &error));
    FUZZ_CHECK(resumable_newest(&run, &file, base->bytes_before));
    take_apart(&file, &base->checkpoint);
    tide_checkpoint_fini(&file);
    resumable_end(&run);
    return base;
}

/* --- edits
 * ---------------------------------------------------------------------------------------- */

/* Puts bytes in the place of `cut` others. */
static void put(struct part *part, size_t at, size_t cut, const void *bytes, size_t count)
{
    if (cut > part->bytes - at) cut = part->bytes - at;
    if (part->bytes - cut + count > SECTION_BYTES_MAX) return;
    memmove(part->at + at + count, part->at + at + cut, part->bytes - at - cut);
    memcpy(part->at + at, bytes, count);
    part->bytes += count - cut;
}

static void change_number(struct feed *feed, struct part *part, size_t at)
{
    static const uint64_t odd[] = {
        0,          1,         2,          0x7f,      0xff,
        UINT32_MAX, INT32_MAX, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN,
        1u << 20,   1ull << 40};
    uint64_t number = 0;
    const size_t width = feed_number(feed, 2) ? 8 : 4;
    if (part->bytes < at + width) return;
    memcpy(&number, part->at + at, width);
    switch (feed_number(feed, 3)) {
    case 0:
        number = odd[feed_number(feed, sizeof odd / sizeof odd[0])];
        break;
    case 1:
        number += feed_number(feed, 256) - 128u;
        break;
    default:
        for (unsigned i = 0; i < 4; i++) number = number << 16 | feed_number(feed, 1 << 16);
    }
    memcpy(part->at + at, &number, width);
}

static void change_part(struct feed *feed, struct part *part)
{
    char span[SPAN_MAX] = {0};
    const size_t at = feed_number(feed, (uint32_t)(part->bytes < 65535 ? part->bytes : 65535) + 1);
    const size_t left = part->bytes - at;
    size_t count = feed_number(feed, SPAN_MAX);
    switch (feed_number(feed, 6)) {
    case 0: /* a byte */
        if (left > 0) part->at[at] = (char)feed_number(feed, 256);
        break;
    case 1: /* cut out */
        put(part, at, count, span, 0);
        break;
    case 2: /* doubled, or zeroes */
        if (count > left) count = left;
        if (feed_number(feed, 4)) memcpy(span, part->at + at, count);
        put(part, at, 0, span, count);
        break;
    case 3: /* cut off */
        part->bytes = at;
        break;
    default:
        change_number(feed, part, at);
    }
}

static void change_sections(struct feed *feed, struct parts *parts, unsigned i)
{
    static struct part other;
    unsigned j = feed_number(feed, parts->count);
    switch (feed_number(feed, 4)) {
    case 0:
        parts->count--;
        memmove(&parts->parts[i], &parts->parts[i + 1],
                (parts->count - i) * sizeof parts->parts[0]);
        break;
    case 1:
        if (parts->count < SECTIONS_MAX) parts->parts[parts->count++] = parts->parts[i];
        break;
    case 2:
        other = parts->parts[i];
        parts->parts[i] = parts->parts[j];
        parts->parts[j] = other;
        break;
    default:
        parts->parts[i].kind = feed_number(feed, 8);
    }
}

/* How many edits there were. */
static unsigned edit(struct feed *feed, struct parts *parts)
{
    unsigned count = 0;
    for (; count < EDITS_MAX && feed->bytes > 0 && parts->count > 0; count++) {
        unsigned section = feed_number(feed, parts->count);
        if (feed_number(feed, 16) == 0) change_sections(feed, parts, section);
        else change_part(feed, &parts->parts[section]);
    }
    return count;
}

/* --- what must hold
 * ------------------------------------------------------------------------------- */

static void write_parts(int folder_fd, const struct parts *parts)
{
    struct tide_section sections[SECTIONS_MAX];
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    uint64_t bytes;
    for (unsigned i = 0; i < parts->count; i++)
        sections[i] =
            (struct tide_section){parts->parts[i].kind, parts->parts[i].at, parts->parts[i].bytes};
    FUZZ_CHECK(tide_checkpoint_write(folder_fd, 1, sections, parts->count, &bytes, &error));
}

/* Without a new checksum any other byte is damage. */
static void damage(int folder_fd, const char *name, struct feed *feed)
{
    unsigned char byte;
    int fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC);
    off_t bytes = lseek(fd, 0, SEEK_END), at = feed_number(feed, 1 << 16) % bytes;
    FUZZ_CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= (unsigned char)(1 << feed_number(feed, 8));
    FUZZ_CHECK(pwrite(fd, &byte, 1, at) == 1 && close(fd) == 0);
}

/* As a resumed run looks at its record before it touches anything. */
static bool is_acceptable(const struct resumable_run *run, const struct tide_checkpoint_file *file,
                          struct tide_error *error)
{
    struct tide_output_lengths lengths;
    const struct tide_section *plan = tide_checkpoint_section(file, TIDE_SECTION_PLAN);
    const struct tide_section *sink = tide_checkpoint_section(file, TIDE_SECTION_SINK);
    if (!plan || !sink) return false;
    struct tide_snapshot_reader reader = {.at = sink->bytes, .end = sink->bytes + sink->count};
    if (!tide_identity_check(&run->planned.plan, plan->bytes, plan->count, error)) {
        FUZZ_CHECK(error->exit == TIDE_EXIT_FAILED && error->text[0]);
        return false;
    }
    bool is_loaded = tide_output_lengths_load(&lengths, &reader);
    FUZZ_CHECK(is_loaded || reader.damage);
    return is_loaded && !lengths.is_finished;
}

static void resume(struct resumable_run *run, const struct tide_checkpoint_file *file,
                   const struct base *base, bool is_untouched)
{
    static struct resumable_outputs outputs;
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    bool goes_on = is_acceptable(run, file, &error) &&
                   tide_pipeline_restore(run->pipeline, file, &error) &&
                   resumable_finish(run, is_untouched ? &outputs : NULL, &error);
    FUZZ_CHECK(goes_on || !is_untouched);
    if (is_untouched) resumable_check(&base->outputs, &outputs, base->bytes_before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct parts parts;
    struct feed feed = {(const char *)data, bytes};
    struct tide_error error = {.exit = TIDE_EXIT_OK};
    struct tide_checkpoint_file file = {0};
    struct resumable_run run;
    char name[TIDE_CHECKPOINT_NAME_BYTES];
    if (!resumable.path[0]) resumable_open();
    unsigned scene = feed_number(&feed, RESUMABLE_SCENES);
    if (!bases[scene]) bases[scene] = make_base(scene);
    bool is_damaged = feed_number(&feed, 8) == 7;
    parts = bases[scene]->checkpoint;
    resumable_plan(&run, scene, feed_number(&feed, 2) ? "3" : "1", "1000000", resumable.resumed);
    resumable_create(&run, &error);
    bool is_untouched = edit(&feed, &parts) == 0;
    tide_checkpoint_name(1, name);
    write_parts(run.folder.fd, &parts);
    if (is_damaged) damage(run.folder.fd, name, &feed);
    if (tide_checkpoint_read(run.folder.fd, name, &file, &error) == TIDE_CHECKPOINT_WHOLE) {
        FUZZ_CHECK(!is_damaged);
        resume(&run, &file, bases[scene], is_untouched);
    } else FUZZ_CHECK(error.text[0] && (is_damaged || !is_untouched));
    tide_checkpoint_fini(&file);
    resumable_end(&run);
    return 0;
}
