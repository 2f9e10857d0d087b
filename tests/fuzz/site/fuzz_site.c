/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a site file: refused with at least one line, or a site whose parts can be used. */
#include "tests/fuzz/fuzz.h"
#include "libcommon/site/site.h"

static void use(const struct site *s)
{
    for (int sec = 0; sec < SITE_SECTIONS; sec++)
        for (int i = 0; i < site_items(s, (enum site_section)sec); i++) {
            const char *id = site_item_id(s, (enum site_section)sec, i);
            assert(str_is_id(str_of(id)));
            assert(site_find(s, (enum site_section)sec, id));
        }
    assert(s->circuits_n == 0 || site_root(s));
    for (int i = 0; i < s->chargers_n; i++)
        assert(site_circuit(s, s->chargers[i].conf.circuit));
    for (int i = 0; i < s->meters_n; i++)
        assert(s->meters[i].conf.expression[0] || site_bus(s, s->meters[i].conf.bus));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct site *s;
    struct site_report rep;
    enum err e = site_parse((struct str){(const char *)data, len}, "site.yaml", &s, &rep);
    assert((e == ERR_OK) == (s != NULL) && (e == ERR_OK) == (rep.errors == 0));
    assert(e == ERR_OK || rep.text[0] != '\0');
    if (s)
        use(s);
    site_free(s);
    site_report_free(&rep);
    return 0;
}
