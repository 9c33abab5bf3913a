/*
 * output: the files a run writes: regular ones appear whole or not at all, others in place.
 * Owns:     descriptors and the names of temporary files.
 * Threads:  one: open before the threads start, write in the sink, finish after they ended.
 * Blocks:   in write(2), and in open of a FIFO until a reader comes.
 * Errors:   every function that can fail says which file, and why (exit 1).
 * Limits:   TIDE_OUTPUT_FILES_MAX files in a set; the process must ignore SIGPIPE and SIGXFSZ.
 */
#ifndef TIDE_BASE_OUTPUT_H
#define TIDE_BASE_OUTPUT_H

#include "engine/base/error.h"

#include <stdint.h>

enum {
    TIDE_OUTPUT_FILES_MAX = 32,
    TIDE_PART_NAME_BYTES = 32,
    TIDE_OUTPUT_ESCAPE_GROWTH = 8, /* what a terminal_escape may make of one byte */
};

struct tide_output {
    int fd; /* -1: closed */
    bool is_stdout, is_terminal, is_temporary;
    bool is_continued; /* opened to append to a file that holds something */
    char *name;        /* as the user gave it, for messages */
    char *target;      /* symbolic links followed: what the temporary file will be renamed to */
    char *temporary;   /* beside the target, or a part; NULL when written in place */
    bool is_part;      /* outlives a run that fails */
    char part_name[TIDE_PART_NAME_BYTES];
    bool must_stay;   /* a part that commit copies to its target instead of moving it */
    bool must_be_cut; /* to `bytes`: what is behind comes anew */
    uint64_t bytes;   /* taken by write so far, before any escaping; of a part its length */
    size_t (*terminal_escape)(char *out, const char *text, size_t bytes); /* the set's */
};

/* A file that is written somewhere else than beside its target, under a name that is always the
 * same, so that a later run can go on with it. */
struct tide_output_part {
    const char *folder, *name;
    bool is_in_place; /* no: it is the target itself, written behind what it holds */
    bool is_resumed;  /* it holds at least `bytes`, which are to stay */
    bool may_be_new;  /* of a resumed run: it need not be there */
    uint64_t bytes;
};

/* Starts as zeroes. */
struct tide_output_set {
    /* How bytes are made harmless for a terminal: writes at most TIDE_OUTPUT_ESCAPE_GROWTH x bytes,
     * returns how many. Set before the first open (tide_escape_terminal); NULL: as they are. */
    size_t (*terminal_escape)(char *out, const char *text, size_t bytes);
    unsigned count;
    struct tide_output files[TIDE_OUTPUT_FILES_MAX];
};

/* Opens one more output: "-" is standard output; a regular or new file gets a temporary file in the
 * target's folder (O_EXCL and O_NOFOLLOW; owner and rights of an existing target, else 0666 &
 * ~umask); a device, pipe or FIFO, and whatever a link in /proc leads to, is opened in place for
 * appending. NULL on failure: a folder that is missing, a directory, no right to write. */
TIDE_MUST_USE struct tide_output *tide_output_open(struct tide_output_set *set, const char *name,
                                                   struct tide_error *error);

/* The same, but a regular or new file is written in place too, behind what it holds. */
TIDE_MUST_USE struct tide_output *
tide_output_open_to_append(struct tide_output_set *set, const char *name, struct tide_error *error);

/* The same, but what is unfinished is this part. The output must be a regular file (exit 2). A part
 * that is resumed keeps all its bytes until tide_output_cut. */
TIDE_MUST_USE struct tide_output *tide_output_open_part(struct tide_output_set *set,
                                                        const char *name,
                                                        const struct tide_output_part *part,
                                                        struct tide_error *error);

/* Cuts off what is behind `bytes`, if that is still to be done. */
TIDE_MUST_USE bool tide_output_cut(struct tide_output *output, struct tide_error *error);

/* Brings what has been written of all parts to the disk. May be called while they are written. */
TIDE_MUST_USE bool tide_output_sync(const struct tide_output_set *set, struct tide_error *error);

/* Writes all bytes; goes on after EINTR and short writes, waits (poll) on EAGAIN. A terminal gets
 * its control bytes escaped, so a write must not end inside a UTF-8 sequence. On EPIPE to standard
 * output the error is quiet. */
TIDE_MUST_USE bool tide_output_write(struct tide_output *output, const char *bytes, size_t count,
                                     struct tide_error *error);

/* Closes all, then renames every temporary file to its target; a part that lies on another file
 * system is copied. No fsync but of what is copied, and of the folders that parts come to; close
 * errors are reported (a full disk may only show there). All files are closed and checked before
 * the first rename. If a rename fails midway, the error says which targets are already in place;
 * the other temporary files are removed. Either way the set is empty afterwards. */
TIDE_MUST_USE bool tide_output_commit(struct tide_output_set *set, struct tide_error *error);

/* Keeps only `kept` (may be NULL) for a later commit; the others are closed and their temporary
 * files removed, but parts stay. */
void tide_output_discard(struct tide_output_set *set, const struct tide_output *kept);

/* Is it a regular file, or not there yet? */
bool tide_output_may_be_regular(const char *name);

/* Do the two paths name the same regular file, there already or not yet? "-" and devices never do.
 * True as well, and the error set, where that cannot be found out. */
bool tide_output_same_file(const char *a, const char *b, struct tide_error *error);

#endif
