/* SPDX-License-Identifier: Apache-2.0
 * ident.h -- who a charge point says it is, and whether it may. Pure. */
#ifndef OCPP_CORE_IDENT_H
#define OCPP_CORE_IDENT_H
#include "libcommon/pure/str.h"

enum { IDENTITY_CAP = 49 };

/* The identity is the last segment of the path behind any prefix; one trailing slash is tolerated.
 * `path` is percent-decoded once already. False: there is none, it is longer than 48 bytes, or it
 * has control characters or bytes that are no UTF-8. */
bool identity_from_path(struct str path, char out[IDENTITY_CAP]);
/* Compares in a time that depends on `given` alone, never on how much of it is right. */
bool secret_equal(struct str given, struct str secret);
#endif
