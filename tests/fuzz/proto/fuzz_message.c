/* SPDX-License-Identifier: Apache-2.0
 * First byte: which message or override; the rest: its payload. What is accepted must survive
 * encoding and decoding again. */
#include "proto/codec.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static union any_message out, again;
    static char text[PAYLOAD_MAX];
    struct err_text why;
    if (len == 0)
        return 0;
    struct str payload = {(const char *)data + 1, len - 1};
    int which = data[0] % (MSG_COUNT + override_rows_n);
    if (which >= MSG_COUNT) {
        struct override o;
        enum err rc = override_decode(which - MSG_COUNT, "t", payload, &o, &why);
        UNUSED(rc);
        return 0;
    }
    enum message_id m = (enum message_id)which;
    struct topic_match match;
    topic_parse("home", payload, &match);
    if (message_decode(m, "t", payload, &out, &why) != ERR_OK)
        return 0;
    struct buf b = buf_of(text, sizeof text);
    if (record_encode(message_of(m)->rec, &out, &b) != ERR_OK ||
        message_decode(m, "t", (struct str){b.p, b.len}, &again, &why) != ERR_OK ||
        memcmp(&out, &again, message_of(m)->rec->size) != 0)
        abort();
    return 0;
}
