/* SPDX-License-Identifier: Apache-2.0
 * journal.h -- the lines of the journal that survives kill -9. Pure: the file is io/journal_file.c.
 *
 * Words separated by blanks; "-" stands for nothing; other bytes than letters, digits and . _ : are
 * written %XX. The last line on a thing counts. A line that cannot be read is skipped: the last one
 * may be half written. */
#ifndef OCPP_CORE_JOURNAL_H
#define OCPP_CORE_JOURNAL_H
#include "libcommon/pure/field.h"
#include "services/ocpp-gateway/core/session.h"

enum { JOURNAL_LINE_MAX = 512, REQUEST_ID_CAP = 40 };

enum journal_kind {
    JOURNAL_NEXT,    /* the lowest transaction id that is still free */
    JOURNAL_SESSION, /* a session as it stands */
    JOURNAL_DEFAULT, /* mA of the TxDefaultProfile inside the box */
    JOURNAL_REQUEST, /* a request that was begun */
    JOURNAL_PHASES,  /* contacts that the box was told to close */
    JOURNAL_BOOT,    /* what the box said about itself */
};
struct box_identity {
    char vendor[21], model[21], serial[26], firmware[51];
};
struct journal_line {
    enum journal_kind kind;
    id_text charger; /* "" for NEXT */
    int32_t number;  /* NEXT, DEFAULT, PHASES */
    struct session_rec session;
    char request[REQUEST_ID_CAP];
    struct box_identity box;
};

/* At most JOURNAL_LINE_MAX bytes without \n. */
void journal_encode(const struct journal_line *j, struct buf *b);
enum err journal_decode(struct str line, struct journal_line *j) MUST_CHECK;
#endif
