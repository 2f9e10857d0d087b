/* SPDX-License-Identifier: Apache-2.0 */
#include "services/tariff-service/io/prices.h"
#include "libcommon/io/bus.h"
#include "libcommon/io/log.h"
#include "libcommon/tz/tz.h"
#include "services/tariff-service/io/from_site.h"

/* The wall clock may jump (a Pi without a battery learns the time from the network): looked at so
 * often at least. */
enum { LOOK_MS = 20000 };

struct prices {
    struct svc *svc;
    uv_timer_t timer;
    struct zone zone;
    struct wall slot; /* of the last publication; 0: none yet */
    struct log_latch clock;
    int n;
    struct tariff tariffs[];
};

static void publish(struct prices *p, struct wall now)
{
    static struct tariff_state message; /* 6 KB, and there is one loop */
    for (int i = 0; i < p->n; i++) {
        tariff_message(&p->tariffs[i], &p->zone, now, &message);
        bus_publish(p->svc->bus, MSG_TARIFF_STATE, p->tariffs[i].id, NULL, &message, BUS_KEEP);
    }
}

static void on_timer(uv_timer_t *t)
{
    struct prices *p = t->data;
    struct wall now = svc_now().wall;
    bool unset = !tariff_clock_ok(now);
    if (log_fault(&p->clock, unset, "clock_not_set", "no prices until the time of day is known"))
        svc_fault(p->svc, "clock_not_set", NULL, unset ? "the time of day is not known" : NULL);
    struct wall slot = tariff_slot(&p->zone, now);
    if (!unset && slot.ms != p->slot.ms) {
        p->slot = slot;
        publish(p, now);
    }
    int64_t left = slot.ms + SLOT_MS - now.ms;
    uv_timer_start(&p->timer, on_timer, (uint64_t)min_i64(left, LOOK_MS), 0);
}

struct prices *prices_new(struct svc *s)
{
    const struct site *site = s->site;
    struct prices *p = calloc(1, sizeof *p + (size_t)site->tariffs_n * sizeof p->tariffs[0]);
    struct err_text why;
    assert(p);
    p->svc = s;
    if (tz_load(site->general.timezone, &p->zone, &why) != ERR_OK) {
        log_error("%s: timezone: %s", s->site_path, why.s);
        free(p);
        return NULL;
    }
    for (; p->n < site->tariffs_n; p->n++)
        p->tariffs[p->n] = tariff_from_site(site->tariffs[p->n].id, &site->tariffs[p->n].conf,
                                            site->general.currency);
    for (int i = 0; i < p->n; i++)
        svc_own(s, p->tariffs[i].id);
    p->timer.data = p;
    uv_timer_init(&s->loop, &p->timer);
    uv_timer_start(&p->timer, on_timer, 0, 0);
    return p;
}

void prices_free(struct prices *p)
{
    free(p);
}
