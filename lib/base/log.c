/* The log: see log.h. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int log_level = LOG_NONE;
static char speaker[64] = "godwit";

void log_name(const char *name)
{
    snprintf(speaker, sizeof speaker, "%s", name);
}

void log_write(enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"", "warning", "info", "debug"};
    int saved = errno;
    char line[1024];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int n = snprintf(line, sizeof line, "%s: %s %ld.%06ld: ", speaker, names[level], (long)(t.tv_sec % 100000),
                     t.tv_nsec / 1000);
    va_list ap;
    va_start(ap, format);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, ap);
    va_end(ap);
    size_t len = (size_t)n + (size_t)(m < 0 ? 0 : m);
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    line[len++] = '\n';
    /* A log line that cannot be written is lost on purpose: there is nobody left to tell. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
    errno = saved;
}
