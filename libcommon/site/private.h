/* SPDX-License-Identifier: Apache-2.0
 * private.h -- shared by the files of libcommon/site, not for others. */
#ifndef WATTBUS_SITE_PRIVATE_H
#define WATTBUS_SITE_PRIVATE_H
#include "libcommon/io/yaml.h"
#include "libcommon/site/site.h"

/* What a whole-file check has at hand. */
struct check {
    const struct site *site;
    const struct yml_node *root;
    struct yml_report *r;
};
/* An item of a section and, when it has one, the value of one of its keys; sets the report's
 * `where` to "charger.garage" or "charger.garage: key". Never NULL for an item of the site. */
const struct yml_node *check_at(const struct check *c, enum site_section s, const char *id,
                                 const char *key);

/* Everything that one key alone can't tell; errors and warnings go to the report. */
void site_check(const struct check *c);
/* Parts of it. */
void check_devices(const struct check *c);  /* check_devices.c */
void check_circuits(const struct check *c); /* check_circuits.c */
#endif
