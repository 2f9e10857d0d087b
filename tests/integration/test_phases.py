# SPDX-License-Identifier: Apache-2.0
"""One phase or three, down to the contacts of a simulated wallbox: in order, never under current, told."""
from harness import until

BOX = ["--battery", "none", "--charger", "id=box1,phase-switch=true,delay-ms=500"]


def switching(site):
    site["control"] = {"settling": "1 s", "mean": "1 s"}
    site["chargers"]["garage"].update(mode="power", interval="1 s", can_switch_phases=True, phase_use="auto",
                                      switch_pause="10 s")
    del site["batteries"]


def test_a_person_switches_to_one_phase_and_back(make_house):
    house = make_house(edit=switching, sim=BOX)
    house.sim("set", pv_w=0, load_w=[0, 0, 0])
    house.charging()
    until(lambda: house.sim.charger()["power_w"] > 9000, 30, "three phases")
    house.bus.publish("charger/garage/override/phases", "1")
    at, stop = house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 0)
    assert stop["reason"]["code"] == "switching", stop
    asked, _ = house.bus.wait_for("charger/garage/setpoint", lambda v: v.get("phases") == 1)
    house.kill("surplus-controller")  # in the middle of it
    house.start("surplus-controller")
    until(lambda: house.sim.charger()["offered_phases"] == 1, 30, "the contacts")
    going, _ = house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] >= 6000, mark=house.bus.mark())
    assert going - at >= 9.5, "the pause was kept over the restart"
    until(lambda: house.sim.charger()["drawn_ma"][0] > 14000, 30, "the car charges on one phase")
    assert house.sim.charger()["drawn_ma"][1:] == [0, 0]
    _, control = house.bus.wait_for("charger/garage/control", lambda v: v["phases"] == 1 and v["phase_switches"])
    assert control["phase_switches"][-1]["from"] == 3 and control["phase_switches"][-1]["to"] == 1
    house.kill("ocpp-gateway")
    mark = house.bus.mark()
    house.start("ocpp-gateway")
    house.bus.wait_for("charger/garage/state", lambda v: v["online"] and v["applied"]["phases"] == 1, mark=mark)
    assert house.sim.charger()["offered_phases"] == 1, "a restart of the gateway moves no contacts"
    for ma, phases in zip(*[iter(stepped(house))] * 2):
        assert phases is None or ma == 0, "contacts are only asked for without current"
    assert at < asked


def stepped(house):
    """current_ma and a change of phases, in turn, of every setpoint."""
    last = None
    for _, v, retained in house.bus.since("charger/garage/setpoint"):
        if not retained:
            yield v["current_ma"]
            yield v.get("phases") if v.get("phases") != last else None
            last = v.get("phases", last)
