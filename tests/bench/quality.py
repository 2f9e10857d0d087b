# SPDX-License-Identifier: Apache-2.0
"""The referee plays whole days with `wattbus step --stdio` and with its built-in rivals.

The referee is reference material outside of the repository (WATTBUS_SHARED, tools/referee). Every
controller gets the same days, so the rows of the table can be compared.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

from common import BUILD, ROOT, finish

SHARED = pathlib.Path(os.environ.get("WATTBUS_SHARED", ROOT / ".." / "shared"))
BASELINES = ["evcc30", "evcc10", "openwb10", "naive1"]
GOAL = 0.02            # above the best rival
STARTS_PER_DAY = 2.2
CHANGES_PER_HOUR = 20
POWER_TIME = 1.02
COLUMNS = [("violations", "{:.0f}"), ("score", "{:.3f}"), ("score_mean", "{:.3f}"),
           ("starts_per_day", "{:.2f}"), ("switches_per_day", "{:.2f}"),
           ("changes_per_hour", "{:.1f}"), ("power_time", "{:.3f}"), ("late", "{:.0f}")]


def options():
    p = argparse.ArgumentParser(prog="quality", description=__doc__.splitlines()[0])
    p.add_argument("--days", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--only", help="ours, or one rival")
    return p.parse_args()


def build_referee():
    source, target = SHARED / "tools" / "referee", BUILD / "referee"
    if not source.is_dir():
        sys.exit(f"quality: no referee in {source}; WATTBUS_SHARED names where it is")
    target.mkdir(parents=True, exist_ok=True)
    for f in source.iterdir():
        new = target / f.name
        if f.is_file() and (not new.exists() or new.read_bytes() != f.read_bytes()):
            shutil.copyfile(f, new)
    subprocess.run(["make", "-s", "-C", target, "referee"], check=True)
    return target / "referee"


def play(referee, who, o):
    command = [referee, "--days", str(o.days), "--seed", str(o.seed), "--jobs", str(o.jobs),
               "--json"]
    if who == "ours":
        command += ["--controller", f"{os.environ['WATTBUS_BIN']}/wattbus step --stdio"]
    else:
        command += ["--baseline", who]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"quality: the referee ended with {done.returncode} for {who}")
    result = json.loads(done.stdout.splitlines()[-1])
    quality = result["quality"]
    return {"violations": result["safety"]["violations"], "score": quality["score"],
            "score_mean": quality["score_mean"],
            "starts_per_day": quality["starts_per_charger_day"],
            "switches_per_day": quality["phase_switches_per_charger_day"],
            "changes_per_hour": quality["setpoint_changes_per_h"],
            "power_time": quality["power_time_ratio"],
            "late": sum(result["robustness"].values()), "raw": result}


def main():
    o = options()
    referee = build_referee()
    names = [o.only] if o.only else ["ours", *BASELINES]
    print(f"{'':10}" + "".join(f"{name:>17}" for name, _ in COLUMNS))
    rows = {}
    for who in names:
        rows[who] = play(referee, who, o)
        print(f"{who:10}" + "".join(f"{form.format(rows[who][name]):>17}"
                                    for name, form in COLUMNS), flush=True)
    for name, found in rows.get("ours", {"raw": {"safety": {}}})["raw"]["safety"].items():
        if isinstance(found, dict) and found["count"]:
            print(f"violated: {name} {found['count']} times, {found['seconds']} s")
    if o.only:
        return
    ours = rows.pop("ours")
    best = max(r["score"] for r in rows.values())
    best_mean = max(r["score_mean"] for r in rows.values())
    passed = (ours["violations"] == 0 and ours["score"] >= best + GOAL
              and ours["score_mean"] >= best_mean + GOAL and ours["starts_per_day"] <= STARTS_PER_DAY
              and ours["changes_per_hour"] <= CHANGES_PER_HOUR and ours["power_time"] <= POWER_TIME)
    finish([("days", o.days, "d"), ("seed", o.seed, ""),
            ("violations", ours["violations"], ""),
            ("score", ours["score"], ""), ("score_mean", ours["score_mean"], ""),
            ("best_baseline_score", best, ""), ("best_baseline_mean", best_mean, ""),
            ("starts_per_day", ours["starts_per_day"], "1/d"),
            ("changes_per_hour", ours["changes_per_hour"], "1/h"),
            ("power_time", ours["power_time"], ""), ("late", ours["late"], "")], passed)


main()
