/* Points out: a table for people while the measurement runs, CSV and JSON files at its end. CSV back in, for
 * godwit-compare. Nothing of MPI. */
#ifndef BENCHMARKS_REPORT_H
#define BENCHMARKS_REPORT_H

#include <stdio.h>
#include "benchmarks/point.h"

/* ---- words for quantities, in few characters: "8 B", "64 KiB"; "0.083 us", "12.4 us", "3.21 ms"; "41.3 GB/s",
 * "880 MB/s"; "15.2 M/s". Each returns text. ---- */
enum { QUANTITY = 24 };
const char *quantity_bytes(char text[QUANTITY], size_t bytes);
const char *quantity_time(char text[QUANTITY], double seconds);
/* In the unit that quantity_time has for `like`, as long as that can be read: a row has one unit. */
const char *quantity_time_as(char text[QUANTITY], double seconds, double like);
/* How many times: "1.46x", "28.4x", "459x"; "0.04x". "-" where it is not known. */
const char *quantity_times(char text[QUANTITY], double times);
const char *quantity_bandwidth(char text[QUANTITY], double bytes_per_second);
const char *quantity_rate(char text[QUANTITY], double per_second);

/* ---- the table: a head of facts, a section per test (and per size of modes), a row per point, flushed row by row
 * so that a long measurement shows where it is ---- */
struct table {
    FILE *out; /* NULL: print nothing */
    struct point last; /* what the last row was; it decides whether a new section begins */
    double reference; /* modes: the median of the section's first row, to which the others are related */
    int rows;
};
void table_begin(struct table *, FILE *out, const struct facts *);
void table_row(struct table *, const struct point *);
void table_end(struct table *);

/* ---- files ---- */
/* Can this path be written at the end? 0, or -1 with the reason in error ("cannot write 'x/y.svg': No such file or
 * directory"). Leaves nothing behind and changes nothing. "-" is standard output. */
int file_can_be_written(const char *path, char *error, size_t room);
/* Writes text as the whole content of path, all or nothing (a file beside it, then rename; a device or pipe is
 * written directly). 0, or -1 with the reason. */
int file_write(const char *path, const char *text, size_t length, char *error, size_t room);

/* At the very start: descriptors 0 to 2 that are closed are filled, so that no file gets their numbers; a closed
 * standard output cannot be written then, either. `has_to_end`, if not NULL, is asked when a signal interrupts a
 * write into a pipe that nobody reads. */
void files_begin(int (*has_to_end)(void));

/* The three files that a program can write at its end. */
enum output { OUTPUT_CSV, OUTPUT_JSON, OUTPUT_PLOT, OUTPUTS };
struct outputs {
    const char *paths[OUTPUTS]; /* NULL: not wanted; "-": standard output, which then has nothing else */
};
/* Can all be written, to different places, and is the picture's name one of an SVG? 0, or -1 with the reason. */
int outputs_check(const struct outputs *, char *error, size_t room);
int outputs_to_stdout(const struct outputs *);
/* All contents first, so that what fails leaves no half of the files. make writes one of them into the stream; it
 * gives -1 where there is nothing to write. 0, or -1 with the reason. */
int outputs_write(const struct outputs *, int (*make)(const void *arg, enum output, FILE *), const void *arg,
                  char *error, size_t room);

void csv_write(FILE *, const struct facts *, const struct points *);
void json_write(FILE *, const struct facts *, const struct points *);
/* A text as a field of CSV, a line "# name: value" above it, and a text as a string of JSON. */
void csv_text(FILE *, const char *text);
void csv_fact(FILE *, const char *name, const char *value);
void json_text(FILE *, const char *text);
/* Bytes of the UTF-8 character at `at`; 0: there is none (the end, or bytes that are not UTF-8). */
size_t text_utf8(const char *at);

/* Reads what csv_write wrote; other lines before its first line and after its last one are passed over (launchers
 * print things of their own), a damaged line between is an error. Appends to points. 0, or -1 with the reason. */
int csv_read(FILE *, struct facts *, struct points *, char *error, size_t room);

#endif
