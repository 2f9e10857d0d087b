# SPDX-License-Identifier: Apache-2.0
"""tests/run mutants [N [SEED]]: how many mechanical mistakes in the controller's core do its tests find?

Draws N places (200) of all comparisons, operators, signs, constants and statements of
services/surplus-controller/core, breaks one at a time in a copy of the tree, and runs every test program
that contains the core. Killed: it does not build into something that passes. The last lines list the
survivors, each with the word on it from words.tsv. Exit 0 from 85 % on."""
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

from sites import mutated, sites

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WATTBUS_BUILD", ROOT / "build")) / "mutants"
CORE = "services/surplus-controller/core"
JOBS, GOAL = 2, 0.85
COMPILE_S = 300


def copy_tree(to):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                           capture_output=True, check=True).stdout.decode().split("\0")
    keep = set()
    for name in filter(None, names):
        source, target = ROOT / name, to / name
        keep.add(target)
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy2(source, target)
    for path in to.rglob("*"):
        if path.is_file() and path not in keep:
            path.unlink()


class Bench:
    """One copy of the tree with its build: what breaks and mends one file at a time."""

    def __init__(self, number):
        self.src, self.out = BUILD / f"src{number}", BUILD / f"out{number}"
        copy_tree(self.src)
        # warnings do not matter here; asserts and sanitizers do
        subprocess.run(["cmake", "-G", "Ninja", "-S", self.src, "-B", self.out, "-DCMAKE_C_COMPILER=gcc",
                        "-DWATTBUS_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-w -O1"], check=True,
                       stdout=subprocess.DEVNULL)
        self.defined = {}
        self.ninja(check=True)
        self.tests = self.find_tests()
        if not self.tests:
            sys.exit("mutants: no test program contains the core")

    @staticmethod
    def functions(path):
        shown = subprocess.run(["nm", path], capture_output=True, check=True, text=True).stdout
        return {line.split()[2] for line in shown.splitlines() if " T " in line}

    def contains(self, test, path):
        """Is that source in the program? A header is everywhere."""
        if path.endswith(".h"):
            return True
        key = path.rsplit("/", 1)[-1]
        if key not in self.defined:
            objects = list(self.out.glob(f"services/surplus-controller/CMakeFiles/*/core/{key}.o"))
            self.defined[key] = set().union(*(self.functions(o) for o in objects))
        return bool(self.defined[key] & test["functions"])

    def find_tests(self):
        shown = subprocess.run(["ctest", "--test-dir", self.out, "--show-only=json-v1"], capture_output=True,
                               check=True).stdout
        tests = []
        for test in json.loads(shown)["tests"]:
            command = test.get("command", [])
            if not command or not command[0].startswith(str(self.out)):
                continue
            target = os.path.relpath(command[0], self.out)
            needs = subprocess.run(["ninja", "-C", self.out, "-t", "inputs", target], capture_output=True,
                                   check=True, text=True).stdout
            if f"{CORE}/" in needs:
                env = {}
                for prop in test.get("properties", []):
                    if prop["name"] == "ENVIRONMENT":
                        env = dict(item.split("=", 1) for item in prop["value"])
                tests.append({"name": test["name"], "target": target, "command": command, "env": env, "limit": 120,
                              "functions": self.functions(self.out / target)})
        return tests

    def ninja(self, target="all", check=False):
        done = subprocess.run(["ninja", "-C", self.out, target], capture_output=True, text=True,
                              timeout=COMPILE_S)
        if check and done.returncode:
            sys.exit(f"mutants: the tree does not build:\n{done.stdout[-2000:]}")
        return done.returncode == 0

    def passes(self, test):
        try:
            return subprocess.run(test["command"], env={**os.environ, **test["env"]}, cwd=self.out,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=test["limit"]).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def measure(self):
        """Every test must pass unbroken; the quick ones are asked first."""
        for test in self.tests:
            begin = time.monotonic()
            if not self.passes(test):
                sys.exit(f"mutants: {test['name']} fails without any mutation")
            test["s"] = time.monotonic() - begin
            test["limit"] = 10 + 6 * test["s"]

    def judge(self, site, kills):
        """Name of the test that kills it, 'compiler', or None for a survivor. Whoever killed most in this
        file is asked first, then the quick ones; a test is built only when it is asked."""
        path = self.src / site.path
        whole = path.read_text()
        path.write_text(mutated(whole, site))
        try:
            for test in sorted(self.tests, key=lambda t: (-kills[site.path, t["name"]], t["s"])):
                if not self.contains(test, site.path):
                    continue
                if not self.ninja(test["target"]):
                    return "compiler"
                if not self.passes(test):
                    kills[site.path, test["name"]] += 1
                    return test["name"]
            return None
        finally:
            path.write_text(whole)


def draw(n, seed):
    everywhere = []
    for path in sorted([*(ROOT / CORE).glob("*.c"), ROOT / CORE / "layers.h"]):
        name = str(path.relative_to(ROOT))
        everywhere += sites(name, path.read_text())
    return everywhere, random.Random(seed).sample(everywhere, len(everywhere))


def words():
    out = {}
    for line in (ROOT / "tests/mutants/words.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, word = line.split("\t")
            out[name] = word
    return out


def judged(benches, order, n):
    """The first n that compile, in the order drawn."""
    free = list(benches)
    results, waiting = [], collections.deque(order)
    kills = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        running = {}
        while len(results) < n and (waiting or running):
            while free and waiting and len(results) + len(running) < n:
                bench, site = free.pop(), waiting.popleft()
                running[pool.submit(bench.judge, site, kills)] = (bench, site)
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for one in done:
                bench, site = running.pop(one)
                free.append(bench)
                by = one.result()
                if by != "compiler":
                    results.append((site, by))
                    if "-v" in sys.argv:
                        print(f"{len(results):4} {'killed by ' + by if by else 'SURVIVED'}: {site.path}:{site.line} "
                              f"{site.name()}", flush=True)
    return results


def main():
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    n, seed = (numbers + [200, 1][len(numbers):])[:2]
    everywhere, order = draw(n, seed)
    if len(everywhere) < n:
        sys.exit(f"mutants: only {len(everywhere)} places to break, {n} wanted")
    benches = [Bench(i) for i in range(JOBS)]
    benches[0].measure()
    for bench in benches[1:]:
        limits = {t["name"]: t for t in benches[0].tests}
        for t in bench.tests:
            t.update(limit=limits[t["name"]]["limit"], s=limits[t["name"]]["s"])
    results = judged(benches, order, n)
    known = words()
    for site, by in sorted(results, key=lambda r: (r[0].path, r[0].line)):
        if not by:
            print(f"survived: {site.path}:{site.line} {site.kind}: {site.old} -> {site.new or 'deleted'}")
            print(f"    {site.code}\n    {known.get(site.name(), 'no word on it yet')}")
    kinds = collections.Counter((site.kind, bool(by)) for site, by in results)
    for kind in sorted({site.kind for site, _ in results}):
        print(f"{kind}: {kinds[kind, True]} of {kinds[kind, True] + kinds[kind, False]} killed")
    killed = sum(1 for _, by in results if by)
    print(f"{len(everywhere)} places, {len(results)} drawn with seed {seed}, {killed} killed: "
          f"{100 * killed / len(results):.1f} %")
    print(f"{killed} killed, {len(results) - killed} survived")
    return 0 if killed >= GOAL * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
