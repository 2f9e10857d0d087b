/* SPDX-License-Identifier: Apache-2.0
 * state.h -- durable things live in files of the service's state directory, not on the bus. */
#ifndef WATTBUS_STATE_H
#define WATTBUS_STATE_H
#include "libcommon/pure/str.h"

/* Replaces dir/name with the bytes: new file, fsync, rename, fsync of the directory. After a power
 * cut there is the old or the new file, never half. */
enum err state_save(const char *dir, const char *name, struct str bytes) MUST_CHECK;
/* *out is malloc'ed and NUL-terminated, the caller frees it. ERR_MISSING: no such file.
 * ERR_FULL: larger than max. */
enum err state_load(const char *dir, const char *name, size_t max, char **out,
                    size_t *len) MUST_CHECK;
/* Appends a line (without \n) to dir/name and fsyncs before it returns: a journal. */
enum err state_append(const char *dir, const char *name, struct str line) MUST_CHECK;
#endif
