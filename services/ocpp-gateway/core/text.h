/* SPDX-License-Identifier: Apache-2.0
 * text.h -- texts of the box, cut to our sizes without leaving half a character: that would make
 * the whole message on the bus invalid. Pure. */
#ifndef OCPP_CORE_TEXT_H
#define OCPP_CORE_TEXT_H
#include "libcommon/pure/str.h"

/* Takes an unfinished UTF-8 sequence off the end. */
void text_mend(char *z);
/* str_copy and text_mend. */
void text_copy(char *dst, size_t cap, struct str s);
#endif
