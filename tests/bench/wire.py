# SPDX-License-Identifier: Apache-2.0
"""What must be fast is fast: overload of a fuse, limit of the grid operator, a person's mode -> wallbox.

Defaults of the site file, except that the meter is polled back to back (the time counts from the frame)
and that an overload, and the lack of room after it, is forgotten after a second, so that it can be
repeated. Both ends are on one clock: a change is timed when the register changes or just before the message
is published, the wallbox notes when SetChargingProfile arrived. Counts with the first profile of the expected size. Argument: EVENTS of each kind.
"""
import sys
import tempfile
import time

from common import finish
from harness import RELEASE, House, until

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
BOUND_MS = 100
FULL_MA = 16000
CURRENT_L1, SURE_S = 6, 30  # SDM630: current of L1, A


def quick(site):
    site["meters"]["grid"]["interval"] = "0 s"
    site["control"] = {"reduced": "1 s", "room_wait": "1 s"}
    site["chargers"]["garage"].update(mode="power", interval="1 s")
    del site["batteries"]


def first_after(house, ns, wanted):
    """ms until the first profile whose limit is wanted(mA)."""
    def look():
        hits = [a["mono_ns"] for a in house.sim.charger()["profile_arrivals"]
                if a["mono_ns"] > ns and wanted(a["limit"])]
        return min(hits) if hits else None
    return (until(look, SURE_S, "a profile of the expected limit", every=0.005) - ns) / 1e6


def full(house):
    until(lambda: house.sim.charger()["commanded_ma"] == FULL_MA and
          house.sim.charger()["power_w"] > 9000, 60, "full power again")


def overload(house):
    full(house)
    ns = house.sim("poke", device="meter", addr=CURRENT_L1, value=50, type="f32")["mono_ns"]
    ms = first_after(house, ns, lambda ma: ma < FULL_MA)
    house.sim("poke", device="meter", release=True)
    return ms


def grid_limit(house, operator):
    full(house)

    def say(active):
        now_ms = int(time.time() * 1000)
        ns = time.monotonic_ns()
        operator.publish("grid/limit/test", {"v": 1, "ts": now_ms, "interval_ms": 60000, "max_age_ms": 600000,
                                             "active": active, "consume_w": 5000}, wait=False)
        return ns
    down = first_after(house, say(True), lambda ma: ma < FULL_MA)
    up = first_after(house, say(False), lambda ma: ma > 8000)
    return down, up


def mode(house):
    full(house)

    def choose(value):
        ns = time.monotonic_ns()
        house.bus.publish("charger/garage/override/mode", value, wait=False)
        return ns
    lock = first_after(house, choose("lock"), lambda ma: ma == 0)
    until(lambda: house.sim.charger()["power_w"] == 0, 60, "the car stops")
    power = first_after(house, choose("power"), lambda ma: ma >= 6000)
    return lock, power


def main():
    with tempfile.TemporaryDirectory() as tmp, \
            House(tmp, edit=quick, bin_dir=RELEASE, superuser=True, sim=["--battery", "none"]) as house:
        operator = house.client("test")
        house.sim("set", pv_w=0, load_w=[300, 200, 100])
        house.sim("plug", charger=1)
        values = {name: [] for name in ("overload", "limit", "limit_lifted", "lock", "power")}
        for _ in range(EVENTS):
            values["overload"].append(overload(house))
            for name, ms in zip(("limit", "limit_lifted"), grid_limit(house, operator)):
                values[name].append(ms)
        for _ in range(max(1, EVENTS // 5)):  # the car takes seconds to start
            for name, ms in zip(("lock", "power"), mode(house)):
                values[name].append(ms)
    rows = [("events", EVENTS, "1")]
    for name, ms in values.items():
        rows += [(f"{name}_p50_ms", round(sorted(ms)[len(ms) // 2], 2), "ms"),
                 (f"{name}_max_ms", round(max(ms), 2), "ms")]
    finish(rows, all(max(ms) <= BOUND_MS for ms in values.values()))


main()
