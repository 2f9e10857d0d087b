/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/sim/house/image.h"
#include "tests/unit/sim-house/tests.h"

static struct plant p;
static struct image img;
static struct sunspec sun;

static void setup(void)
{
    struct plant_config c = {
        .fuse_ma = 35000,
        .voltage_mv = 230000,
        .pv_rated_w = 10000,
        .battery = {true, 10000, 5000, 4000, 500, 50, 0},
    };
    plant_init(&p, &c);
    p.input = (struct plant_input){6000, {1000, 2000, 300}};
    for (int i = 0; i < 36000; i++)
        plant_step(&p, 100);
    sunspec_init(&sun, &c);
}

static int64_t get(const struct image *i, uint8_t fc, uint16_t addr, uint16_t words)
{
    uint16_t r[4];
    uint64_t v = 0;
    ck_assert(image_read(i, fc, addr, words, r));
    for (uint16_t k = 0; k < words; k++)
        v = v << 16 | r[k];
    return (int64_t)v;
}

static float get_float(const struct image *i, uint16_t addr)
{
    uint32_t bits = (uint32_t)get(i, 4, addr, 2);
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static int16_t get_s16(uint32_t addr)
{
    return (int16_t)get(&sun.img, 3, (uint16_t)addr, 1);
}

START_TEST(sdm630_tells_the_plant)
{
    sdm630_init(&img);
    sdm630_encode(&img, &p);
    ck_assert_float_eq_tol(get_float(&img, 0x34), (float)p.grid_mw / 1000, 0.01F);
    ck_assert_float_eq_tol(get_float(&img, 0x0E), (float)p.phase_mw[1] / 1000, 0.01F);
    ck_assert_float_eq_tol(get_float(&img, 0x02), 230.0F, 0.001F);
    ck_assert_float_eq_tol(get_float(&img, 0x0C), get_float(&img, 0x06) * -230.0F, 0.5F);
    ck_assert_float_eq_tol(get_float(&img, 0x15C),
                           (float)(p.energy.import_phase[1] / UJ_PER_WH) / 1000, 0.002F);
    ck_assert(get_float(&img, 0x160) > 0);
}
END_TEST

START_TEST(ksem_tells_the_plant_twice)
{
    ksem_init(&img);
    ksem_encode(&img, &p);
    int64_t w = get(&img, 3, 80, 2) - get(&img, 3, 82, 2);
    ck_assert_int_eq(w, p.phase_mw[1] / 100);
    ck_assert(get(&img, 3, 40, 2) == 0 && get(&img, 3, 42, 2) > 0); /* L1 exports */
    ck_assert_int_eq(get(&img, 3, 100, 2), plant_phase_ma(&p, 1));
    ck_assert_int_eq(get(&img, 3, 672, 4), p.energy.import_phase[1] / (UJ_PER_WH / 10));
    ck_assert_int_eq(get(&img, 3, 40000, 2), 0x53756E53);
    ck_assert_int_eq(get(&img, 3, 40002, 2), 1 << 16 | 66);
    ck_assert_int_eq(get(&img, 3, 40070, 2), 203 << 16 | 105);
    ck_assert_int_eq(get(&img, 3, 40177, 2), INT64_C(0xFFFF0000));
    ck_assert_int_eq((int16_t)get(&img, 3, 40070 + 20, 1), p.phase_mw[1] / 1000);
}
END_TEST

START_TEST(sunspec_chain_is_complete)
{
    static const int64_t want[] = {1, 103, 120, 121, 122, 123, 124, 802, 160, 0xFFFF};
    uint16_t at = 40002;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ck_assert_int_eq(get(&sun.img, 3, at, 1), want[i]);
        at = (uint16_t)(at + 2 + get(&sun.img, 3, (uint16_t)(at + 1), 1));
    }
    struct plant_config c = p.config;
    c.battery.present = false;
    sunspec_init(&sun, &c);
    ck_assert_uint_eq(sun.m124, 0);
    ck_assert_int_eq(get(&sun.img, 3, (uint16_t)sun.m160, 1), 160);
}
END_TEST

START_TEST(sunspec_values_decode_to_the_plant)
{
    sunspec_encode(&sun, &p);
    ck_assert_int_eq(get_s16(sun.m103 + 14), p.inverter_mw / 1000);
    ck_assert_int_eq(get_s16(sun.m103 + 15), 0);
    ck_assert_int_eq(get_s16(sun.m103 + 38), 4);
    ck_assert_int_eq(get_s16(sun.m160 + 21 - 2 + 2) + get_s16(sun.m160 + 41), p.pv_mw / 1000);
    ck_assert_int_eq(get_s16(sun.m802 + 11), plant_battery_permille(&p));
    ck_assert_int_eq(get_s16(sun.m802 + 47), -(p.battery_mw / 1000));
    ck_assert_int_eq(get_s16(sun.m120 + 3) * 10, 10000);
    ck_assert_int_eq(get(&sun.img, 3, (uint16_t)(sun.m103 + 24), 2), p.energy.inverter / UJ_PER_WH);
}
END_TEST

START_TEST(big_plants_get_ten_watt_steps)
{
    image_init(&img, 125);
    image_add(&img, 3, 0, 2);
    image_watts(&img, 0, 1, -43210, 60000);
    ck_assert_int_eq((int16_t)get(&img, 3, 0, 1), -4321);
    ck_assert_int_eq(get(&img, 3, 1, 1), 1);
    image_watts(&img, 0, 1, 40000, 10000);
    ck_assert_int_eq(get(&img, 3, 0, 1), INT16_MAX);
}
END_TEST

static struct plant_control control(int64_t now_ms)
{
    return sunspec_control(&sun, &p.config, now_ms);
}

START_TEST(power_limit_acts_and_reverts)
{
    uint16_t m = (uint16_t)sun.m123;
    ck_assert_int_eq(control(0).ac_limit_w, NO_LIMIT_W);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 5), 2500, 1000), 0);
    ck_assert_int_eq(control(1000).ac_limit_w, NO_LIMIT_W); /* not enabled yet */
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 7), 10, 1000), 0);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 9), 1, 2000), 0);
    ck_assert_int_eq(control(11999).ac_limit_w, 2500);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 5), 3000, 11999), 0);
    ck_assert_int_eq(control(21998).ac_limit_w, 3000); /* a write renews it */
    ck_assert_int_eq(control(21999).ac_limit_w, NO_LIMIT_W);
    ck_assert_int_eq(get_s16(sun.m123 + 9), 0);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 4), 0, 0), 0);
    ck_assert_int_eq(control(30000).ac_limit_w, 0);
}
END_TEST

START_TEST(storage_control_acts_and_reverts)
{
    uint16_t m = (uint16_t)sun.m124;
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 12), (uint16_t)-5000, 0), 0);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 13), 2000, 0), 0);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 15), 5, 0), 0);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 17), 1, 0), 0);
    ck_assert_int_eq(control(0).charge_max_w, 5000);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(m + 5), 3, 1000), 0);
    ck_assert_int_eq(control(2000).charge_max_w, 1000);
    ck_assert_int_eq(control(2000).discharge_max_w, -2000);
    ck_assert(control(2000).grid_charge);
    ck_assert_int_eq(control(6000).discharge_max_w, 4000);
    ck_assert_int_eq(get_s16(sun.m124 + 5), 0);
}
END_TEST

START_TEST(writes_are_checked)
{
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(sun.m103 + 14), 1, 0), 2);
    ck_assert_uint_eq(sunspec_write(&sun, 12, 1, 0), 2);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(sun.m123 + 5), 10001, 0), 3);
    ck_assert_uint_eq(sunspec_write(&sun, (uint16_t)(sun.m124 + 5), 4, 0), 3);
}
END_TEST

START_TEST(forced_registers_win_until_released)
{
    sdm630_init(&img);
    ck_assert(image_force(&img, 0x34, 0x1234));
    sdm630_encode(&img, &p);
    ck_assert_int_eq(get(&img, 4, 0x34, 1), 0x1234);
    image_release(&img);
    ck_assert_int_ne(get(&img, 4, 0x34, 1), 0x1234);
    ck_assert(!image_force(&img, 0x1000, 1));
    uint16_t out[125];
    ck_assert(!image_read(&img, 3, 0, 2, out));
    ck_assert(!image_read(&img, 4, 0x17F, 2, out));
}
END_TEST

TCase *image_tests(void)
{
    TCase *t = tcase_create("images");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, sdm630_tells_the_plant);
    tcase_add_test(t, ksem_tells_the_plant_twice);
    tcase_add_test(t, sunspec_chain_is_complete);
    tcase_add_test(t, sunspec_values_decode_to_the_plant);
    tcase_add_test(t, big_plants_get_ten_watt_steps);
    tcase_add_test(t, power_limit_acts_and_reverts);
    tcase_add_test(t, storage_control_acts_and_reverts);
    tcase_add_test(t, writes_are_checked);
    tcase_add_test(t, forced_registers_win_until_released);
    return t;
}
