/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/telegram/sml_stream.h"

static const uint8_t start[8] = {0x1b, 0x1b, 0x1b, 0x1b, 1, 1, 1, 1};
enum { ESCAPE = 0x1b, END = 0x1a, PADS = 3 };

uint16_t sml_crc_byte(uint16_t crc, uint8_t b)
{
    crc ^= b;
    for (int bit = 0; bit < 8; bit++)
        crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0x8408 : crc >> 1);
    return crc;
}
void sml_stream_init(struct sml_stream *s)
{
    s->len = 0;
    s->inside = false;
    s->matched = s->run = s->escape_n = 0;
}
static void count(struct sml_stream *s, uint8_t b)
{
    s->x25 = sml_crc_byte(s->x25, b);
    s->kermit = sml_crc_byte(s->kermit, b);
}
static void begin(struct sml_stream *s)
{
    sml_stream_init(s);
    s->inside = true;
    s->x25 = 0xffff;
    s->kermit = 0;
    for (size_t i = 0; i < sizeof start; i++)
        count(s, start[i]);
}
static enum sml_found damaged(struct sml_stream *s, struct err_text *why, const char *text)
{
    (void)err_set(why, ERR_SYNTAX, "SML telegram: %s", text);
    sml_stream_init(s);
    return SML_DAMAGED;
}
/* A fifth 1B may be the beginning of the next telegram's start. */
static void search(struct sml_stream *s, uint8_t b)
{
    if (b == start[s->matched])
        s->matched++;
    else if (!(b == ESCAPE && s->matched == 4))
        s->matched = b == ESCAPE;
    if (s->matched == sizeof start)
        begin(s);
}
static enum sml_found put(struct sml_stream *s, uint8_t b, struct err_text *why)
{
    if (s->len == sizeof s->data)
        return damaged(s, why, "longer than 4096 bytes");
    s->data[s->len++] = b;
    return SML_NOTHING;
}
static enum sml_found end(struct sml_stream *s, struct err_text *why)
{
    uint16_t crc = (uint16_t)(s->escape[2] | s->escape[3] << 8);
    uint8_t pads = s->escape[1];
    uint16_t x25 = (uint16_t)~s->x25;
    if (crc != x25 && crc != s->kermit)
        return damaged(s, why, "wrong checksum");
    if (pads > PADS || pads > s->len)
        return damaged(s, why, "more fill bytes at its end than there may be");
    s->len -= pads;
    s->inside = false;
    s->matched = 0;
    return SML_TELEGRAM;
}
static enum sml_found escaped(struct sml_stream *s, uint8_t b, struct err_text *why)
{
    s->escape[s->escape_n++] = b;
    bool ends = s->escape[0] == END;
    if (!ends || s->escape_n <= 2) /* its own CRC is not part of it */
        count(s, b);
    if (s->escape_n < sizeof s->escape)
        return SML_NOTHING;
    s->escape_n = 0;
    if (ends)
        return end(s, why);
    if (memcmp(s->escape, start + 4, sizeof s->escape) == 0) {
        damaged(s, why, "broke off, another one begins");
        begin(s);
        return SML_DAMAGED;
    }
    if (memcmp(s->escape, start, sizeof s->escape) != 0)
        return damaged(s, why, "unknown escape sequence");
    for (size_t i = 0; i < sizeof s->escape; i++)
        if (put(s, ESCAPE, why) == SML_DAMAGED)
            return SML_DAMAGED;
    return SML_NOTHING;
}
enum sml_found sml_stream_byte(struct sml_stream *s, uint8_t b, struct err_text *why)
{
    if (!s->inside) {
        search(s, b);
        return SML_NOTHING;
    }
    if (s->run == 4) {
        enum sml_found f = escaped(s, b, why);
        if (s->escape_n == 0)
            s->run = 0;
        return f;
    }
    count(s, b);
    s->run = (uint8_t)(b == ESCAPE ? s->run + 1 : 0);
    enum sml_found f = put(s, b, why);
    if (f == SML_NOTHING && s->run == 4)
        s->len -= 4;
    return f;
}
