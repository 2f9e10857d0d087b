/* SPDX-License-Identifier: Apache-2.0
 * from_site.h -- a tariff of site.yaml as the core wants it. */
#ifndef TARIFF_SERVICE_FROM_SITE_H
#define TARIFF_SERVICE_FROM_SITE_H
#include "libcommon/site/site.h"
#include "services/tariff-service/core/tariff.h"

/* conf: of a loaded site, so its days and times have been checked. */
struct tariff tariff_from_site(const char *id, const struct tariff_conf *conf,
                               const char *currency);
#endif
