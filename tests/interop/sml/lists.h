/* SPDX-License-Identifier: Apache-2.0
 * lists.h -- one line per value, the same by whoever reads the telegram. */
#ifndef WATTBUS_TEST_LISTS_H
#define WATTBUS_TEST_LISTS_H
#include <stdint.h>
#include <stdio.h>

static inline void put_octets(const char *what, const uint8_t *p, size_t n)
{
    printf("%s", what);
    for (size_t i = 0; i < n; i++)
        printf("%02x", p[i]);
    putchar('\n');
}
static inline void put_number(const uint8_t obis[6], double v, unsigned unit)
{
    printf("%d-%d:%d.%d.%d*%d = %.10g unit %u\n", obis[0], obis[1], obis[2], obis[3], obis[4],
           obis[5], v, unit);
}
static inline void put_text(const uint8_t obis[6], const uint8_t *p, size_t n)
{
    printf("%d-%d:%d.%d.%d*%d ", obis[0], obis[1], obis[2], obis[3], obis[4], obis[5]);
    put_octets("octets ", p, n);
}
#endif
