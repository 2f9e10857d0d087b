/* SPDX-License-Identifier: Apache-2.0
 * Who drives what. A bus belongs to one service, which drives every device on it, whatever its
 * class: meter-reader and inverter-bridge are the same device engine. */
#include "libcommon/site/site.h"

const struct site_service site_services[] = {
    {.name = "meter-reader", .writer = WRITER_OWNER, .buses = true},
    {.name = "inverter-bridge", .writer = WRITER_OWNER, .buses = true},
    {.name = "ocpp-gateway", .writer = WRITER_OWNER, .ocpp = true},
    {.name = "surplus-controller", .writer = WRITER_CONTROLLER},
    {.name = "tariff-service", .writer = WRITER_TARIFF},
};
const int site_services_n = COUNT_OF(site_services);

static const char *bus_name_of(const struct site *s, enum site_section sec, int i)
{
    switch (sec) {
    case SITE_meters: return s->meters[i].conf.bus;
    case SITE_inverters: return s->inverters[i].conf.bus;
    case SITE_batteries: return s->batteries[i].conf.bus;
    default: return "";
    }
}

bool site_drives(const struct site *s, const struct site_service *svc, enum site_section sec, int i)
{
    if (sec == SITE_meters && s->meters[i].conf.expression[0]) /* computed, on no bus */
        return svc->writer == WRITER_CONTROLLER;
    if (sec == SITE_chargers)
        return svc->ocpp && s->chargers[i].conf.ocpp[0];
    const struct site_buses *bus = site_bus(s, bus_name_of(s, sec, i));
    return svc->buses && bus && strcmp(bus->conf.owner, svc->name) == 0;
}
