# SPDX-License-Identifier: Apache-2.0
"""kill -9 and SIGSTOP of each service while a car charges (fault matrix rows 7 to 10)."""
import time

import pytest

from charging import (BACK_S, FALLBACK_MA, LEASE_S, POLL_S, SERVICES, charging_house, normal_again,
                    reconnected_at, unharmed, wall_ms)
from harness import RELEASE, until



@pytest.mark.parametrize("name", SERVICES)
def test_kill_and_come_back(make_house, name):
    house = charging_house(make_house)
    limit = house.sim.charger()["commanded_ma"]
    house.kill(name)
    unharmed(house, name)
    mark, since_ms = house.bus.mark(), wall_ms()
    started = house.start(name)
    at = normal_again(house, name, mark, since_ms)
    if name == "ocpp-gateway":
        started = max(started, reconnected_at(house))
    took = at - started
    assert took <= BACK_S + POLL_S, f"{name}: normal after {took:.2f} s"
    print(f"{name}: normal after {took * 1000:.0f} ms")
    # the charge goes on where it was
    until(lambda: house.sim.charger()["power_w"] > 4000, 30, "charging goes on")
    assert house.sim.charger()["commanded_ma"] <= limit + 1500
    assert house.sim.charger()["transaction"] is not None
    unharmed(house, name)


@pytest.mark.parametrize("name", ["surplus-controller", "ocpp-gateway", "meter-reader"])
def test_kill_and_stay_away(make_house, name):
    """Full power, and nobody there to say so: within the lease the box is at its fallback."""
    box_lease_s = 20

    def edit(site):
        site["control"].update({"mean": "1 s", "settling": "1 s"})
        site["chargers"]["garage"].update({"interval": "1 s", "box_lease": f"{box_lease_s} s"})

    house = make_house(edit=edit, bin_dir=RELEASE)
    house.sim("set", pv_w=9000, load_w=[300, 200, 200])
    house.bus.publish("charger/garage/override/mode", "power")
    house.charging()
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 30, "full power")
    killed = house.kill(name)
    # The controller's lease ends at the gateway; the gateway's own lives on in the box. A missing
    # meter counts from max_age, then the controller gives the fallback.
    allowed = {"surplus-controller": LEASE_S, "ocpp-gateway": box_lease_s, "meter-reader": 10}[name]
    until(lambda: house.sim.charger()["commanded_ma"] == FALLBACK_MA, allowed + 3,
          f"fallback within {allowed} s", every=0.05)
    print(f"{name} away: fallback after {time.monotonic() - killed:.1f} s")
    unharmed(house, name)
    assert house.sim.charger()["transaction"] is not None
    house.start(name)
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 40, "full power again")
    unharmed(house, name)


def test_a_paused_charge_is_not_started_by_a_fallback(make_house):
    house = charging_house(make_house)
    house.bus.publish("charger/garage/override/mode", "lock")
    until(lambda: house.sim.charger()["commanded_ma"] == 0, 20, "paused")
    house.kill("surplus-controller")
    house.bus.wait_for("charger/garage/state", lambda v: v["applied"]["lease"] == "expired",
                       timeout=LEASE_S + 5)
    assert house.sim.charger()["commanded_ma"] == 0
    house.start("surplus-controller")
    house.bus.wait_for("charger/garage/state", lambda v: v["applied"]["lease"] == "live",
                       mark=house.bus.mark())
    assert house.sim.charger()["commanded_ma"] == 0
    unharmed(house)


@pytest.mark.parametrize("name, path, shown", [
    ("meter-reader", "meter/grid/state", "grid "), ("inverter-bridge", "inverter/roof/state", "roof "),
    ("ocpp-gateway", "charger/garage/state", None),
    ("surplus-controller", "site/home/state", "surplus-controller "),
    ("tariff-service", "service/tariff-service/status", "tariff-service ")])
def test_stop_makes_its_data_suspect(make_house, name, path, shown):
    house = charging_house(make_house)
    late_after_s = 3 * house.bus.wait_for(path)[1]["interval_ms"] / 1000

    def is_late():
        if shown is None:  # `watch` has no word for an old charger: judge as every reader can
            return wall_ms() - house.bus.last(path)["ts"] > 1000 * late_after_s
        lines = house.cli("watch", "--once").stdout.splitlines()
        return any(line.startswith(shown) and line.rstrip().endswith((" old", " LOST")) for line in lines)

    assert not is_late()
    stopped = house[name].pause()
    try:
        if name == "meter-reader":
            at, _ = house.bus.wait_for("site/home/state",
                                       lambda v: v["grid_meter"] in ("suspect", "missing"))
            assert at - stopped <= late_after_s + 0.5
        # every reader sees it by the age of the data alone
        if name == "surplus-controller":
            late_after_s = 3 * 10  # its life sign; the setpoint is a lease
            until(lambda: house.sim.charger()["commanded_ma"] <= FALLBACK_MA, LEASE_S + 2, "the lease ends")
        until(is_late, late_after_s + 1 - (time.monotonic() - stopped), f"{name} is not shown as late",
              every=0.2)
        if name in ("meter-reader", "inverter-bridge"):  # suspect: nothing may be raised on it
            limit, mark = house.sim.charger()["commanded_ma"], house.bus.mark()
            house.bus.wait_for("charger/garage/setpoint", mark=mark)
            house.bus.wait_for("charger/garage/setpoint", mark=house.bus.mark())
            assert house.sim.charger()["commanded_ma"] <= limit
    finally:
        house[name].resume()
    mark, since_ms = house.bus.mark(), wall_ms()
    normal_again(house, name, mark, since_ms)
    unharmed(house, name)


def test_controller_in_a_crash_loop(make_house):
    """Row 9: ten starts, each ended as soon as it has said something."""
    house = charging_house(make_house, mode="power")
    for _ in range(10):
        mark, since_ms = house.bus.mark(), wall_ms()
        house.kill("surplus-controller")
        house.start("surplus-controller")
        house.bus.wait_for("service/surplus-controller/status",
                           lambda v: v["online"] and v["ts"] >= since_ms, mark=mark)
        unharmed(house)
        assert house.sim.charger()["commanded_ma"] <= 16000
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 40, "full power again")
    unharmed(house)


@pytest.mark.parametrize("name, path", [
    ("ocpp-gateway", "charger/garage/setpoint"), ("meter-reader", "meter/grid/state"),
    ("inverter-bridge", "inverter/roof/state")])
def test_kill_in_the_middle(make_house, name, path):
    """Row 10: killed at the moment a message is on its way; what is refreshed is absolute."""
    house = charging_house(make_house, mode="power")
    for _ in range(5):
        house.bus.wait_for(path, mark=house.bus.mark())
        house.kill(name)
        mark, since_ms = house.bus.mark(), wall_ms()
        house.start(name)
        normal_again(house, name, mark, since_ms)
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 40, "full power again")
    # a gateway that has just started learns the register with the box's next meter values
    energy = house.bus.wait_for("charger/garage/state", lambda v: "energy_wh" in v)[1]["energy_wh"]
    assert abs(house.sim.charger()["energy_wh"] - energy) < 60, "no meter value was lost or doubled"
    unharmed(house)


def test_a_twin_leaves(make_house):
    """Row 31: a second process under the same name goes, the first stays."""
    house = charging_house(make_house)
    first = house["meter-reader"]
    pid = first.pid
    house.add("twin", [*first.argv[:-1], str(house.dir / "state" / "twin")],
              **{k: v for k, v in first.env.items() if k.startswith("WATTBUS_")})
    twin = house["twin"]
    twin.start()
    twin.expected_down = True
    assert twin.popen.wait(30) != 0
    assert first.alive() and first.pid == pid
    house.bus.wait_for("meter/grid/state", mark=house.bus.mark())
    unharmed(house)
