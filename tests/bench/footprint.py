# SPDX-License-Identifier: Apache-2.0
"""Memory and CPU of all services and the broker for the demo's house, a car charging, 1 s polling.

PSS from smaps_rollup at the end, CPU from /proc/PID/stat over the time. Argument: SECONDS.
"""
import os
import sys
import tempfile
import time

from common import finish
from harness import RELEASE, SERVICES, House

SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
MEASURED = ["broker", *SERVICES]


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    with tempfile.TemporaryDirectory() as tmp:
        with House(tmp, bin_dir=RELEASE) as house:
            house.sim("set", pv_w=9000, load_w=[300, 200, 200])
            house.charging()
            pid = {n: house[n].pid for n in MEASURED}
            before, start = {n: cpu_s(pid[n]) for n in MEASURED}, time.monotonic()
            # an observer of the bus that counts the seconds by the meter's frames
            while time.monotonic() - start < SECONDS:
                house.bus.wait_for("meter/grid/state", mark=house.bus.mark())
            elapsed = time.monotonic() - start
            cpu = {n: 100 * (cpu_s(pid[n]) - before[n]) / elapsed for n in MEASURED}
            pss = {n: pss_kib(pid[n]) for n in MEASURED}
    total_mib, total_cpu = sum(pss.values()) / 1024, sum(cpu.values())
    rows = [(f"pss_kib_{n}", pss[n], "KiB") for n in MEASURED]
    rows += [(f"cpu_percent_{n}", round(cpu[n], 3), "%") for n in MEASURED]
    rows += [("seconds", round(elapsed), "s"), ("pss_mib", round(total_mib, 2), "MiB"),
             ("cpu_percent", round(total_cpu, 3), "%")]
    finish(rows, total_mib <= 32 and total_cpu <= 1)


main()
