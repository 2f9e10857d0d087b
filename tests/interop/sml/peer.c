/* SPDX-License-Identifier: Apache-2.0
 * What libsml reads of one telegram on stdin. It does not look at checksums. */
#include <sml/sml_file.h>
#include <sml/sml_transport.h>
#include <sml/sml_value.h>
#include <unistd.h>
#include "tests/interop/sml/lists.h"

static void put(const sml_get_list_response *r)
{
    put_octets("server ", r->server_id->str, (size_t)r->server_id->len);
    for (const sml_list *e = r->val_list; e; e = e->next) {
        if (!e->obj_name || e->obj_name->len != 6 || !e->value)
            continue;
        int scaler = e->scaler ? *e->scaler : 0;
        double v = 0, by = 1;
        for (int s = scaler; s > 0; s--)
            by *= 10;
        for (int s = scaler; s < 0; s++)
            by /= 10;
        if (e->value->type == SML_TYPE_OCTET_STRING) {
            put_text(e->obj_name->str, e->value->data.bytes->str,
                     (size_t)e->value->data.bytes->len);
            continue;
        }
        v = sml_value_to_double(e->value) * by;
        put_number(e->obj_name->str, v, e->unit ? *e->unit : 0);
    }
}
int main(void)
{
    static unsigned char buf[65536];
    size_t n = sml_transport_read(STDIN_FILENO, buf, sizeof buf);
    if (n < 16)
        return 1;
    sml_file *f = sml_file_parse(buf + 8, n - 16);
    for (int i = 0; i < f->messages_len; i++)
        if (*f->messages[i]->message_body->tag == SML_MESSAGE_GET_LIST_RESPONSE)
            put(f->messages[i]->message_body->data);
    sml_file_free(f);
    return 0;
}
