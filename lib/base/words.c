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
    for (; i + 1 < size && text[i]; i++) {
        unsigned char c = (unsigned char)text[i], before = i ? (unsigned char)text[i - 1] : 0;
        /* 0x80 to 0x9f as characters of their own (two bytes in UTF-8) command terminals, too. */
        out[i] = c < 0x20 || c == 0x7f || (before == 0xc2 && c >= 0x80 && c < 0xa0) ? '?' : text[i];
    }
    out[i] = 0;
}
