/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/telegram/obis.h"

/* C: 1 import, 2 export, 16 both; 14 frequency; 20 more for each phase. D: 8 counter, 7 now. The
 * maker is 96.50.1, in older meters 129-129:199.130.3 (as EMH, EasyMeter, Iskra and DZG send it).
 */
static const struct {
    uint8_t code[5];
    enum quantity q;
} rows[] = {
    {{1, 0, 1, 8, 0}, QUANTITY_IMPORT},      {{1, 0, 2, 8, 0}, QUANTITY_EXPORT},
    {{1, 0, 16, 7, 0}, QUANTITY_POWER},      {{1, 0, 36, 7, 0}, QUANTITY_POWER_L1},
    {{1, 0, 56, 7, 0}, QUANTITY_POWER_L2},   {{1, 0, 76, 7, 0}, QUANTITY_POWER_L3},
    {{1, 0, 31, 7, 0}, QUANTITY_CURRENT_L1}, {{1, 0, 51, 7, 0}, QUANTITY_CURRENT_L2},
    {{1, 0, 71, 7, 0}, QUANTITY_CURRENT_L3}, {{1, 0, 32, 7, 0}, QUANTITY_VOLTAGE_L1},
    {{1, 0, 52, 7, 0}, QUANTITY_VOLTAGE_L2}, {{1, 0, 72, 7, 0}, QUANTITY_VOLTAGE_L3},
    {{1, 0, 14, 7, 0}, QUANTITY_FREQUENCY},  {{1, 0, 96, 1, 0}, QUANTITY_SERIAL},
    {{1, 0, 96, 50, 1}, QUANTITY_VENDOR},    {{129, 129, 199, 130, 3}, QUANTITY_VENDOR},
};
bool obis_quantity(const uint8_t code[6], enum quantity *out)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (memcmp(code, rows[i].code, sizeof rows[i].code) == 0) {
            *out = rows[i].q;
            return true;
        }
    return false;
}
