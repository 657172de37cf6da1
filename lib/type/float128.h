/* IEEE's floating-point number of 16 bytes, whatever the compiler calls it. */
#ifndef TYPE_FLOAT128_H
#define TYPE_FLOAT128_H

#ifdef __SIZEOF_FLOAT128__
typedef __float128 f128;
#else
typedef long double f128; /* is one wherever the compiler has no other */
#endif

#endif
