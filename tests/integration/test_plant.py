# SPDX-License-Identifier: Apache-2.0
"""Batteries and inverters down to the registers of the simulated house: held, charged, regulated by us,
limited for the plant's feed-in limit and for the grid operator."""
import time

from harness import until

FULL = ("--battery-soc", "1000")
HALF = ("--battery-soc", "500")


def quick(site):
    site["control"].update({"mean": "1 s", "settling": "1 s", "lease": "4 s", "refresh": "1 s"})
    site["feed_in"] = {}


def battery_w(house):
    return house.sim.state()["battery"]["power_w"]


def export_w(house):
    return -house.sim.state()["grid"]["power_w"]


def steady(house, predicate, what, seconds=3, timeout=60):
    """The predicate of the house's state holds for so long without a break."""
    since = None

    def holds():
        nonlocal since
        now = time.monotonic()
        if not predicate(house.sim.state()):
            since = None
        elif since is None:
            since = now
        return since is not None and now - since >= seconds

    try:
        until(holds, timeout, what, every=0.1)
    except AssertionError as e:
        state = house.sim.state()
        raise AssertionError(f"{e}: {state['grid']['power_w']} {state['inverter']} "
                             f"{state['battery']}") from None


def test_a_battery_does_what_people_choose(make_house):
    house = make_house(edit=quick, sim=HALF)
    house.sim("set", pv_w=0, load_w=[500, 500, 500])
    until(lambda: battery_w(house) < -1400, 30, "by itself it covers the house")
    _, control = house.bus.wait_for("battery/cellar/control")
    assert control["mode"] == "normal" and control["reason"]["code"] == "normal"
    assert house.bus.last("battery/cellar/setpoint") is None, "nothing was wanted of it"
    house.bus.publish("battery/cellar/override/mode", "hold")
    steady(house, lambda s: abs(s["battery"]["power_w"]) < 30, "held, it delivers nothing")
    _, control = house.bus.wait_for("battery/cellar/control", lambda v: v["mode"] == "hold")
    assert control["mode_source"] == "override" and control["reason"]["code"] == "hold"
    house.bus.wait_for("battery/cellar/state", lambda v: v["applied"]["mode"] == "hold")
    house.bus.publish("battery/cellar/override/charge_power", "2000")
    house.bus.publish("battery/cellar/override/mode", "charge")
    steady(house, lambda s: abs(s["battery"]["power_w"] - 2000) < 60, "charged from the grid")
    assert export_w(house) < -3300
    house.bus.publish("battery/cellar/override/charge_power", "")
    house.bus.publish("battery/cellar/override/discharge_power", "700")
    house.bus.publish("battery/cellar/override/mode", "limit")
    steady(house, lambda s: abs(s["battery"]["power_w"] + 700) < 30, "it delivers 700 W at most")
    house.bus.publish("battery/cellar/override/min_soc", "600")
    steady(house, lambda s: abs(s["battery"]["power_w"]) < 30, "it is below its minimum")
    house.bus.wait_for("battery/cellar/control", lambda v: v["reason"]["code"] == "soc_low")
    for field in ("mode", "discharge_power", "min_soc"):
        house.bus.publish(f"battery/cellar/override/{field}", "")
    until(lambda: battery_w(house) < -1400, 30, "free again")


def test_a_choice_survives_the_controller_and_ends_without_it(make_house):
    house = make_house(edit=quick, sim=HALF)
    house.sim("set", pv_w=0, load_w=[500, 500, 500])
    house.bus.publish("battery/cellar/override/mode", "hold")
    steady(house, lambda s: abs(s["battery"]["power_w"]) < 30, "held")
    house.kill("surplus-controller")
    until(lambda: battery_w(house) < -1400, 30, "after the lease it is normal")
    mark = house.bus.mark()
    house.start("surplus-controller")
    house.bus.wait_for("battery/cellar/control", lambda v: v["mode"] == "hold", mark=mark)
    steady(house, lambda s: abs(s["battery"]["power_w"]) < 30, "held again")


def test_we_regulate_a_battery_that_does_not(make_house):
    def ours(site):
        quick(site)
        site["batteries"]["cellar"]["regulated_by"] = "wattbus"

    house = make_house(edit=ours, sim=HALF)
    house.sim("set", pv_w=5000, load_w=[300, 300, 400])
    steady(house, lambda s: abs(s["grid"]["power_w"] + 100) < 160 and s["battery"]["power_w"] > 3600,
           "the sun is stored")
    house.sim("set", pv_w=0, load_w=[1000, 500, 500])
    started = time.monotonic()
    steady(house, lambda s: abs(s["grid"]["power_w"]) < 160 and s["battery"]["power_w"] < -1800,
           "the house is covered")
    took = time.monotonic() - started - 3
    print(f"grid back at its target after {took:.1f} s")
    house.sim("fault", device="meter", kind="mute")
    house.bus.wait_for("battery/cellar/control", lambda v: v["reason"]["code"] == "blind")
    steady(house, lambda s: abs(s["battery"]["power_w"]) < 30, "it rests without a meter")
    house.sim("fault", device="meter", kind="none")
    steady(house, lambda s: abs(s["grid"]["power_w"]) < 160, "and goes on with it")


def test_nothing_is_fed_in(make_house):
    def zero(site):
        quick(site)
        site["feed_in"] = {"limit": "0 W"}

    house = make_house(edit=zero, sim=FULL)
    house.sim("set", pv_w=6000, load_w=[200, 200, 200])
    steady(house, lambda s: s["grid"]["power_w"] >= -20 and s["inverter"]["power_w"] > 350,
           "only what the house uses")
    _, control = house.bus.wait_for("inverter/roof/control", lambda v: v.get("curtailed"))
    assert control["reason"]["code"] == "feed_in" and control["limit"] == "grid_operator"
    _, site = house.bus.wait_for("site/home/state", lambda v: v["curtailed_w"] > 0)
    assert site["feed_in_limit_w"] == 0 and site["feed_in"]["text"]
    house.sim("set", load_w=[1000, 1000, 1000])
    steady(house, lambda s: s["grid"]["power_w"] >= -20 and s["inverter"]["power_w"] > 2750,
           "more is used, more is given")
    house.sim("set", load_w=[100, 100, 100])
    started = time.monotonic()
    steady(house, lambda s: s["grid"]["power_w"] >= -20, "less is used", seconds=3)
    print(f"below the limit after {time.monotonic() - started - 3:.1f} s")


def test_a_share_of_the_peak_power_and_the_lease(make_house):
    def half(site):
        quick(site)
        site["feed_in"] = {"share": "30 %", "peak_power": "10 kW"}

    house = make_house(edit=half, sim=FULL)
    house.sim("set", pv_w=9000, load_w=[300, 300, 400])
    steady(house, lambda s: 2700 < -s["grid"]["power_w"] <= 3000, "3 kW of feed-in")
    house.kill("surplus-controller")
    until(lambda: house.sim.state()["inverter"].get("limit_w") == 3000, 30,
          "after the lease the share of the limit holds")
    assert export_w(house) <= 2100


def test_the_grid_operator_limits_production(make_house):
    house = make_house(edit=quick, sim=FULL, superuser=True)
    house.sim("set", pv_w=8000, load_w=[300, 300, 400])
    until(lambda: export_w(house) > 6500, 30, "all is fed in")
    assert house.bus.last("inverter/roof/setpoint") is None
    test = house.client("test")

    def limit(active, produce_w):
        test.publish("grid/limit/eebus", {
            "v": 1, "ts": int(time.time() * 1000), "interval_ms": 60000, "max_age_ms": 120000,
            "active": active, "produce_w": produce_w})
        return time.monotonic()

    mark, sent = house.bus.mark(), limit(True, 1000)
    at, setpoint = house.bus.wait_for("inverter/roof/setpoint", mark=mark)
    assert setpoint["reason"]["code"] == "grid_limit" and setpoint["fallback_w"] == 1000
    assert at - sent < 1
    steady(house, lambda s: 700 < -s["grid"]["power_w"] <= 1000, "1 kW")
    limit(True, 0)
    steady(house, lambda s: -20 <= s["grid"]["power_w"] < 250, "nothing")
    limit(False, 0)
    until(lambda: export_w(house) > 6500, 30, "free again")


def test_a_car_does_not_empty_the_battery(make_house):
    def own_car(site):
        quick(site)
        site["chargers"]["garage"].update(mode="power", use_house_battery=False, interval="1 s")

    house = make_house(edit=own_car, sim=HALF)
    house.sim("set", pv_w=0, load_w=[300, 300, 300])
    until(lambda: battery_w(house) < -800, 30, "the house is covered")
    house.charging()
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 16000)
    steady(house, lambda s: -1150 < s["battery"]["power_w"] < -600 and
           s["chargers"][0]["power_w"] > 9000, "the battery serves the house, the grid the car")
    _, control = house.bus.wait_for("battery/cellar/control")
    assert control["reason"]["code"] == "cars" and control["order"] == "limit"
    house.bus.publish("charger/garage/override/use_house_battery", "true")
    steady(house, lambda s: s["battery"]["power_w"] < -4500, "now it may")
