# SPDX-License-Identifier: Apache-2.0
"""Bad messages on every topic (fault matrix rows 28, 29, 32, 33) and bad devices."""
import json
import random
import time

import jsonschema
import pytest

from charging import FALLBACK_MA, LEASE_S, SERVICES, charging_house, lively, unharmed, wall_ms
from harness import until

COUNT = 10000
IDS = ("grid", "roof", "cellar", "garage", "import", "home", *SERVICES)
INBOXES = ("charger/garage/override/mode", "charger/garage/override/max_current",
           "charger/garage/override/priority", "charger/garage/override/phases",
           "charger/garage/override/min_current", "charger/garage/override/nonsense",
           *(f"charger/garage/override/{f}" for f in (
               "solar_share", "start_power", "use_house_battery", "target_energy", "target_soc",
               "target_time", "week", "vehicle")), "vehicle/zoe/override/soc")
CRUDE = [b"\x00", b"\xff\xfe", b"{", b"[" * 5000, b'{"a":' * 3000, b"null", b"true", b"[]", b"{}",
         b'"text"', b"-", b"1e999", b"NaN", b'{"v":1}', b'{"v":1,"v":2}', b"\xef\xbb\xbf{}",
         b'{"v":1,"ts":"now"}', b'{"\\u0000":1}', b'{"v":1,"ts":' + b"9" * 400 + b"}",
         b" " * 60000, b"x" * 200000, b'{"v":1,"ts":1} trailing']
ODD = [None, True, False, -1, 1.5, 1e300, 2**63, -2**63, "", "x" * 3000, "\u0000", [], {}, [[]],
       {"value": 1}, [None] * 500, "1", "NaN"]


def mutate(rng, value):
    """A copy of a good message with one thing wrong in it."""
    out = json.loads(json.dumps(value))
    where, key = out, None
    for _ in range(4):
        if isinstance(where, dict) and where:
            key = rng.choice(list(where))
        elif isinstance(where, list) and where:
            key = rng.randrange(len(where))
        else:
            break
        if not isinstance(where[key], (dict, list)) or not where[key] or rng.random() < 0.4:
            break
        where = where[key]
    if key is None:
        return out
    if rng.random() < 0.2:
        del where[key]
    else:
        where[key] = rng.choice(ODD)
    return out


def without_nulls(value):
    """As the contract reads it: null counts as absent."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return value


def topics_and_samples(house):
    """Every topic of the contract with the ids of this house, and a good message where one is known."""
    known = {}
    for _at, topic, payload, _r in house.bus.messages:
        if topic.startswith("wattbus/") and payload[:1] == b"{":
            known.setdefault(topic.split("/")[2] + "/" + topic.split("/")[-1], json.loads(payload))
    for parts, schema in house.schemas():
        for name in IDS:
            path = "/".join(parts).replace("+", name, 1).replace("+", "1")
            yield path, known.get(parts[0] + "/" + parts[-1]), schema


def storm(house, count, seed):
    rng = random.Random(seed)
    rows = list(topics_and_samples(house))
    checks = {id(schema): jsonschema.Draft202012Validator(schema) for _p, _s, schema in rows}
    for _ in range(count):
        if rng.random() < 0.15:
            yield rng.choice(INBOXES), rng.choice(CRUDE + [b'{"value":"power","until":-1}', b"22000 A",
                                                           b"-1", b"99999999999", b"POWER", b"lock it\n"])
            continue
        path, sample, schema = rng.choice(rows)
        payload = rng.choice(CRUDE)
        if sample and rng.random() < 0.8:
            value = mutate(rng, sample)
            if checks[id(schema)].is_valid(without_nulls(value)):
                continue  # still good: it would be the truth
            payload = json.dumps(value).encode()
        yield path, payload


@pytest.mark.parametrize("broker_keeps", [False, True], ids=["live", "retained"])
def test_ten_thousand_hostile_payloads(make_house, broker_keeps):
    house = make_house(edit=lively, superuser=True)  # under the sanitizers
    house.sim("set", pv_w=9000, load_w=[300, 200, 200])
    house.charging(timeout=90)
    pids = {n: house[n].pid for n in SERVICES}
    before = house.bus.wait_for("charger/garage/control", mark=house.bus.mark(), timeout=60)[1]
    hostile = house.client("test", topics=())
    sent = 0
    for path, payload in storm(house, COUNT, seed=1 + broker_keeps):
        mid = hostile.publish(path, payload, retain=broker_keeps, wait=False)
        sent += 1
        if sent % 200 == 0:
            hostile.wait(lambda: mid in hostile.acked, 60, "the broker's receipt")
    assert sent > COUNT * 0.6
    # Everything sent before has been handled when an honest wish is answered.
    hostile.publish("charger/garage/override/priority", "7")
    _, after = house.bus.wait_for("charger/garage/control", lambda v: v["priority"] == 7, timeout=60)
    assert house.dead() == [] and pids == {n: house[n].pid for n in SERVICES}
    assert after["mode"] == before["mode"] and after.get("max_current_ma") == before.get("max_current_ma")
    assert house.sim.charger()["commanded_ma"] <= 16000
    if not broker_keeps:
        until(lambda: house.sim.charger()["power_w"] > 4000, 60, "charging goes on")
        return
    # Row 29: what is retained now is poison for whoever starts; no crash, no crash loop.
    for name in SERVICES:
        house.kill(name)
        since_ms = wall_ms()
        house.start(name)
        house.bus.wait_for(f"service/{name}/status",
                           lambda v: v["online"] is True and v["ts"] >= since_ms, timeout=60)
    until(lambda: house.sim.charger()["power_w"] > 4000, 90, "charging goes on")
    assert house.dead() == []
    for name in SERVICES:  # reported, but not for every message
        assert house[name].text().count("\n") < 3000, name


def test_replayed_and_old_setpoints(make_house):
    """Row 33: same boot, lower seq: nothing changes."""
    house = charging_house(make_house, mode="power", superuser=True)
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 20, "full power")
    old = house.bus.last("charger/garage/setpoint")
    house.bus.publish("charger/garage/override/mode", "lock")
    until(lambda: house.sim.charger()["commanded_ma"] == 0, 20, "locked")
    writer = house.client("test", topics=())
    arrivals = house.sim.charger()["profiles_received"]
    for value in (old, {**old, "ts": wall_ms()}, {**old, "seq": 0}):
        writer.publish("charger/garage/setpoint", value)
    mark = house.bus.mark()
    house.bus.wait_for("charger/garage/state", mark=mark)
    state = house.bus.wait_for("charger/garage/state", mark=house.bus.mark())[1]
    assert state["applied"]["current_ma"] == 0 and state["applied"]["seq"] >= old["seq"]
    assert house.sim.charger()["commanded_ma"] == 0
    assert house.sim.charger()["profiles_received"] - arrivals <= 1


def test_two_controllers(make_house):
    """Row 32: the lower of two living leases counts; when the other ends, it is over."""
    house = charging_house(make_house, mode="power", superuser=True)
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 20, "full power")
    writer = house.client("test", topics=())
    good = house.bus.last("charger/garage/setpoint")
    other = {**good, "boot": "second", "seq": 1, "valid_ms": 4000, "ts": wall_ms()}
    writer.publish("charger/garage/setpoint", {**other, "current_ma": 8000})
    until(lambda: house.sim.charger()["commanded_ma"] == 8000, 5, "the lower one counts")
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 10 + LEASE_S, "its lease is over")
    writer.publish("charger/garage/setpoint", {**other, "seq": 2, "current_ma": 16000,
                                               "fallback_ma": 16000, "ts": wall_ms()})
    house.bus.publish("charger/garage/override/mode", "lock")
    until(lambda: house.sim.charger()["commanded_ma"] == 0, 5, "the lower one counts")
    unharmed(house)


@pytest.mark.parametrize("kind", ["garbage", "reset", "mute", "slow"])
@pytest.mark.parametrize("device", ["meter", "inverter"])
def test_a_bad_modbus_peer_costs_only_itself(make_house, device, kind):
    house = charging_house(make_house)
    other = "inverter/roof/state" if device == "meter" else "meter/grid/state"
    own = "meter/grid/state" if device == "meter" else "inverter/roof/state"
    service = "meter-reader" if device == "meter" else "inverter-bridge"
    began_ms = wall_ms()
    house.sim("fault", device=device, kind=kind, ms=3000)
    _, status = house.bus.wait_for(f"service/{service}/status", lambda v: v.get("faults"), timeout=30)
    assert any(f.get("device") for f in status["faults"])
    mark, start = house.bus.mark(), time.monotonic()
    for _ in range(5):
        house.bus.wait_for(other, mark=house.bus.mark(), timeout=3)
    gaps = [a for a, _v, _r in house.bus.since(other, mark)]
    assert max(b - a for a, b in zip(gaps, gaps[1:])) < 1.6, f"{other} is delayed by {device}"
    assert time.monotonic() - start < 8
    for _at, value, _r in house.bus.since(own, mark):
        assert value.get("power_w") is None or abs(value["power_w"]) < 20000, value
    assert house.sim.charger()["commanded_ma"] <= 16000
    unharmed(house)
    house.sim("fault", device=device, kind="none")
    house.bus.wait_for(own, lambda v: v["ts"] > began_ms and not v.get("faults"), mark=house.bus.mark())
    unharmed(house)


def test_frozen_meter(make_house):
    """Row 24's sibling here: values that stand still while the car's limit moves raise nothing."""
    house = charging_house(make_house, mode="power")
    house.sim("fault", device="meter", kind="frozen")
    limit = house.sim.charger()["commanded_ma"]
    for ma in ("10000", "6000", "12000", "16000"):
        house.bus.publish("charger/garage/override/max_current", ma)
        house.bus.wait_for("charger/garage/control", lambda v: v["max_current_ma"] == int(ma))
    house.bus.wait_for("charger/garage/control", lambda v: v["reason"]["code"] == "meter_frozen",
                       timeout=90)
    until(lambda: house.sim.charger()["commanded_ma"] <= FALLBACK_MA, 15, "the fallback")
    assert limit <= 16000
    unharmed(house)
