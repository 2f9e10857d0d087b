/* SPDX-License-Identifier: Apache-2.0
 * What wattbus reads of a recorded stream on stdin. */
#include "libcommon/telegram/sml.h"
#include "libcommon/telegram/sml_stream.h"
#include "tests/interop/sml/lists.h"

static void put(const struct sml_list *l)
{
    put_octets("server ", l->server, l->server_len);
    for (int i = 0; i < l->n; i++) {
        const struct sml_entry *e = &l->entries[i];
        if (e->kind == SML_NUMBER)
            put_number(e->obis, sml_value(e), e->unit);
        else if (e->kind == SML_OCTETS)
            put_text(e->obis, e->octets, e->octets_len);
    }
}
int main(void)
{
    static struct sml_stream s;
    static struct sml_list l;
    struct err_text why;
    int b;
    while ((b = getchar()) != EOF) {
        enum sml_found f = sml_stream_byte(&s, (uint8_t)b, &why);
        if (f == SML_DAMAGED)
            printf("damaged\n");
        if (f != SML_TELEGRAM)
            continue;
        puts("telegram");
        if (sml_decode(s.data, s.len, &l, &why) == ERR_OK)
            put(&l);
        else
            puts(why.s);
    }
    return 0;
}
