/* SPDX-License-Identifier: Apache-2.0
 * One websocket message as the gateway takes it: frame, rules, fields, meter values, times; and the
 * answer that it gets. The same bytes also as a journal line and as a path. */
#include "services/ocpp-gateway/core/ident.h"
#include "services/ocpp-gateway/core/iso_time.h"
#include "services/ocpp-gateway/core/journal.h"
#include "services/ocpp-gateway/core/meter.h"
#include "services/ocpp-gateway/wire/validate.h"
#include "tests/fuzz/fuzz.h"

static void meter_values(json_object *payload)
{
    json_object *values, *list;
    size_t n = field_items(payload, "meterValue", &values);
    for (size_t i = 0; i < n; i++) {
        json_object *value = json_object_array_get_idx(values, i);
        struct meter_sum sum = {0};
        struct meter_reading r;
        struct opt_i64 at = iso_time_parse(field_text(value, "timestamp"));
        size_t m = field_items(value, "sampledValue", &list);
        for (size_t k = 0; k < m; k++) {
            json_object *o = json_object_array_get_idx(list, k);
            struct meter_sample s = {field_text(o, "value"),  field_text(o, "measurand"),
                                     field_text(o, "phase"),  field_text(o, "unit"),
                                     field_text(o, "format"), field_text(o, "location")};
            meter_add(&sum, &s);
        }
        meter_reading_of(&sum, &(struct meter_wiring){3, 1}, &r);
        if (at.set && at.v < 0)
            abort();
    }
}

static void message(struct wire *w, struct str text)
{
    struct frame f;
    struct complaint why;
    char answer[512];
    struct buf b = buf_of(answer, sizeof answer);
    if (frame_parse(w, text, &f, &why) != ERR_OK) {
        if (why.code == CALL_ERROR_NONE)
            abort();
    } else if (f.type == FRAME_CALL) {
        enum action a = action_from_box(str_of(f.text));
        if (a < ACTION_COUNT && payload_check(f.payload, action_rules(a).fields, &why) == ERR_OK) {
            field_int(f.payload, "connectorId");
            field_int(f.payload, "transactionId");
            meter_values(f.payload);
        }
    }
    if (f.id[0]) {
        frame_add_error(&b, f.id, &why);
        frame_answers(&f, "1");
        if (b.cut)
            abort();
    }
    frame_fini(&f);
}

static void line(struct str text)
{
    struct journal_line j, again;
    char out[JOURNAL_LINE_MAX];
    struct buf b = buf_of(out, sizeof out);
    if (journal_decode(text, &j) != ERR_OK)
        return;
    journal_encode(&j, &b);
    if (b.cut || journal_decode((struct str){b.p, b.len}, &again) != ERR_OK ||
        memcmp(&j, &again, sizeof j) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct wire *w; /* used again for every message, as in the gateway */
    struct str text = {(const char *)data, len};
    char identity[IDENTITY_CAP];
    if (!w)
        w = wire_new();
    message(w, text);
    line(text);
    if (identity_from_path(text, identity) && !str_is_text(str_of(identity)))
        abort();
    return 0;
}
