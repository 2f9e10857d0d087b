/* SPDX-License-Identifier: Apache-2.0
 * The bytes are what comes from a meter; and, since a fuzzer seldom hits a checksum, messages. */
#include "libcommon/telegram/sml.h"
#include "libcommon/telegram/sml_stream.h"
#include "tests/fuzz/fuzz.h"

static void check(const uint8_t *data, size_t len)
{
    static struct sml_list l;
    struct err_text why;
    if (sml_decode(data, len, &l, &why) != ERR_OK && (l.n || l.server))
        abort();
    for (int i = 0; i < l.n; i++) {
        const struct sml_entry *e = &l.entries[i];
        if (e->kind == SML_OCTETS && (e->octets < data || e->octets + e->octets_len > data + len))
            abort();
        if (e->kind == SML_NUMBER && sml_value(e) > sml_value_unsigned(e))
            abort();
    }
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sml_stream s;
    struct err_text why;
    sml_stream_init(&s);
    for (size_t i = 0; i < size; i++)
        if (sml_stream_byte(&s, data[i], &why) == SML_TELEGRAM)
            check(s.data, s.len);
    check(data, size);
    return 0;
}
