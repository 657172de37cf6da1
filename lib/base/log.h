/* Levelled log on standard error, off by default. `if (log_on(LOG_DEBUG)) log_write(LOG_DEBUG, ...)` costs one
 * predicted branch when off. For what a person asked to see (GODWIT_LOG, --verbose); errors are not logged, they
 * are returned as words. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_NONE, LOG_WARN, LOG_INFO, LOG_DEBUG };

extern int log_level;

static inline int log_on(enum log_level level)
{
    return __builtin_expect(log_level >= (int)level, 0);
}

/* Who speaks: "mpirun" or "rank 3"; set once, at the start. */
void log_name(const char *name);

/* One line, written with one write(2), so that lines of different processes never mix. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
