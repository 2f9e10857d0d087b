/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROTO_H
#define TEST_PROTO_H
#include <check.h>
#include "proto/codec.h"
#include "proto/schema.h"

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t rnd(uint64_t *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * 0x2545F4914F6CDD1Du;
}
/* Fills a struct of r with random values that the rows allow. density: percent of optional fields.
 */
void fill_record(const struct record *r, char *dst, uint64_t *seed, unsigned density);
TCase *roundtrip_tests(void);
TCase *hostile_tests(void);
#endif
