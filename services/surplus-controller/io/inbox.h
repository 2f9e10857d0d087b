/* SPDX-License-Identifier: Apache-2.0
 * inbox.h -- what people want of a charger, a load or a battery: taken from override/<field>,
 * obeyed, written down, cleared. What is refused is answered in control.results, and the old choice
 * stays. One mechanism for all classes; what a field means is theirs. Loop thread only. */
#ifndef WATTBUS_INBOX_H
#define WATTBUS_INBOX_H
#include "libcommon/io/bus.h"
#include "services/surplus-controller/io/kept.h"

struct brain;
/* A view of what is kept of one item. */
struct inbox {
    struct kept_override *overrides, *taken; /* in force; taken lately */
    uint16_t *overrides_n, *taken_n, *results_n;
    size_t cap; /* of overrides */
    struct request_result *results;
    int *rev; /* counts what is to be shown */
};
#define INBOX_OF(kept, revision)                                                                   \
    ((struct inbox){(kept)->overrides, (kept)->taken, &(kept)->overrides_n, &(kept)->taken_n,      \
                    &(kept)->results_n, COUNT_OF((kept)->overrides), (kept)->results, (revision)})

/* The choice in force in a field, NULL: none. */
const struct kept_override *inbox_find(const struct kept_override *all, size_t n,
                                       const char *field);
bool inbox_end(const struct inbox *x, const char *field); /* false: there was none */
void inbox_take(const struct inbox *x, const struct kept_override *o);
void inbox_answer(const struct inbox *x, const char *id, const char *action, enum result result,
                  const char *text);
/* What a message asks for; of text fields only the class knows what to keep. */
struct kept_override inbox_choice(const struct bus_msg *m);
/* Ends, takes or refuses. `no`: why it can't be obeyed, NULL or "" when it can. True: something
 * else is in force now. */
bool inbox_receive(const struct inbox *x, const struct bus_msg *m, const struct kept_override *o,
                   const char *no);
/* Obeys at once, writes down what changed, clears the inbox: a slow card delays nobody. */
void inbox_close(struct brain *b, const struct bus_msg *m, bool changed);
/* Ends what has ended; *next_mono_ms falls to when the next one does. True: something ended. */
bool inbox_expire(const struct inbox *x, struct now now, int64_t *next_mono_ms);
#endif
