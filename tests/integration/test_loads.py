# SPDX-License-Identifier: Apache-2.0
"""Loads over a real broker: the test is the heat pump, the rod and the relay; the controller is the
real one. There is a grid meter on the bus, also the test's."""
import json
import threading
import time

import pytest

from harness import House

SERVICES = ("surplus-controller",)


class FakeLoads:
    """Says four times a second what the meter and the devices show, as their bridges would. The rod
    obeys; the heat pump draws heat_w unless it is blocked; the relay is moved by the test."""

    def __init__(self, bus):
        self.bus, self.house_w, self.heat_w = bus, 0, 0
        self.relay, self.controllable = False, True
        self.seq = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def say(self):
        head = {"v": 1, "ts": int(time.time() * 1000), "interval_ms": 250, "max_age_ms": 10000}
        rod_w = self.bus.last("load/rod/setpoint", {}).get("power_w", 0) if self.controllable else 0
        blocked = self.bus.last("load/heat/setpoint", {}).get("sg_state") == "block"
        heat_w = 0 if blocked else self.heat_w
        self.seq += 1  # a meter whose values never change is taken for frozen
        self.bus.publish("meter/grid/state", {**head, "role": "grid",
                         "power_w": self.house_w + rod_w + heat_w,
                         "voltage_phase_mv": [230000 + self.seq % 7] * 3}, wait=False)
        self.bus.publish("load/rod/state", {**head, "on": rod_w > 0, "power_w": rod_w,
                                            "controllable": self.controllable}, wait=False)
        self.bus.publish("load/heat/state", {**head, "on": heat_w > 0}, wait=False)
        self.bus.publish("output/relay/state", {**head, "on": self.relay}, wait=False)

    def _run(self):
        while not self.stop.wait(0.25):
            self.say()

    def end(self):
        self.stop.set()
        self.thread.join()


def with_loads(site):
    del site["chargers"], site["inverters"], site["batteries"], site["buses"]["hybrid"]
    site["control"].update({"mean": "0 s", "settling": "0 s", "refresh": "1 s", "lease": "3 s"})
    site["loads"] = {
        "rod": {"kind": "power", "circuit": "grid", "phases": 3, "max_power": "9 kW",
                "on_delay": "0 s", "off_delay": "1 s", "priority": 3},
        "heat": {"kind": "sg_ready", "circuit": "grid", "max_power": "3 kW", "mode": "normal",
                 "min_run": "0 s", "min_rest": "0 s", "priority": 1},
        "pool": {"kind": "switched", "circuit": "grid", "max_power": "1 kW", "output": "relay",
                 "mode": "off", "min_run": "20 s"},
    }


@pytest.fixture
def house(tmp_path):
    with House(tmp_path, edit=with_loads, sim=None, services=SERVICES, superuser=True) as h:
        h.devices = FakeLoads(h.client("test"))
        try:
            yield h
        finally:
            h.devices.end()


def test_a_rod_gets_the_sun_again_and_again(house):
    house.devices.house_w = -3100
    _, setpoint = house.bus.wait_for("load/rod/setpoint", lambda v: 2900 <= v["power_w"] <= 3000)
    assert setpoint["on"] and setpoint["valid_ms"] == 3000 and setpoint["fallback_w"] == 0
    assert setpoint["reason"]["code"] == "load_surplus" and setpoint["limit"] == "surplus"
    mark = house.bus.mark()
    times = [house.bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] >= 2800, mark=mark)[0]]
    for _ in range(3):  # rewritten well within its lease
        mark = house.bus.mark()
        times.append(house.bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] >= 2800,
                                        mark=mark)[0])
    assert max(b - a for a, b in zip(times, times[1:])) < 2.5
    _, control = house.bus.wait_for("load/rod/control", lambda v: v["run"])
    assert control["mode"] == "solar" and control["mode_source"] == "default"


def test_people_and_the_grid_operator(house):
    bus = house.bus
    bus.publish("load/rod/override/mode", "on")
    bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] == 9000)
    bus.wait_for("load/rod/override/mode", lambda v: v == "")  # taken from the inbox
    bus.publish("load/rod/override/power", "4000")
    bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] == 4000)
    test = house.clients[-1]
    limit = {"v": 1, "ts": int(time.time() * 1000), "interval_ms": 60000, "max_age_ms": 60000,
             "active": True, "consume_w": 2000}
    sent = time.monotonic()
    test.publish("grid/limit/eebus", limit)
    at, setpoint = bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] <= 2000)
    assert at - sent < 1 and setpoint["limit"] == "grid_operator"
    test.publish("grid/limit/eebus", {**limit, "consume_w": 4000})
    bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] > 3900)
    house.devices.heat_w = 3000  # by itself: the rod gives way first
    bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] <= 1000)
    assert bus.last("load/heat/setpoint")["sg_state"] == "normal"
    test.publish("grid/limit/eebus", limit)  # with nobody else left to give way
    bus.wait_for("load/heat/setpoint", lambda v: v["sg_state"] == "block")
    _, control = bus.wait_for("load/heat/control", lambda v: v["sg_order"] == "block")
    assert control["reason"]["code"] == "load_blocked" and control["next_change"] > limit["ts"]
    test.publish("grid/limit/eebus", {**limit, "active": False})
    bus.wait_for("load/heat/setpoint", lambda v: v["sg_state"] == "normal")
    bus.wait_for("load/rod/setpoint", lambda v: v["power_w"] == 4000)


def choose(house, load, mode):
    """Returns when the choice is written down: then its inbox is emptied."""
    mark = house.bus.mark()
    house.bus.publish(f"load/{load}/override/mode", mode)
    house.bus.wait_for(f"load/{load}/override/mode", lambda v: v == "", mark=mark)


def test_a_relay_and_its_shortest_run_over_a_restart(house):
    bus = house.bus
    bus.wait_for("output/relay/setpoint", lambda v: v["on"] is False)
    choose(house, "pool", "on")
    at, setpoint = bus.wait_for("output/relay/setpoint", lambda v: v["on"] is True)
    assert setpoint["valid_ms"] == 3000
    house.devices.relay = True
    choose(house, "pool", "off")
    bus.wait_for("load/pool/control", lambda v: v["reason"]["code"] == "load_min_run")
    house.kill("surplus-controller")
    mark = bus.mark()
    house.start("surplus-controller")
    bus.wait_for("output/relay/setpoint", lambda v: v["on"] is True, mark=mark)
    end, _ = bus.wait_for("output/relay/setpoint", lambda v: v["on"] is False, mark=mark)
    assert 19 < end - at < 26
    assert not [v for _a, v, _r in bus.since("load/pool/setpoint") if v], "it has an output"


def test_what_is_refused_is_answered(house):
    bus = house.bus
    bus.publish("load/pool/override/power", "500")
    _, control = bus.wait_for("load/pool/control", lambda v: v.get("results"))
    assert control["results"][-1]["result"] == "rejected"
    assert control["results"][-1]["id"] == "power"
    done = house.cli("set", "load/pool", "mode", "normal", check=False)
    assert done.returncode == 1 and "does not know that mode" in done.stderr
    done = house.cli("set", "load/pool", "mode", "on", "--until", "2 h")
    assert "on (override" in done.stdout, done.stdout
    bus.wait_for("load/pool/control", lambda v: v["mode"] == "on" and v["mode_until"])


def test_a_device_that_dropped_out_is_reported_not_fought(house):
    bus = house.bus
    bus.publish("load/rod/override/mode", "on")
    bus.wait_for("load/rod/setpoint", lambda v: v["on"])
    house.devices.controllable = False
    bus.wait_for("service/surplus-controller/status",
                 lambda v: any(f["code"] == "load_free" and f["device"] == "rod"
                               for f in v.get("faults", [])))
    bus.wait_for("load/rod/control", lambda v: v["reason"]["code"] == "load_free")
    mark = bus.mark()
    bus.wait_for("load/heat/setpoint", mark=mark)
    bus.wait_for("load/heat/setpoint", mark=bus.mark())
    assert not bus.since("load/rod/setpoint", mark)


def test_every_message_fits_its_schema(house):
    import jsonschema
    bus = house.bus
    for path in ("load/rod/setpoint", "load/heat/setpoint", "output/relay/setpoint",
                 "load/rod/control", "load/heat/control", "load/pool/control"):
        _, value = bus.wait_for(path)
        schema = next(s for parts, s in house.schemas()
                      if len(parts) == 3 and (parts[0], parts[2]) == (path.split("/")[0],
                                                                      path.split("/")[2]))
        jsonschema.validate(value, schema)
    bus.wait(lambda: len([t for _a, t, p, _r in bus.messages
                          if t.startswith("homeassistant/device/home_load_") and p]) >= 3, 30,
             "documents of three loads")
    documents = {t: json.loads(p) for _a, t, p, _r in bus.messages
                 if t.startswith("homeassistant/device/home_load_") and p}
    rod = next(d for t, d in documents.items() if "_rod__" in t)["components"]
    assert rod["mode"]["platform"] == "select" and "normal" not in rod["mode"]["options"]
    assert rod["max_power_w"]["platform"] == "number" and rod["max_power_w"]["max"] == 9000
    heat = next(d for t, d in documents.items() if "_heat__" in t)["components"]
    assert "normal" in heat["mode"]["options"]
    assert heat.get("max_power_w", {}).get("platform") != "number"
