# SPDX-License-Identifier: Apache-2.0
"""Time of one decision: one house, and 1,000 charge points in a circuit tree of five levels."""
import json
import subprocess

from common import BUILD, finish

PROGRAM = BUILD / "gcc" / "tests" / "unit" / "surplus-controller" / "bench_control_step"
HOUSE_US, PARK_US = 5.0, 1000


def main():
    out = subprocess.run([PROGRAM], stdout=subprocess.PIPE, text=True).stdout.splitlines()
    measured = json.loads(out[-1])
    house, three = measured["house_ns"] / 1000, measured["house_3_cars_ns"] / 1000
    finish([("house_us", house, "us"), ("house_3_cars_us", three, "us"),
            ("park_us", measured["park_us"], "us")],
           house <= HOUSE_US and measured["park_us"] <= PARK_US)


main()
