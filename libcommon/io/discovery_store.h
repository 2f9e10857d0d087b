/* SPDX-License-Identifier: Apache-2.0
 * discovery_store.h -- what discovery has learnt about devices, and its file. For discovery.c. */
#ifndef WATTBUS_DISCOVERY_STORE_H
#define WATTBUS_DISCOVERY_STORE_H
#include "libcommon/pure/clock.h"
#include "libcommon/site/site.h"
#include "proto/ha.h"

struct discovery_device {
    char cls[HA_CLASS_CAP];
    id_text id;
    struct ha_device ha; /* identity and shown messages; its pointers are set by discovery_view */
    bool has_info, dirty;
    struct mono first; /* when it was met in this run */
    uint64_t sent_hash;
};
struct discovery_gone {
    char cls[HA_CLASS_CAP];
    id_text id;
};
struct discovery_book {
    const char *site, *service, *currency;
    struct discovery_device *v;
    size_t n, cap;
    struct discovery_gone *gone; /* once ours, to be cleared */
    size_t gone_n;
    uint64_t saved_hash; /* of the file */
};

/* Takes in a published message; true when the device's document may change by it. */
bool discovery_note(struct discovery_book *k, enum message_id m, const char *id, const void *body,
                    struct mono now);
/* The device as ha_document wants it. */
struct ha_device discovery_view(const struct discovery_book *k, const struct discovery_device *dev);
/* True while we own the device and its info has not been published. */
bool discovery_lacks_info(const struct discovery_device *dev);

/* The file: one line per message or identity, words parted by tabs. Devices that `site` does not
 * give to this service go to `gone`. A damaged line is left out. */
enum err discovery_load(struct discovery_book *k, const char *dir, const struct site *site);
enum err discovery_save(struct discovery_book *k, const char *dir);
void discovery_book_free(struct discovery_book *k);
#endif
