/* SPDX-License-Identifier: Apache-2.0
 * sml.h -- messages of a telegram of the Smart Message Language (BSI TR-03109-1, annex IV): the
 * values of its list responses. Pure; nothing is allocated, nothing copied. */
#ifndef WATTBUS_SML_H
#define WATTBUS_SML_H
#include "libcommon/pure/base.h"

enum { SML_ENTRIES_MAX = 64, SML_OBIS_LEN = 6 };
enum sml_kind { SML_ABSENT, SML_NUMBER, SML_OCTETS };
/* OBIS code, unit (DLMS: 27 W, 30 Wh, 33 A, 35 V, 44 Hz; 0: none or absent) and value. */
struct sml_entry {
    uint8_t obis[SML_OBIS_LEN];
    uint8_t unit;
    int8_t scaler; /* a number is value x 10^scaler */
    enum sml_kind kind;
    int64_t number;        /* unsigned ones beyond INT64_MAX are absent */
    const uint8_t *octets; /* into the telegram */
    size_t octets_len;     /* of octets, and of what a number took */
};
struct sml_list {
    const uint8_t *server; /* into the telegram; NULL: none was named */
    size_t server_len;
    int n; /* entries, of all list responses of the telegram in their order */
    struct sml_entry entries[SML_ENTRIES_MAX];
    int left_out; /* entries beyond that */
};
/* ERR_SYNTAX: not a telegram's messages, or a message with a wrong checksum; the text names the
 * byte. *out is then empty. Unknown messages are passed over. */
enum err sml_decode(const uint8_t *data, size_t len, struct sml_list *out,
                    struct err_text *why) MUST_CHECK;
/* NULL: it is not there. */
const struct sml_entry *sml_find(const struct sml_list *l, const uint8_t obis[SML_OBIS_LEN]);
/* value x 10^scaler of a number; its bytes taken as an unsigned one. Some meters of DZG mark a
 * positive number of two bytes as a signed one: 0x8B28 was 356.24 W, not -299.12 (libsml-testing,
 * DZG_DVS-7412.2; libsml issues 59, 105, 125), others mean what they say (issue 162). Neither
 * the serial number nor the length tells; the counters do. */
double sml_value(const struct sml_entry *e);
double sml_value_unsigned(const struct sml_entry *e);
#endif
