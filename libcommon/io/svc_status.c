/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/svc_status.h"

static int fault_find(const struct status_book *b, const char *code, const char *device)
{
    for (int i = 0; i < b->faults_n; i++)
        if (strcmp(b->faults[i].code, code) == 0 && strcmp(b->faults[i].device, device) == 0)
            return i;
    return -1;
}

bool status_fault(struct status_book *b, const char *code, const char *device, const char *text,
                  struct wall now)
{
    if (!device || !str_is_id(str_of(device)))
        device = "";
    int i = fault_find(b, code, device);
    if (!text) {
        if (i < 0)
            return false;
        b->faults_n--;
        memmove(&b->faults[i], &b->faults[i + 1], (size_t)(b->faults_n - i) * sizeof b->faults[0]);
        return true;
    }
    bool fresh = i < 0;
    if (fresh) {
        if (b->faults_n == STATUS_FAULTS) { /* the oldest goes */
            memmove(&b->faults[0], &b->faults[1], (STATUS_FAULTS - 1) * sizeof b->faults[0]);
            b->faults_n--;
        }
        i = b->faults_n++;
        b->faults[i] = (struct fault){.level = FAULT_LEVEL_WARNING, .since = SOME_I64(now.ms)};
        str_copyz(b->faults[i].code, sizeof b->faults[i].code, code);
        str_copyz(b->faults[i].device, sizeof b->faults[i].device, device);
    }
    struct fault *f = &b->faults[i];
    bool changed = fresh || strncmp(f->text, text, sizeof f->text - 1) != 0;
    str_copyz(f->text, sizeof f->text, text);
    str_trim_partial(f->text); /* half a character would make the receiver refuse it all */
    return changed;
}

static struct counter *counter_get(struct status_book *b, const char *name)
{
    for (int i = 0; i < b->counters_n; i++)
        if (strcmp(b->counters[i].name, name) == 0)
            return &b->counters[i];
    assert(b->counters_n < STATUS_COUNTERS);
    struct counter *c = &b->counters[b->counters_n++];
    str_copyz(c->name, sizeof c->name, name);
    return c;
}

void status_count(struct status_book *b, const char *name, int64_t add)
{
    counter_get(b, name)->value += add;
}

void status_set(struct status_book *b, const char *name, int64_t value)
{
    counter_get(b, name)->value = value;
}

void status_own(struct status_book *b, const char *id)
{
    if (b->ids_n == LIST_ID_MAX)
        b->more_ids++;
    else
        str_copyz(b->ids[b->ids_n++], ID_CAP, id);
}

void status_fill(const struct status_book *b, struct service_status *out)
{
    int skip = max_i32(b->faults_n - MAX_FAULTS, 0);
    out->faults_n = (uint16_t)(b->faults_n - skip);
    memcpy(out->faults, &b->faults[skip], out->faults_n * sizeof out->faults[0]);
    out->counters_n = (uint16_t)b->counters_n;
    memcpy(out->counters, b->counters, (size_t)b->counters_n * sizeof out->counters[0]);
    out->ids_n = (uint16_t)b->ids_n;
    memcpy(out->ids, b->ids, (size_t)b->ids_n * sizeof out->ids[0]);
}
