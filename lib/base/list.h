/* Doubly linked lists whose links stand inside of what they link. The list's own head is a link too, so nothing has
 * to be asked when something is taken out. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define list_entry(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline int list_empty(const struct list *l)
{
    return l->next == l;
}

/* To the end of the list. */
static inline void list_add(struct list *l, struct list *link)
{
    link->prev = l->prev;
    link->next = l;
    l->prev->next = link;
    l->prev = link;
}

/* Out of whatever list it is in; it then is a list of its own, so that taking it out again does no harm. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

#endif
