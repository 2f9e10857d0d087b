# SPDX-License-Identifier: Apache-2.0
"""A house as a charge-point group of a park: two controllers, two brokers, one budget. And observe mode."""
from harness import until

PARK = ["surplus-controller"]


def park_site(site):
    for section in ("buses", "meters", "inverters", "batteries"):
        site.pop(section)
    site["site"] = "park"
    site["circuits"]["grid"] = {"max_current": "100 A"}
    site["chargers"] = {"hall2": {"group": True, "circuit": "grid", "max_current": "63 A", "mode": "power",
                                  "fallback": "7 A"}}
    site["control"] = {"lease": "4 s", "refresh": "1 s", "imbalance": "off"}


def member_of(park):
    def edit(site):
        site["group"] = {"leader": "park", "charger": "hall2", "broker": f"127.0.0.1:{park.mqtt_port}",
                         "password_file": str(park.secret_file("group-hall2"))}
        site["chargers"]["garage"].update(mode="power", interval="1 s")
        site["control"].update({"settling": "1 s"})
    return edit


def test_a_group_obeys_its_leader(make_house):
    park = make_house(edit=park_site, sim=None, services=PARK)
    hall = make_house(edit=member_of(park))
    hall.sim("set", pv_w=0, load_w=[0, 0, 0])
    hall.charging()
    _, state = park.bus.wait_for("charger/hall2/state", 
                                   lambda v: v["evse_state"] == "C" and min(v["current_phase_ma"]) > 4000)
    assert state["online"] and state["power_w"] > 2000
    park.bus.publish("charger/hall2/override/max_current", "9000")
    _, limited = hall.bus.wait_for("charger/garage/setpoint", lambda v: 8000 <= v["current_ma"] <= 9000)
    assert limited["reason"]["code"] == "group", limited
    until(lambda: hall.sim.charger()["drawn_ma"][0] <= 9000, 10, "the car follows the leader")
    park.bus.wait_for("charger/hall2/state", lambda v: v["applied"]["current_ma"] == 9000)
    park.kill("surplus-controller")
    hall.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] <= 7000)
    hall.bus.wait_for("service/surplus-controller/status",
                      lambda v: any(f["code"] == "leader_silent" for f in v["faults"]))
    park.start("surplus-controller")
    hall.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 8000)


def test_the_users_of_groups_may_be_nothing_else(make_house):
    park = make_house(edit=park_site, sim=None, services=PARK)
    rogue = park.client("group-hall2", topics=("wattbus/park/charger/hall2/setpoint",))
    mark = park.bus.mark()
    rogue.publish("charger/hall2/setpoint", {"v": 1}, wait=False)
    rogue.publish("grid/limit/rogue", {"v": 1}, wait=False)
    rogue.publish("charger/hall2/info", {"v": 1, "ts": 1, "name": "mark"})
    park.bus.wait_for("charger/hall2/info", lambda v: v["name"] == "mark", mark=mark)
    assert not park.bus.since("grid/limit/rogue", mark)
    assert not [m for m in park.bus.since("charger/hall2/setpoint", mark) if "seq" not in m[1]]


def test_observe_mode_commands_nothing(make_house):
    def observe(site):
        site["control"]["observe"] = True
        site["chargers"]["garage"].update(mode="power", interval="1 s")
    house = make_house(edit=observe)
    house.sim("set", pv_w=0, load_w=[0, 0, 0])
    house.sim("plug", charger=1)
    _, control = house.bus.wait_for("charger/garage/control", lambda v: v["current_ma"] == 16000)
    assert control["mode"] == "power"
    house.bus.publish("charger/garage/override/mode", "lock")
    house.bus.wait_for("charger/garage/control", lambda v: v["mode"] == "lock" and v["current_ma"] == 0)
    assert not house.bus.since("charger/garage/setpoint")
    until(lambda: house.sim.charger()["power_w"] > 5000, 30, "it charges as if nobody was there")
    assert house.sim.charger()["profiles_received"] == 0
