/* SPDX-License-Identifier: Apache-2.0
 * acl.h -- the broker's access list (Mosquitto's acl_file) of a site: who writes what follows from
 * the writers in proto/proto.h and from the owners in the site file. Same site, same bytes. */
#ifndef WATTBUS_CLI_ACL_H
#define WATTBUS_CLI_ACL_H
#include "libcommon/site/site.h"

/* Writes the file into out; test out->cut. */
void acl_write(const struct site *s, struct buf *out);
/* Enough room for any site. */
size_t acl_size_max(const struct site *s);
#endif
