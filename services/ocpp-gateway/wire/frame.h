/* SPDX-License-Identifier: Apache-2.0
 * frame.h -- OCPP-J frames: text to parts and back. No IO and no state but the JSON parser.
 *
 * [2,id,action,payload] [3,id,payload] [4,id,code,description,details] */
#ifndef OCPP_WIRE_FRAME_H
#define OCPP_WIRE_FRAME_H
#include "libcommon/pure/str.h"
#include "services/ocpp-gateway/core/schema.h"
#include <json-c/json.h>

enum { FRAME_ID_CAP = 48, FRAME_TEXT_CAP = 160, JSON_DEPTH = 16 };
enum frame_type { FRAME_CALL = 2, FRAME_RESULT = 3, FRAME_ERROR = 4 };

struct frame {
    enum frame_type type;
    char id[FRAME_ID_CAP];     /* as JSON, quotes included where it was a string; "" when unknown */
    char text[FRAME_TEXT_CAP]; /* CALL: action; ERROR: "code: description" */
    json_object *payload;      /* an object, or NULL where it was absent or null */
    json_object *root;         /* owned */
};
/* What is wrong with a message. */
struct complaint {
    enum call_error code;
    char text[FRAME_TEXT_CAP];
};

struct wire; /* the parser, used again for every message */
struct wire *wire_new(void);
void wire_free(struct wire *w);

/* ERR_SYNTAX: *why says what; when f->id is not empty the sender can be told. End with
 * frame_fini in any case. */
enum err frame_parse(struct wire *w, struct str text, struct frame *f,
                     struct complaint *why) MUST_CHECK;
void frame_fini(struct frame *f);
/* True when the id is that of a call of ours ("12" or 12). */
bool frame_answers(const struct frame *f, const char *our_id);

/* Answers: id as in struct frame. */
void frame_add_result(struct buf *b, const char *id, struct str payload);
void frame_add_error(struct buf *b, const char *id, const struct complaint *c);
#endif
