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
/* An error or warning about item `id` of a section (id NULL: the section, or with SITE_SECTIONS the
 * top of the file), at the value of `key` ("max_current",
 * "periods.2.days") where the file has it, else at the item. */
void check_error(const struct check *c, enum site_section sec, const char *id, const char *key,
                 const char *fmt, ...) PRINTF_LIKE(5, 6);
void check_warning(const struct check *c, enum site_section sec, const char *id, const char *key,
                   const char *fmt, ...) PRINTF_LIKE(5, 6);
/* An error at column `col` (from 1) of the text at `key`. */
void check_text_error(const struct check *c, enum site_section sec, const char *id, const char *key,
                      int col, const char *fmt, ...) PRINTF_LIKE(6, 7);
/* 16000 -> "16 A", for messages. */
struct unit_text amps(int32_t ma);
struct unit_text watts(int64_t w);
struct unit_text duration(int32_t ms);

enum {
    VOLTS = 230,        /* nominal, phase to neutral */
    CIRCUITS_MAX = 500, /* of a site */
};

/* Everything that one key alone can't tell; errors and warnings go to the report. */
void site_check(const struct check *c);
/* Parts of it, each in its own file. */
void check_devices(const struct check *c);
void check_chargers(const struct check *c);
void check_loads(const struct check *c);
void check_circuits(const struct check *c);
void check_storage(const struct check *c);
void check_users(const struct check *c);
void check_tariffs(const struct check *c);
void check_vehicles(const struct check *c);
void check_expressions(const struct check *c); /* variables, meters and limits with expressions */
void check_rules(const struct check *c);

/* expr_resolve over the names of the site. */
struct check_names {
    const struct site *site;
    int each; /* see site_name_find */
    /* Not settled yet: variables and meters with an expression; NULL: all are. */
    const bool *variables_done, *meters_done;
    bool waits; /* a name that is not settled was met */
};
enum err check_resolve(void *names, struct str name, uint16_t *var, struct err_text *why);
void check_flows(const struct check *c);
/* The smallest fuse from a circuit to the grid; NULL when the circuit is unknown. */
const struct site_circuits *smallest_fuse(const struct site *s, const char *circuit);
#endif
