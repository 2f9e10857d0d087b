# SPDX-License-Identifier: Apache-2.0
"""The broker dies, hangs, forgets, remembers too much, has no disk (fault matrix rows 1 to 6)."""
import os
import shutil
import signal
import time

from charging import (FALLBACK_MA, LEASE_S, charging_house, quick_client, unharmed, wall_ms)
from harness import until


def states(bus):
    return {t for _a, t, p, _r in bus.messages
            if p and t.startswith("wattbus/") and not t.endswith("/marker") and "/override/" not in t}


def test_kill_and_come_back(make_house):
    house = charging_house(make_house)
    expected = states(house.bus)
    house.kill("broker")
    unharmed(house, "broker")
    since_ms = wall_ms()
    started = house.start("broker")
    bus = quick_client(house)
    for path in ("meter/grid/state", "inverter/roof/state", "charger/garage/state",
                 "charger/garage/setpoint"):
        at, _ = bus.wait_for(path, lambda v: v["ts"] >= since_ms, mark=0)
        print(f"broker: {path} after {(at - started) * 1000:.0f} ms")
        assert at - started <= 1.0 + (1.0 if path.startswith(("meter", "inverter")) else 0), path
    # retained topics are a cache: everything is there again
    bus.wait(lambda: expected <= states(bus), 5, "all topics are published again")
    until(lambda: house.sim.charger()["power_w"] > 4000, 10, "charging goes on")
    unharmed(house, "broker")


def test_away_for_longer_than_the_lease(make_house):
    house = charging_house(make_house, mode="power")
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 20, "full power")
    killed = house.kill("broker")
    until(lambda: house.sim.charger()["commanded_ma"] == FALLBACK_MA, LEASE_S + 2, "the fallback",
          every=0.05)
    print(f"broker away: fallback after {time.monotonic() - killed:.1f} s")
    unharmed(house, "broker")
    assert house.sim.charger()["power_w"] > 0, "the charge goes on"
    house.start("broker")
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 30, "full power again")
    unharmed(house, "broker")


def test_hangs(make_house):
    """Row 2: the connection stands, nothing comes."""
    house = charging_house(make_house, mode="power")
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 20, "full power")
    house["broker"].pause()
    until(lambda: house.sim.charger()["commanded_ma"] == FALLBACK_MA, LEASE_S + 2, "the fallback")
    house["broker"].resume()
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 30, "full power again")
    unharmed(house, "broker")


def stop_broker(house):
    assert house["broker"].stop() == 0


def test_forgets_everything(make_house):
    """Row 3."""
    house = charging_house(make_house)
    expected = states(house.bus)
    stop_broker(house)
    (house.dir / "broker" / "data" / "mosquitto.db").unlink()
    house.start("broker")
    bus = quick_client(house)
    bus.wait(lambda: expected <= states(bus), 10, "all topics are published again")
    until(lambda: house.sim.charger()["power_w"] > 4000, 10, "charging goes on")
    unharmed(house, "broker")


def test_remembers_old_setpoints(make_house):
    """Row 4: a setpoint of full power comes back from the dead, and nobody obeys."""
    house = charging_house(make_house, mode="power")
    data = house.dir / "broker" / "data"
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 20, "full power")
    stop_broker(house)
    shutil.copy2(data / "mosquitto.db", house.dir / "old.db")
    house.start("broker")
    house.bus = quick_client(house)
    house.online("surplus-controller")
    house.bus.publish("charger/garage/override/mode", "lock")
    until(lambda: house.sim.charger()["commanded_ma"] == 0, 20, "locked")
    house.kill("surplus-controller")
    stop_broker(house)
    owner = (data / "mosquitto.db").owner()
    shutil.copy(house.dir / "old.db", data / "mosquitto.db")
    if os.getuid() == 0:
        shutil.chown(data / "mosquitto.db", owner)
    house.start("broker")
    bus = quick_client(house)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 16000, mark=0)
    # the gateway has read all of it once its own state is there anew
    since_ms = wall_ms()
    bus.wait_for("charger/garage/state", lambda v: v["ts"] >= since_ms, mark=0)
    assert house.sim.charger()["commanded_ma"] == 0
    # The controller's own file, not the broker, says what the user wanted last.
    house.start("surplus-controller")
    bus.wait_for("charger/garage/control", lambda v: v["ts"] >= since_ms, mark=0)
    assert house.sim.charger()["commanded_ma"] == 0
    unharmed(house)


def test_broken_database(make_house):
    """Row 5: the broker does not start; without its file it does, and nothing is missing."""
    house = charging_house(make_house)
    expected = states(house.bus)
    stop_broker(house)
    database = house.dir / "broker" / "data" / "mosquitto.db"
    database.write_bytes(b"\x00MOSQ" + os.urandom(2000))
    house.start("broker")
    house["broker"].expected_down = True
    if house["broker"].popen.wait(20) == 0:
        raise AssertionError("the broker ate garbage")
    database.unlink()
    house.start("broker")
    bus = quick_client(house)
    bus.wait(lambda: expected <= states(bus), 10, "all topics are published again")
    unharmed(house, "broker")


def test_no_disk_for_the_broker(make_house):
    """Row 6: files may not grow; what is retained is still served."""
    house = charging_house(make_house)
    expected = states(house.bus)
    stop_broker(house)
    broker = house["broker"]
    broker.argv = ["prlimit", "--fsize=1024", "env", "--ignore-signal=XFSZ", *broker.argv]
    house.start("broker")
    bus = quick_client(house)
    bus.wait(lambda: expected <= states(bus), 10, "all topics are there")
    os.kill(broker.pid, signal.SIGUSR1)  # save now
    later = quick_client(house)
    later.wait(lambda: expected <= states(later), 10, "retained topics are still served")
    until(lambda: house.sim.charger()["power_w"] > 4000, 20, "charging goes on")
    unharmed(house, "broker")


def test_a_burst_is_delivered_whole(make_house):
    """5,000 retained setpoints while the reader does not read: none is dropped."""
    count = 5000
    house = make_house(services=["ocpp-gateway"])
    reader = house.client("home", topics=("wattbus/home/charger/garage/setpoint",))
    reader.client.loop_stop()  # the broker has to queue
    writer = house.client("surplus-controller", topics=())
    body = {"v": 1, "ts": wall_ms(), "boot": "burst", "valid_ms": 15000, "current_ma": 6000,
            "fallback_ma": 6000, "reason": {"code": "surplus", "text": "burst " + "x" * 100}}
    last = [writer.publish("charger/garage/setpoint", {**body, "seq": n}, wait=False)
            for n in range(1, count + 1)][-1]
    writer.wait(lambda: last in writer.acked, 60, "the broker took them")
    reader.client.loop_start()
    reader.wait(lambda: len(reader.since("charger/garage/setpoint")) >= count, 60, "all of them")
    seen = [v["seq"] for _a, v, _r in reader.since("charger/garage/setpoint")]
    assert seen == list(range(1, count + 1))
    house.bus.wait_for("charger/garage/state", lambda v: v["applied"]["seq"] == count)
