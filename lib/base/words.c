/* Errors in words: see words.h. */
#include "base/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int words_set(struct words *w, const char *format, ...)
{
    if (w) {
        int saved = errno;
        va_list ap;
        va_start(ap, format);
        int n = vsnprintf(w->s, sizeof w->s, format, ap);
        va_end(ap);
        if (n >= (int)sizeof w->s)
            memcpy(w->s + sizeof w->s - 4, "...", 4);
        errno = saved;
    }
    return -1;
}

void words_clean(char *out, size_t size, const char *text)
{
    size_t i = 0;
    for (; i + 1 < size && text[i]; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    out[i] = 0;
}
