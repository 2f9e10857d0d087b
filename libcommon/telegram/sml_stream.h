/* SPDX-License-Identifier: Apache-2.0
 * sml_stream.h -- telegrams of the Smart Message Language (BSI TR-03109-1, annex IV: SML transport
 * protocol, version 1) in a stream of bytes. Pure.
 *
 * 1B x4, 01 x4, messages, 00 up to a multiple of four, 1B x4, 1A, how many 00, CRC (low byte
 * first). Four 1B within the messages are doubled. The CRC goes from the first 1B up to the number
 * of 00; it is that of X.25, at some meters (Holley DTZ541) that of Kermit. */
#ifndef WATTBUS_SML_STREAM_H
#define WATTBUS_SML_STREAM_H
#include "libcommon/pure/base.h"

enum { SML_TELEGRAM_MAX = 4096 };
enum sml_found {
    SML_NOTHING,
    SML_TELEGRAM, /* data and len hold its messages until the next byte */
    SML_DAMAGED,  /* what had begun is not one; the text says why. The stream goes on */
};
struct sml_stream {
    uint8_t data[SML_TELEGRAM_MAX];
    size_t len;
    bool inside;
    uint8_t matched;  /* bytes of the start that came */
    uint8_t run;      /* 1B in a row */
    uint8_t escape_n; /* bytes after four of them */
    uint8_t escape[4];
    uint16_t x25, kermit;
};
/* Zero it, or let this do it: what had begun is forgotten. */
void sml_stream_init(struct sml_stream *s);
enum sml_found sml_stream_byte(struct sml_stream *s, uint8_t b, struct err_text *why);

/* CRC over the reversed polynomial 0x8408, as both kinds use it: one byte more. X.25 begins with
 * 0xFFFF and is inverted at the end, Kermit begins with 0. */
uint16_t sml_crc_byte(uint16_t crc, uint8_t b);
#endif
