# SPDX-License-Identifier: Apache-2.0
"""Changed grid-meter register -> SetChargingProfile on the wire.

Both ends are seen by the simulated house on one clock: `poke` says when the register changed, the
wallbox notes when a profile arrived. An event counts with the first profile that carries its very
limit, so that a late answer is never taken for the next one's. All calm is switched off in the site file (settling, mean, dead
band 0). First with polling back to back, then with 1 s; the floor is the same chain without any
logic, from $WATTBUS_SHARED/tools/baseline, run in between. Arguments: EVENTS SLOW_EVENTS.
"""
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from common import finish
from harness import MOSQUITTO, RELEASE, SHARED, House, free_ports, listening, select_wait, until

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
SLOW_EVENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 300
VOLTS = 230
TOTAL = 52  # SDM630: total power, W
LEVELS_A = range(7, 15)
GRID_TARGET_W = 100  # the default: a little export
# The car takes this and no more, whatever it is offered: the meter moves by the bench alone.
CAR_A = 2


def calm_off(interval):
    def edit(site):
        site["control"].update({"mean": "0 s", "settling": "0 s", "dead_band": "0 W", "hold": "5 min",
                                "follow": "0 s", "imbalance": "off", "frozen": "1 h"})
        site["meters"]["grid"]["interval"] = interval
        site["circuits"]["grid"]["max_current"] = "63 A"
        del site["batteries"]
    return edit


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * p / 100))]


def poke(sim, amps):
    """One register: a surplus of so many A on three phases. When it changed, ns."""
    watts = 3 * VOLTS * (CAR_A - amps) - GRID_TARGET_W
    return sim("poke", device="meter", addr=TOTAL, value=watts, type="f32")["mono_ns"]


def level(limit_ma):
    return round(limit_ma / 1000)


def take_arrivals(sim, seen):
    """New SetChargingProfile arrivals into seen: n -> (ns, level)."""
    for a in sim.charger()["profile_arrivals"]:
        seen[a["n"]] = (a["mono_ns"], level(a["limit"]))


def match(events, arrivals):
    """ms from each event to the first profile of its level after it; None: it never came."""
    ordered, out, first = sorted(arrivals.values()), [], 0
    for changed, amps in events:
        while first < len(ordered) and ordered[first][0] < changed:
            first += 1
        hit = next((at for at, lev in ordered[first:first + 64] if lev == amps), None)
        out.append(None if hit is None or hit - changed > 3e9 else (hit - changed) / 1e6)
    return out


def measure(tmp, interval, count, gap_s):
    """Latencies in ms; gap_s: shortest and longest pause between two events, uniform."""
    rng = random.Random(4711)
    sim = ["--battery", "none", "--charger", f"id=box1,car-max-ma={CAR_A * 1000},delay-ms=0"]
    events, arrivals = [], {}
    with House(tmp, edit=calm_off(interval), bin_dir=RELEASE, sim=sim) as house:
        house.sim("set", pv_w=0, load_w=[0, 0, 0])
        poke(house.sim, 10)
        house.sim("plug", charger=1)
        house.bus.wait_for("charger/garage/state", lambda v: v["power_w"] > 1000, timeout=60)
        until(lambda: level(house.sim.charger()["commanded_ma"]) == 10, 60, "the limit fits the register")
        house.bus.close()  # an observer of every message would take the very core that is measured
        last = 10
        for n in range(count):
            last = rng.choice([a for a in LEVELS_A if a != last])
            events.append((poke(house.sim, last), last))
            select_wait(rng.uniform(*gap_s))
            if n % 30 == 29:
                take_arrivals(house.sim, arrivals)
        until(lambda: level(house.sim.charger()["commanded_ma"]) == last, 10, "the last limit")
        take_arrivals(house.sim, arrivals)
    found = match(events, arrivals)
    return [ms for ms in found if ms is not None], found.count(None)


def floor_ms():
    """p50 of tools/baseline's chain with Paho and a broker without Nagle, back to back."""
    source = SHARED / "tools" / "baseline"
    if not source.is_dir():
        if os.environ.get("CI") == "true":
            sys.exit("reaction: no tools/baseline in WATTBUS_SHARED")
        print("skipped: floor: no tools/baseline in WATTBUS_SHARED")
        return None
    with tempfile.TemporaryDirectory() as tmp:
        work = pathlib.Path(tmp)
        for f in source.iterdir():
            shutil.copy(f, work)
        port, = free_ports(1)
        subprocess.run(["gcc", "-O2", "-DUSE_PAHO", "chain.c", "-o", "chain", "-lpaho-mqtt3a",
                        "-lmodbus", "-ljson-c", "-lpthread"], cwd=work, check=True, capture_output=True)
        (work / "b.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n"
                                     "persistence false\nset_tcp_nodelay true\nlog_type error\n")
        broker = subprocess.Popen([MOSQUITTO, "-c", work / "b.conf"], stderr=subprocess.DEVNULL)
        try:
            until(lambda: listening(port), 10, "the broker of the floor")
            out = subprocess.run([work / "chain", str(port), "0", "300"], cwd=work, text=True,
                                 capture_output=True, timeout=120).stdout
        finally:
            broker.terminate()
            broker.wait(10)
    return parse_floor(out)


def parse_floor(out):
    m = re.search(r"p50[ =:]+([\d.]+)", out)
    if not m:
        sys.exit(f"reaction: the floor's output is not understood: {out}")
    return float(m.group(1)) / 1000  # it prints microseconds


def main():
    with tempfile.TemporaryDirectory() as fast_dir, tempfile.TemporaryDirectory() as slow_dir:
        fast, fast_lost = measure(fast_dir, "0 s", EVENTS, (0.008, 0.016))
        floor = floor_ms()
        slow, slow_lost = measure(slow_dir, "1 s", SLOW_EVENTS, (1.1, 1.5))
    rows = [("events", len(fast), "1"), ("lost", fast_lost + slow_lost, "1"),
            ("p50_ms", round(percentile(fast, 50), 3), "ms"),
            ("p99_ms", round(percentile(fast, 99), 3), "ms"),
            ("max_ms", round(max(fast), 3), "ms")]
    if floor is not None:
        rows.append(("floor_p50_ms", round(floor, 3), "ms"))
    rows += [("poll1s_events", len(slow), "1"),
             ("poll1s_p50_ms", round(statistics.median(slow), 1), "ms"),
             ("poll1s_p99_ms", round(percentile(slow, 99), 1), "ms")]
    value = {name: v for name, v, _ in rows}
    finish(rows, value["p50_ms"] <= 1 and value["p99_ms"] <= 5 and value["poll1s_p99_ms"] <= 1050
           and value["lost"] == 0)


main()
