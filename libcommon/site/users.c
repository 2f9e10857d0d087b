/* SPDX-License-Identifier: Apache-2.0
 * Who may charge where, as far as the file alone tells it. */
#include "libcommon/pure/calendar.h"
#include "libcommon/site/site.h"

bool site_user_allowed(const struct user_conf *u, const char *charger)
{
    for (int i = 0; i < u->chargers_n; i++)
        if (strcmp(u->chargers[i], charger) == 0)
            return true;
    return u->chargers_n == 0;
}

bool site_card_needed(const struct site *s, int charger)
{
    const struct site_chargers *c = &s->chargers[charger];
    if (c->conf.authorisation != CARD_NEED_AUTO)
        return c->conf.authorisation == CARD_NEED_REQUIRED;
    for (int i = 0; i < s->users_n; i++)
        if (site_user_allowed(&s->users[i].conf, c->id))
            return true;
    return false;
}

const char *site_remote_tag(const struct site *s)
{
    return s->ocpp.id_tags_n > 0 ? s->ocpp.id_tags[0] : "wattbus";
}

bool site_parse_date(const char *text, int32_t *year, int32_t *month, int32_t *day)
{
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
        strspn(text, "0123456789-") != 10 || !str_i32((struct str){text, 4}, year) ||
        !str_i32((struct str){text + 5, 2}, month) || !str_i32((struct str){text + 8, 2}, day))
        return false;
    return *year >= 2000 && *month >= 1 && *month <= 12 && *day >= 1 &&
           *day <= civil_days(*year, *month + 1, 1) - civil_days(*year, *month, 1);
}
