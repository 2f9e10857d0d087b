/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/docs.h"
#include "libcommon/io/yaml.h"
#include "libcommon/site/site.h"

static const char intro[] =
    "<!-- SPDX-License-Identifier: Apache-2.0 -->\n<!-- Made by `wattbus docs configuration` from "
    "libcommon/site/rows.h. Don't edit. -->\n"
    "# Configuration: site.yaml\n\n"
    "One file describes the house for all services. [deploy/site/example.yaml](../deploy/site/"
    "example.yaml)\nis a complete, commented one to start from. Check yours before you use it:\n\n"
    "```\nwattbus check site.yaml\n```\n\n"
    "Each message names file, line and column and what was expected. Every service checks the file "
    "in the same way\nwhen it starts (`-n`: only check). On SIGHUP it reads the file again; a bad "
    "new file is refused and the old\none stays in force. After a change of buses, devices or the "
    "site's name the broker needs a new access list\n(`wattbus acl site.yaml`).\n\n"
    "Settings of every day (mode, limits, priority) need no edit: `wattbus set charger/garage mode "
    "power`.\n\n"
    "## How it is written\n\n"
    "- A key is a plain word, its value carries the unit: `max_current: 16 A`. A number without "
    "its "
    "unit is refused,\n  0 too. The decimal sign is a point.\n"
    "- Ids (the keys below `meters`, `chargers` …) are 1 to 32 of `a-z`, `0-9`, `_` and `-`. They "
    "are part of the topics\n  on the bus, so they stay when a device is replaced.\n"
    "- `true` and `false` are the only truth values. Unknown and doubled keys are errors.\n"
    "- Tabs, anchors, aliases, tags and more than one document are not accepted.\n"
    "- Secrets do not stand in the file: `password_file` names a file.\n"
    "- Power at the grid is positive when it is drawn and negative when it is fed in.\n\n"
    "| value | units | example |\n| --- | --- | --- |\n";

static const char rules[] =
    "\n## What is checked over the whole file\n\n"
    "- Every bus, circuit, meter, parent and profile that is named exists.\n"
    "- Each bus has one owner that can drive it, and each wire (serial device, or host and port) "
    "is "
    "one bus.\n"
    "- No two devices of one class share a bus and unit; an inverter and its battery may.\n"
    "- No two chargers share an OCPP identity and connector.\n"
    "- Circuits are one tree. A fuse above that of its parent is a warning: the smallest of the "
    "chain counts.\n"
    "- A charger's `max_current` fits every fuse above it; three phases do not hang on one.\n"
    "- All fallbacks together fit every fuse, phase by phase (rotation counted) and as power at "
    "230 "
    "V: when all\n  leases end at once nothing may blow.\n"
    "- A fallback is 0 A or at least `min_current`, and at most `max_current`.\n"
    "- `box_lease` is longer than `control.lease`, which is at least twice `control.refresh`.\n"
    "- One meter has `role: grid`. None is a warning: without it nothing charges from the sun.\n"
    "- A `grid_target` that keeps back what a car needs to start is a warning.\n"
    "- No two users share a card, and `ocpp.id_tags` names no card of a user. A budget belongs to "
    "a "
    "user or a charger.\n"
    "- Days and times of tariff periods, the time zone and the currency are real; one tariff per "
    "kind.\n";

static void units(struct buf *b)
{
    for (int i = 0; i < unit_rows_n; i++) {
        const struct unit_row *row = &unit_rows[i];
        buf_addf(b, "| %s |", row->noun);
        for (size_t k = 0; k < COUNT_OF(row->words) && row->words[k].word; k++) {
            const char *w = row->words[k].word, *cur = strstr(w, "CUR");
            buf_addf(b, "%s `%s%s`", k ? "," : "", cur ? "EUR" : w, cur ? cur + 3 : "");
        }
        buf_addf(b, " | `%s` |\n", strstr(unit_expected(row->unit, "EUR").s, " such as ") + 9);
    }
    buf_addz(b, "\nPrices are in the site's `currency`; `ct` is its hundredth.\n");
}

/* What may stand there. */
static void allowed(struct buf *b, const struct field *f)
{
    switch (f->kind) {
    case KIND_BOOL: buf_addz(b, "`true`, `false`"); return;
    case KIND_STR: buf_addf(b, "text, at most %d bytes", f->cap - 1); return;
    case KIND_IDS: buf_addf(b, "list of at most %d texts", f->cap); return;
    case KIND_LIST: buf_addf(b, "list of at most %d maps, see below", f->cap); return;
    case KIND_ENUM:
        for (int i = 1; i < f->en->n; i++)
            buf_addf(b, "%s`%s`", i > 1 ? ", " : "", f->en->texts[i]);
        return;
    default:
        buf_addf(b, "%s to %s", unit_format(f->unit, "EUR", f->lo).s,
                 unit_format(f->unit, "EUR", f->hi).s);
    }
}

/* Markdown would take <site> for a tag. */
static void add_text(struct buf *b, const char *text)
{
    for (; *text; text++)
        buf_add(b, *text == '<' ? str_of("&lt;") : (struct str){text, 1});
}

static void table(struct buf *b, const struct record *r)
{
    buf_addz(b, "\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        buf_addf(b, "| `%s` | ", yml_key_of(f).s);
        allowed(b, f);
        if (f->def)
            buf_addf(b, " | `%s` | ", f->def);
        else
            buf_addf(b, " | %s | ", f->required ? "**required**" : "–");
        add_text(b, f->doc);
        buf_addz(b, " |\n");
    }
    for (int i = 0; i < r->nfields; i++) {
        const struct field *f = &r->fields[i];
        if (f->kind != KIND_LIST)
            continue;
        buf_addf(b, "\nEach of `%s`:\n", yml_key_of(f).s);
        table(b, f->rec);
    }
}

void configuration_doc(struct buf *out)
{
    buf_addz(out, intro);
    units(out);
    buf_addz(out, "\n## Top of the file\n");
    table(out, &general_conf_record);
    for (int i = 0; i < SITE_SECTIONS; i++) {
        const struct site_section_row *s = site_section_row((enum site_section)i);
        buf_addf(out, "\n## `%s:` %s\n", s->name, s->doc);
        if (s->map)
            buf_addf(out, "\nA map of ids (at most %d); below each id:\n", s->max);
        table(out, s->rec);
    }
    buf_addz(out, rules);
}
