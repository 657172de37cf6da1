/* external32, the standard's representation of data for other machines: big-endian, IEEE numbers, fixed sizes.
 * Most types have the size that they have here; C's long has 4 bytes and a wide character 2 (what does not fit
 * loses its upper bytes, as the standard says), long double is an IEEE number of 16. */
#ifndef TYPE_EXTERNAL_H
#define TYPE_EXTERNAL_H

#include "type/type.h"

/* Bytes of one element; UINT64_MAX: more than can be counted. */
uint64_t external_size(const struct type *t);

/* Converts count elements between a cursor over them and packed, which has room for all. */
void external_pack(struct cursor *c, const struct type *t, uint64_t count, char *packed);
void external_unpack(struct cursor *c, const struct type *t, uint64_t count, const char *packed);

#endif
