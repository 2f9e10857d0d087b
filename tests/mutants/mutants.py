# SPDX-License-Identifier: Apache-2.0
"""tests/run mutants, or mutants.py [-q] [N [SEED [FILE...]]]: how many mechanical mistakes in the controller's
core do its tests find?

Draws N places (200) of all comparisons, operators, signs, constants and statements of
services/surplus-controller/core (or of those FILEs of it), breaks one at a time and asks every test program
that can reach it. Killed: a test fails, crashes or hangs. Mutants that do not compile do not count; another
one is drawn. With -q neither sanitizers nor random days are asked: quicker, for work on tests; some more
survive. Lists the survivors, each with the word on it from words.tsv. Exit 0 from 85 % on."""
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import queue
import sys

from bench import Bench
from sites import sites

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WATTBUS_BUILD", ROOT / "build")) / "mutants"
CORE = "services/surplus-controller/core"
JOBS, GOAL = 2, 0.85


def draw(source, seed, files):
    """All places, in an order drawn from the seed. Each place has its own lot, so that a change of the core
    leaves the rest of the sample, and the words on it, as they were."""
    everywhere = []
    for path in sorted([*(source / CORE).glob("*.c"), source / CORE / "layers.h"]):
        if not files or path.name in files:
            everywhere += sites(str(path.relative_to(source)), path.read_text())
    alike = collections.Counter()

    def lot(site):
        alike[site.name()] += 1
        return hashlib.sha256(f"{seed} {site.name()} {alike[site.name()]}".encode()).digest()
    return [site for _, _, site in sorted((lot(site), i, site) for i, site in enumerate(everywhere))]


def words():
    out = {}
    for line in (ROOT / "tests/mutants/words.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, word = line.split("\t")
            out[name] = word
    return out


def judged(bench, order, n, told):
    """(place, name of the test that killed it or None) of the first n that compile, in the order drawn."""
    free = queue.SimpleQueue()
    for number in range(JOBS):
        free.put(number)

    def one(site):
        number = free.get()
        try:
            return site, bench.judge(site, number)
        finally:
            free.put(number)
    results, waiting = [], collections.deque(order)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        running = collections.deque()
        while len(results) < n and (waiting or running):
            while waiting and len(running) < 4 * JOBS and len(results) + len(running) < n:
                running.append(pool.submit(one, waiting.popleft()))
            site, by = running.popleft().result()
            if by != "compiler":
                results.append((site, by))
                told(len(results), site, by)
    return results


def main():
    arguments = [a for a in sys.argv[1:] if a != "-q"]
    numbers = [int(a) for a in arguments if a.isdigit()]
    n, seed = (numbers + [200, 1][len(numbers):])[:2]
    bench = Bench(ROOT, BUILD, CORE, JOBS, "-q" in sys.argv)
    order = draw(bench.src, seed, [a for a in arguments if not a.isdigit()])
    if len(order) < n:
        sys.exit(f"mutants: only {len(order)} places to break, {n} wanted")

    def told(i, site, by):
        print(f"{i:4} {by or 'SURVIVED':26} {site.path}:{site.line} {site.name()}", flush=True)
    results = judged(bench, order, n, told)
    known = words()
    for site, by in sorted(results, key=lambda r: (r[0].path, r[0].line)):
        if not by:
            print(f"survived: {site.path}:{site.line} {site.name()}\n    "
                  f"{known.get(site.name(), 'no word on it yet')}")
    for name in sorted(known.keys() - {site.name() for site in order}) if len(arguments) == len(numbers) else ():
        print(f"a word on no place: {name}")
    kinds = collections.Counter((site.kind, bool(by)) for site, by in results)
    for kind in sorted({site.kind for site, _ in results}):
        print(f"{kind}: {kinds[kind, True]} of {kinds[kind, True] + kinds[kind, False]} killed")
    killed = sum(1 for _, by in results if by)
    print(f"{len(order)} places, {len(results)} drawn with seed {seed}, {killed} killed: "
          f"{100 * killed / len(results):.1f} %")
    print(f"{killed} killed, {len(results) - killed} survived")
    return 0 if killed >= GOAL * len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
