/* Settings: one table (conf.def), read once from the environment. This is the only place that calls getenv. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/words.h"

enum conf_kind { CONF_CHOICE, CONF_TIME, CONF_NUMBER, CONF_WORD };
enum conf_source { CONF_DEFAULT, CONF_ENVIRONMENT, CONF_OPTION };

enum { CONF_TAG_NONE, CONF_TAG_RANK, CONF_TAG_STREAM, CONF_TAG_HOST };
enum { CONF_FOREIGN_WARN, CONF_FOREIGN_IGNORE };
enum { CONF_CHECK_NONE, CONF_CHECK_LEAKS };
enum { CONF_CMA_ON, CONF_CMA_OFF };
enum { CONF_CONTROL_AUTO, CONF_CONTROL_SSH, CONF_CONTROL_TCP };
enum { CONF_WIRE_AUTO, CONF_WIRE_OFI };
enum { CONF_COLL_AUTO, CONF_COLL_MESSAGES };

struct conf_word {
    char s[64];
};

/* Choices are the index in the list of allowed values, times are seconds, numbers are themselves, words are without
 * blanks. */
struct conf {
#define CONF(type, field, ...) type field;
#include "base/conf.def"
#undef CONF
};

struct conf_entry {
    const char *name;       /* the environment variable */
    const char *other_name; /* read when the first is not set; or NULL */
    enum conf_kind kind;
    const char *initial; /* the default, as text */
    const char *allowed;
    const char *sentence;
};

extern const struct conf_entry conf_table[];
extern const int conf_count;

/* Defaults, then the environment. -1 and words when a value is not allowed: the entry keeps its default. */
int conf_load(struct conf *conf, struct words *why);

/* Sets one entry from text, which stands at `where`: the name of a variable or of an option, for the words. */
int conf_set(struct conf *conf, int entry, const char *where, const char *text, enum conf_source source,
             struct words *why);

/* An entry's value as text, and where it came from. */
void conf_show(const struct conf *conf, int entry, char *text, unsigned long size);
enum conf_source conf_source(int entry);

/* For programs that look at settings: where an entry's value is; of a choice, how many there are, and the words for
 * each. */
const void *conf_value(const struct conf *conf, int entry);
int conf_choices(int entry);
void conf_choice(int entry, int choice, char *text, unsigned long size);

/* The i-th variable of the environment that begins with GODWIT_ and that nothing reads (a misspelling), or
 * NULL. */
const char *conf_unknown(int i);

/* Seconds out of "90", "0.5", "500ms", "2m", "1h", "1d"; -1 when it is none of them. */
double conf_seconds(const char *text);

/* A variable that is not a setting of Godwit: what mpirun tells its ranks, what other launchers leave behind. */
const char *conf_env(const char *name);

#endif
