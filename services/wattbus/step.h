/* SPDX-License-Identifier: Apache-2.0
 * step.h -- the controller's core behind lines of JSON: one line in, one line out. For judges and
 * experiments from outside; the protocol is in docs/step.md. */
#ifndef WATTBUS_STEP_H
#define WATTBUS_STEP_H
#include "services/surplus-controller/core/control.h"

enum { STEP_CHARGERS = 64, STEP_ANSWER_MAX = 65536 };
struct step_session;

struct step_session *step_new(void);
void step_free(struct step_session *s); /* NULL is fine */
/* Answers one line (without its end) in `out`. A line that can't be used is answered with an
 * "error" and an empty "set", and changes nothing. False for such a line. */
bool step_line(struct step_session *s, struct str line, struct buf *out);
#endif
