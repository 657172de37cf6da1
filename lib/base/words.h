/* An error in words: the first function that knows what went wrong writes the sentence here, its callers
 * only pass the int on, and the one at the top shows it. Not for output in general. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

#define WORDS_SIZE 512

struct words {
    char s[WORDS_SIZE];
};

/* Writes the sentence and returns -1, so that `return words_set(w, ...)` is how a function fails. A text that
 * is too long ends in "..."; w may be NULL. errno is left as it was. */
int words_set(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies text into out for showing on a terminal: control bytes become '?', and it ends with a NUL. */
void words_clean(char *out, size_t size, const char *text);

#endif
