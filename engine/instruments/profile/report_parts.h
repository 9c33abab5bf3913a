/*
 * report_parts: what the files of the text report share.
 * Owns:     nothing.
 * Threads:  one.
 * Blocks:   as the stream does.
 * Errors:   the stream's.
 * Limits:   none.
 */
#ifndef TIDE_INSTRUMENTS_PROFILE_REPORT_PARTS_H
#define TIDE_INSTRUMENTS_PROFILE_REPORT_PARTS_H

#include "engine/instruments/profile/report.h"
#include "engine/instruments/profile/wording.h"

void tide_report_heading(FILE *out, const char *text);

/* The name of an input file where there are several; else NULL. */
const char *tide_report_file(const struct tide_profile *profile, unsigned file);

/* "line 12", with the file in front where there are several. */
void tide_report_line(const struct tide_profile *profile, FILE *out, unsigned file, uint64_t line);

/* Sections of the report. */
void tide_report_keys(const struct tide_profile *profile, unsigned top_keys, FILE *out);
void tide_report_jumps(const struct tide_profile *profile, FILE *out);
void tide_report_forms(const struct tide_profile *profile, FILE *out);
TIDE_MUST_USE bool tide_report_suggestion(const struct tide_profile *profile, FILE *out);

#endif
