/* SPDX-License-Identifier: Apache-2.0
 * Stations and connectors from site.yaml: chargers with the same OCPP identity are one station. */
#include "services/ocpp-gateway/io/gateway.h"
#include <errno.h>
#include <fcntl.h>

enum { PROFILES_PER_STATION = 16, FIRST_PROFILE_ID = 100 };

static void connector_init(struct connector *c, const struct site_chargers *s, bool observe,
                           bool card_needed)
{
    const struct charger_conf *f = &s->conf;
    *c = (struct connector){
        .saved_default_ma = -1,
        .changed = true,
        .conf = {.number = f->connector,
                 .min_current_ma = f->min_current_ma,
                 .max_current_ma = f->max_current_ma,
                 .interval_ms = f->interval_ms,
                 .max_age_ms = f->max_age_ms,
                 .meter = {.phases = f->phases, .shift = (int)f->rotation - (int)ROTATION_L123},
                 .limit = {.max_current_ma = f->max_current_ma,
                           .fallback_ma = f->fallback_ma,
                           .box_lease_ms = f->box_lease_ms,
                           .can_switch = f->can_switch_phases,
                           .leave_alone = observe},
                 .remote_start = f->remote_start}};
    str_copyz(c->conf.id, sizeof c->conf.id, s->id);
    str_copyz(c->conf.name, sizeof c->conf.name, f->name);
    str_copyz(c->conf.identity, sizeof c->conf.identity, f->ocpp);
    c->conf.card_needed = card_needed && !observe;
}

/* One line end at the end of the file belongs to the editor, not to the password. */
static enum err read_secret(const char *path, struct peer *p)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, p->secret, sizeof p->secret);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        log_error("event=password_file file=%s error=\"%s\"", path, strerror(why));
        return ERR_IO;
    }
    if (n > 0 && p->secret[n - 1] == '\n')
        n--;
    if (n == 0 || n == (ssize_t)sizeof p->secret) {
        log_error("event=password_file file=%s error=\"%s\"", path,
                  n == 0 ? "it is empty" : "it is too long");
        return ERR_RANGE;
    }
    p->secret_len = (size_t)n;
    p->locked = true;
    return ERR_OK;
}

static bool begins_station(const struct site *site, int i)
{
    for (int k = 0; k < i; k++)
        if (str_eq_nocase(str_of(site->chargers[k].conf.ocpp), str_of(site->chargers[i].conf.ocpp)))
            return false;
    return site->chargers[i].conf.ocpp[0] != '\0';
}

static enum err station_init(struct gateway *g, int first)
{
    const struct site *site = g->svc->site;
    const char *identity = site->chargers[first].conf.ocpp;
    struct station *s = &g->stations[g->stations_n];
    struct peer *p = &g->peers[g->stations_n];
    *s = (struct station){.c = &g->connectors[g->connectors_n], .profile_base = FIRST_PROFILE_ID};
    str_copyz(s->identity, sizeof s->identity, identity);
    str_copyz(s->remote_tag, sizeof s->remote_tag, site_remote_tag(site));
    *p = (struct peer){.g = g, .station = s};
    str_copyz(p->identity, sizeof p->identity, identity);
    g->stations_n++;
    for (int i = first; i < site->chargers_n; i++) {
        const struct charger_conf *f = &site->chargers[i].conf;
        if (!str_eq_nocase(str_of(f->ocpp), str_of(identity)))
            continue;
        connector_init(&g->connectors[g->connectors_n++], &site->chargers[i], site->control.observe,
                       site_card_needed(site, i));
        s->n++;
        svc_own(g->svc, site->chargers[i].id);
        if (f->password_file[0] && !p->locked && read_secret(f->password_file, p) != ERR_OK)
            return ERR_IO;
    }
    return ERR_OK;
}

enum err config_load(struct gateway *g)
{
    const struct site *site = g->svc->site;
    size_t n = (size_t)site->chargers_n + 1; /* never an empty allocation */
    g->stations = calloc(n, sizeof *g->stations);
    g->connectors = calloc(n, sizeof *g->connectors);
    g->peers = calloc(n, sizeof *g->peers);
    if (!g->stations || !g->connectors || !g->peers)
        return ERR_FULL;
    for (int i = 0; i < site->chargers_n; i++)
        if (begins_station(site, i) && station_init(g, i) != ERR_OK)
            return ERR_IO;
    return ERR_OK;
}
