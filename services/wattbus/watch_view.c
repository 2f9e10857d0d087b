/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/watch_view.h"

enum style { PLAIN, BOLD, DIM, GOOD, WARN, BAD };
enum align { LEFT, RIGHT };

struct view {
    const struct house *h;
    struct wall now;
    bool colour;
    struct buf *out;
    int col; /* columns used in this line */
};

/* ---- output of cells ---- */

/* Puts text of at most `room` columns; returns the columns used. Control characters that UTF-8 can
 * hide (U+0080..U+009F) would reach the terminal: they are left out. */
static int put_cut(struct view *v, struct str s, int room)
{
    int cols = 0, total = 0;
    for (size_t i = 0; i < s.len; i++)
        total += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = 1;
        while (i + n < s.len && ((unsigned char)s.p[i + n] & 0xC0) == 0x80)
            n++;
        if (total > room && cols == room - 1) {
            buf_addz(v->out, "…");
            return room;
        }
        if (n == 2 && (unsigned char)s.p[i] == 0xC2 && (unsigned char)s.p[i + 1] < 0xA0)
            continue;
        buf_add(v->out, (struct str){s.p + i, n});
        cols++;
    }
    return cols;
}

static void blanks(struct view *v, int n)
{
    for (; n > 0; n--)
        buf_addz(v->out, " ");
}

static int width_of(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* One cell of `width` columns. */
static void cell(struct view *v, enum style st, enum align al, int width, const char *text)
{
    static const char *const sgr[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    int room = min_i32(width, VIEW_COLUMNS - v->col);
    if (room <= 0)
        return;
    int pad = room - min_i32(width_of(text), room);
    bool on = v->colour && st != PLAIN && text[0];
    if (al == RIGHT)
        blanks(v, pad);
    if (on)
        buf_addz(v->out, sgr[st]);
    int used = put_cut(v, str_of(text), room);
    if (on)
        buf_addz(v->out, "\033[0m");
    if (al == LEFT)
        blanks(v, room - used);
    v->col += room;
}

static void end_line(struct view *v)
{
    while (v->out->len && v->out->p[v->out->len - 1] == ' ') /* no blanks at the end */
        v->out->p[--v->out->len] = '\0';
    buf_addz(v->out, "\n");
    v->col = 0;
}

/* ---- numbers ---- */
struct num {
    char s[32];
};
static struct num fixed(int64_t v, int64_t unit, int decimals, const char *word)
{
    struct num t;
    int64_t scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
    int64_t n = round_i64((double)v * (double)scale / (double)unit);
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    struct buf b = buf_of(t.s, sizeof t.s);
    buf_addf(&b, "%s%" PRIu64, n < 0 ? "-" : "", u / (uint64_t)scale);
    if (decimals)
        buf_addf(&b, ".%0*" PRIu64, decimals, u % (uint64_t)scale);
    buf_addf(&b, " %s", word);
    return t;
}

static struct num power(struct opt_i32 w)
{
    return w.set ? fixed(w.v, 1000, 2, "kW") : (struct num){"-"};
}

static struct num current(const struct phases_i32 *p, int i)
{
    return phase_set(p, i) ? fixed(p->v[i], 1000, 1, "A") : (struct num){"-"};
}

static struct num percent(struct opt_i32 pm)
{
    return pm.set ? fixed(pm.v, 10, 0, "%") : (struct num){"-"};
}

static struct num age_text(int64_t ms)
{
    ms = max_i64(ms, 0);
    if (ms < 120000)
        return fixed(ms / 1000, 1, 0, "s");
    if (ms < 7200000)
        return fixed(ms / 60000, 1, 0, "min");
    return fixed(ms / 3600000, 1, 0, "h");
}

/* The age at the end of a line; old values say so by colour and by a word. */
static void age(struct view *v, int64_t ts, int32_t interval_ms, int32_t max_age_ms)
{
    int64_t ms = v->now.ms - ts;
    enum freshness f = freshness_of(ms, (struct age_rule){interval_ms, max_age_ms});
    cell(v, f == FRESH ? DIM : f == SUSPECT ? WARN : BAD, RIGHT, 8, age_text(ms).s);
    cell(v, f == SUSPECT ? WARN : BAD, LEFT, 5, f == FRESH ? "" : f == SUSPECT ? " old" : " LOST");
}

static void faults(struct view *v, const struct fault *f, int n)
{
    for (int i = 0; i < n; i++) {
        char text[320];
        snprintf(text, sizeof text, "%s%s%s: %s", f[i].code, f[i].device[0] ? " " : "", f[i].device,
                 f[i].text);
        cell(v, BAD, LEFT, 4, "  ! ");
        cell(v, f[i].level == FAULT_LEVEL_INFO ? PLAIN : WARN, LEFT, VIEW_COLUMNS, text);
        end_line(v);
    }
}

/* ---- parts ---- */
static void sum(struct view *v, const char *name, struct opt_i32 w, enum style st)
{
    cell(v, DIM, LEFT, 10, name);
    cell(v, st, RIGHT, 10, power(w).s);
    cell(v, PLAIN, LEFT, 6, "");
}

static void show_site(struct view *v, const char *clock)
{
    char title[120];
    const char *id = v->h->site;
    const struct site_state *s = house_nth(v->h, MSG_SITE_STATE, 0, NULL);
    snprintf(title, sizeof title, "wattbus %s%s%s", id, s && s->name[0] ? "  " : "",
             s ? s->name : "");
    cell(v, BOLD, LEFT, 60, title);
    cell(v, DIM, RIGHT, 20, clock);
    end_line(v);
    if (!s)
        return;
    sum(v, "grid", s->grid_power_w, s->grid_power_w.v > 0 ? WARN : GOOD);
    sum(v, "sun", s->pv_power_w, GOOD);
    sum(v, "battery", s->battery_power_w, PLAIN);
    end_line(v);
    sum(v, "house", s->house_power_w, PLAIN);
    sum(v, "cars", s->charger_power_w, BOLD);
    sum(v, "surplus", s->surplus_w, PLAIN);
    end_line(v);
    if (s->blind.set && s->blind.v) {
        cell(v, BAD, LEFT, VIEW_COLUMNS,
             "  ! the grid meter can't be trusted now: nothing is raised");
        end_line(v);
    }
    if (s->config_agreed.set && !s->config_agreed.v) {
        cell(v, BAD, LEFT, VIEW_COLUMNS, "  ! the services run different site files");
        end_line(v);
    }
}

static void head(struct view *v, const char *const *names, const int *widths, int n)
{
    end_line(v);
    for (int i = 0; i < n; i++)
        cell(v, DIM, i < 2 ? LEFT : RIGHT, widths[i], names[i]);
    end_line(v);
}

static void show_meters(struct view *v)
{
    static const char *const names[] = {"METER", "ROLE", "POWER", "L1", "L2", "L3", "AGE"};
    static const int widths[] = {16, 12, 10, 9, 9, 9, 8};
    const char *id;
    const struct meter_state *m;
    bool headed = false;
    for (int i = 0; (m = house_nth(v->h, MSG_METER_STATE, i, &id)); i++) {
        if (strncmp(id, DERIVED_PREFIX, sizeof DERIVED_PREFIX - 1) == 0)
            continue; /* the house's own line says it */
        if (!headed)
            head(v, names, widths, COUNT_OF(widths));
        headed = true;
        cell(v, PLAIN, LEFT, 16, id);
        cell(v, PLAIN, LEFT, 12, enum_text(&role_enum, (int)m->role));
        cell(v, BOLD, RIGHT, 10, power(m->power_w).s);
        for (int k = 0; k < PHASES; k++)
            cell(v, PLAIN, RIGHT, 9, current(&m->current_phase_ma, k).s);
        age(v, m->ts, m->interval_ms, m->max_age_ms);
        end_line(v);
        faults(v, m->faults, m->faults_n);
    }
}

static void show_inverters(struct view *v)
{
    static const char *const names[] = {"INVERTER", "STATUS", "POWER", "LIMIT", "", "AGE"};
    static const int widths[] = {16, 12, 10, 9, 18, 8};
    const char *id;
    const struct inverter_state *m;
    for (int i = 0; (m = house_nth(v->h, MSG_INVERTER_STATE, i, &id)); i++) {
        if (i == 0)
            head(v, names, widths, COUNT_OF(widths));
        cell(v, PLAIN, LEFT, 16, id);
        cell(v, PLAIN, LEFT, 12, enum_text(&inverter_status_enum, (int)m->status));
        cell(v, BOLD, RIGHT, 10, power(m->power_w).s);
        cell(v, PLAIN, RIGHT, 9, m->limit_w.set ? power(m->limit_w).s : "none");
        cell(v, PLAIN, LEFT, 18, "");
        age(v, m->ts, m->interval_ms, m->max_age_ms);
        end_line(v);
        faults(v, m->faults, m->faults_n);
    }
}

static void show_batteries(struct view *v)
{
    static const char *const names[] = {"BATTERY", "STATUS", "POWER", "SOC", "CONTROL", "AGE"};
    static const int widths[] = {16, 12, 10, 9, 18, 8};
    const char *id;
    const struct battery_state *m;
    for (int i = 0; (m = house_nth(v->h, MSG_BATTERY_STATE, i, &id)); i++) {
        if (i == 0)
            head(v, names, widths, COUNT_OF(widths));
        cell(v, PLAIN, LEFT, 16, id);
        cell(v, PLAIN, LEFT, 12, enum_text(&battery_status_enum, (int)m->status));
        cell(v, BOLD, RIGHT, 10, power(m->power_w).s);
        cell(v, PLAIN, RIGHT, 9, percent(m->soc_pm).s);
        cell(v, PLAIN, RIGHT, 18,
             m->applied_set ? enum_text(&battery_mode_enum, (int)m->applied.mode) : "");
        age(v, m->ts, m->interval_ms, m->max_age_ms);
        end_line(v);
        faults(v, m->faults, m->faults_n);
    }
}

static const char *car_word(const struct charger_state *m, bool lost)
{
    static const char *const words[EVSE_STATE_COUNT] = {
        "-", "no car", "plugged in", "charging", "charging", "no power", "fault"};
    return lost ? "LOST" : m->online ? words[m->evse_state] : "offline";
}

static enum style car_style(const struct charger_state *m, bool lost)
{
    bool charging = m->evse_state == EVSE_STATE_C || m->evse_state == EVSE_STATE_D;
    return lost || !m->online || m->evse_state == EVSE_STATE_F ? BAD : charging ? GOOD : PLAIN;
}

/* Why the charger gets what it gets, and what this session has brought. */
static void show_reason(struct view *v, const struct charger_state *m,
                        const struct charger_control *k)
{
    char text[320];
    struct buf b = buf_of(text, sizeof text);
    if (m && m->session_wh.set)
        buf_addf(&b, "%s in this session. ", fixed(m->session_wh.v, 1000, 2, "kWh").s);
    if (k)
        buf_addz(&b, k->reason.text);
    if (!b.len)
        return;
    cell(v, PLAIN, LEFT, 2, "");
    cell(v, DIM, LEFT, VIEW_COLUMNS, text);
    end_line(v);
}

static void show_chargers(struct view *v)
{
    static const char *const names[] = {"CHARGER", "CAR", "MODE",  "SET", "L1",
                                        "L2",      "L3",  "POWER", "AGE"};
    static const int widths[] = {14, 11, 11, 7, 7, 7, 7, 10, 6};
    const char *id;
    const struct charger_state *m;
    for (int i = 0; (m = house_nth(v->h, MSG_CHARGER_STATE, i, &id)); i++) {
        const struct charger_control *k = house_find(v->h, MSG_CHARGER_CONTROL, id);
        int64_t ms = v->now.ms - m->ts;
        bool lost = ms > m->max_age_ms;
        if (i == 0)
            head(v, names, widths, COUNT_OF(widths));
        cell(v, PLAIN, LEFT, 13, id);
        cell(v, PLAIN, LEFT, 1, "");
        cell(v, car_style(m, lost), LEFT, 11, car_word(m, lost));
        cell(v, PLAIN, RIGHT, 11, k ? enum_text(&charge_mode_enum, (int)k->mode) : "-");
        cell(v, BOLD, RIGHT, 7,
             k && k->current_ma.set ? fixed(k->current_ma.v, 1000, 0, "A").s : "-");
        for (int p = 0; p < PHASES; p++)
            cell(v, PLAIN, RIGHT, 7, current(&m->current_phase_ma, p).s);
        cell(v, BOLD, RIGHT, 10, power(m->power_w).s);
        cell(v, lost ? BAD : DIM, RIGHT, 6, age_text(ms).s);
        end_line(v);
        show_reason(v, m, k);
        faults(v, m->faults, m->faults_n);
    }
}

static const char *load_word(const struct load_control *k)
{
    return k->sg_order   ? enum_text(&sg_state_enum, (int)k->sg_order)
           : !k->run.set ? "by itself"
           : k->run.v    ? "runs"
                         : "rests";
}
static void show_loads(struct view *v)
{
    const char *id;
    const struct load_control *k;
    for (int i = 0; (k = house_nth(v->h, MSG_LOAD_CONTROL, i, &id)); i++) {
        const struct load_state *m = house_find(v->h, MSG_LOAD_STATE, id);
        if (i == 0)
            head(v, (const char *const[]){"LOAD", "ORDER", "MODE", "SET", "POWER"},
                 (const int[]){14, 13, 11, 10, 12}, 5);
        cell(v, PLAIN, LEFT, 14, id);
        cell(v, k->run.v ? GOOD : PLAIN, LEFT, 13, load_word(k));
        cell(v, PLAIN, RIGHT, 11, enum_text(&load_mode_enum, (int)k->mode));
        cell(v, BOLD, RIGHT, 10, power(k->given_w).s);
        cell(v, PLAIN, RIGHT, 12, power(m ? m->power_w : (struct opt_i32){0}).s);
        end_line(v);
        cell(v, PLAIN, LEFT, 2, "");
        cell(v, DIM, LEFT, VIEW_COLUMNS, k->reason.text);
        end_line(v);
        if (m)
            faults(v, m->faults, m->faults_n);
    }
}

static void show_tariffs(struct view *v)
{
    const char *id;
    const struct tariff_state *t;
    for (int i = 0; (t = house_nth(v->h, MSG_TARIFF_STATE, i, &id)); i++) {
        char price[64] = "-";
        if (i == 0)
            head(v, (const char *const[]){"TARIFF", "KIND", "NOW"}, (const int[]){18, 13, 22}, 3);
        cell(v, PLAIN, LEFT, 18, t->name[0] ? t->name : id);
        cell(v, PLAIN, LEFT, 13, enum_text(&tariff_kind_enum, (int)t->kind));
        if (t->now_micro.set)
            snprintf(price, sizeof price, "%" PRId64 ".%04" PRId64 " %s", t->now_micro.v / 1000000,
                     (t->now_micro.v < 0 ? -t->now_micro.v : t->now_micro.v) % 1000000 / 100,
                     t->unit);
        cell(v, BOLD, RIGHT, 22, price);
        end_line(v);
        faults(v, t->faults, t->faults_n);
    }
}

static void show_services(struct view *v)
{
    const char *id;
    const struct service_status *s;
    for (int i = 0; (s = house_nth(v->h, MSG_SERVICE_STATUS, i, &id)); i++) {
        if (i == 0)
            head(v, (const char *const[]){"SERVICE", "", "VERSION", "SITE FILE", "AGE"},
                 (const int[]){24, 10, 14, 18, 8}, 5);
        cell(v, PLAIN, LEFT, 24, id);
        cell(v, s->online ? GOOD : BAD, LEFT, 10, s->online ? "online" : "OFFLINE");
        cell(v, PLAIN, RIGHT, 14, s->version);
        cell(v, DIM, RIGHT, 18, s->config_hash);
        age(v, s->ts, s->interval_ms, s->max_age_ms);
        end_line(v);
        faults(v, s->faults, s->faults_n);
    }
}

void watch_view(const struct house *h, struct wall now, const char *clock, bool colour,
                struct buf *out)
{
    struct view v = {h, now, colour, out, 0};
    show_site(&v, clock);
    show_meters(&v);
    show_inverters(&v);
    show_batteries(&v);
    show_chargers(&v);
    show_loads(&v);
    show_tariffs(&v);
    show_services(&v);
    if (h->n == 0) {
        cell(&v, WARN, LEFT, VIEW_COLUMNS, "nothing is on the bus for this site");
        end_line(&v);
    }
}
