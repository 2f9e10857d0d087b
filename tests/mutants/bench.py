# SPDX-License-Identifier: Apache-2.0
"""Builds a copy of the tree twice, with the core as a shared library; then a mutant is one compiled file
and one link, and every test program runs with the broken library by LD_LIBRARY_PATH."""
import collections
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

from sites import mutated

COMPILE_S = 300
# Without sanitizers first: it kills most, many times faster. What survives is asked again with them.
BUILDS = {"plain": ["-DWATTBUS_SANITIZE=OFF"], "sanitized": ["-DWATTBUS_SANITIZE=ON"]}
# Whole days with sanitizers take a minute; the walks and the tests of single layers are there for reads
# beyond an end.
SLOW = {"test_days", "test_scenario", "test_control_loads_random"}


def copy_tree(root, to):
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root,
                           capture_output=True, check=True).stdout.decode().split("\0")
    keep = set()
    for name in filter(None, names):
        source, target = root / name, to / name
        keep.add(target)
        if not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)
    for path in to.rglob("*"):
        if path.is_file() and path not in keep:
            path.unlink()


def symbols(path, kinds):
    shown = subprocess.run(["nm", path], capture_output=True, check=True, text=True).stdout
    return {line.split()[-1] for line in shown.splitlines() if line.split()[-2] in kinds}


class Build:
    def __init__(self, src, out, options, core, jobs, without=()):
        self.src, self.out, self.core, self.without = src, out, core, without
        out.mkdir(parents=True, exist_ok=True)
        # Durability is not what these tests are about, and a disk that others use decides their time.
        nosync = out / "nosync.o"
        (out / "nosync.c").write_text("int fsync(int fd){return fd < 0;}\n")
        subprocess.run(["gcc", "-fPIC", "-c", out / "nosync.c", "-o", nosync], check=True)
        # warnings do not matter here; asserts do
        subprocess.run(["cmake", "-G", "Ninja", "-S", src, "-B", out, "-DCMAKE_C_COMPILER=gcc",
                        "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_C_FLAGS=-w -O1", "-DWATTBUS_SHARED_CORES=ON",
                        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_EXE_LINKER_FLAGS={nosync}", *options],
                       check=True, stdout=subprocess.DEVNULL)
        self.library = "services/surplus-controller/libsurplus_core.so"
        listed = json.loads((out / "compile_commands.json").read_text())
        self.compiles = {os.path.relpath(c["file"], src): c for c in listed if f"/{core}/" in c["file"]}
        self.objects = {name: shlex.split(c["command"])[shlex.split(c["command"]).index("-o") + 1]
                        for name, c in self.compiles.items()}
        self.ninja(self.library, *self.programs(), jobs=jobs)
        self.tests = self.find_tests()
        self.link = self.shown("ninja", "-C", out, "-t", "commands", self.library).splitlines()[-1]
        self.reach()
        self.measure()

    def shown(self, *command):
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    def ninja(self, *targets, jobs):
        done = subprocess.run(["ninja", "-C", self.out, f"-j{jobs}", *targets], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"mutants: the tree does not build:\n{done.stdout[-2000:]}")

    def programs(self):
        """What is linked into tests/ and contains the core."""
        targets = [line.split(":")[0] for line in self.shown("ninja", "-C", self.out, "-t", "targets", "all")
                   .splitlines() if line.startswith("tests/") and "EXECUTABLE_LINKER" in line]
        return [t for t in targets if f"{self.core}/" in self.shown("ninja", "-C", self.out, "-t", "inputs", t)]

    def find_tests(self):
        """ctest tells only of programs that are there."""
        tests = []
        for test in json.loads(self.shown("ctest", "--test-dir", self.out, "--show-only=json-v1"))["tests"]:
            command = test.get("command", [""])
            if not command[0].startswith(f"{self.out}/tests/") or test["name"] in self.without:
                continue
            env = {"ASAN_OPTIONS": "detect_odr_violation=0"}
            for prop in test.get("properties", []):
                if prop["name"] == "ENVIRONMENT":
                    env.update(item.split("=", 1) for item in prop["value"])
            tests.append({"name": test["name"], "command": command, "env": env, "limit": 300})
        if not tests:
            sys.exit("mutants: no test program contains the core")
        return tests

    def reach(self):
        """Which sources each program could run: from what it takes of the library, by what that takes."""
        defines = {name: symbols(self.out / o, "TDBR") for name, o in self.objects.items()}
        takes = {name: symbols(self.out / o, "U") for name, o in self.objects.items()}
        for test in self.tests:
            wanted, reached = symbols(test["command"][0], "U"), set()
            while new := {n for n in defines if n not in reached and defines[n] & wanted}:
                reached |= new
                wanted = wanted.union(*(takes[n] for n in new))
            test["reach"] = reached

    def passes(self, test, libraries=""):
        env = {**os.environ, **test["env"], "LD_LIBRARY_PATH": str(libraries)}
        try:
            return subprocess.run(test["command"], env=env, cwd=self.out, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  timeout=test["limit"]).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def measure(self):
        """Every test must pass unbroken; without a process per case, where it can do without."""
        for test in self.tests:
            for fork in ("no", "yes"):
                test["env"]["CK_FORK"] = fork
                begin = time.monotonic()
                good = self.passes(test)
                test["s"] = time.monotonic() - begin
                if good:
                    break
            else:
                sys.exit(f"mutants: {test['name']} fails without any mutation")
            test["limit"] = 10 + 8 * test["s"]

    def broken(self, site, home):
        """The library with that one mistake, in home; False if it does not compile."""
        shutil.rmtree(home, ignore_errors=True)
        broken = home / "src" / site.path
        broken.parent.mkdir(parents=True)
        broken.write_text(mutated((self.src / site.path).read_text(), site))
        link = self.link
        for name, command in self.compiles.items():
            if name != site.path and not (site.path.endswith(".h") and
                                          f'"{site.path}"' in (self.src / name).read_text()):
                continue
            words = [w for w in shlex.split(command["command"]) if not w.endswith("ccache")]
            new = home / (name.rsplit("/", 1)[-1] + ".o")
            words[words.index("-o") + 1] = str(new)
            words[words.index("-c") + 1] = str(broken if name == site.path else self.src / name)
            words.insert(1, f"-I{home / 'src'}")
            if subprocess.run(words, cwd=command["directory"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=COMPILE_S).returncode:
                return False
            link = link.replace(self.objects[name], str(new))
        link = re.sub(r"-o \S+", f"-o {home / 'libsurplus_core.so'}", link)
        return subprocess.run(link, shell=True, cwd=self.out, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0


class Bench:
    def __init__(self, root, build, core, jobs, quick):
        self.src, self.build = build / "src", build
        self.kills = collections.Counter()
        copy_tree(root, self.src)
        self.builds = {name: Build(self.src, build / name, options, core, jobs,
                                   SLOW if name == "sanitized" else {"test_days"} if quick else ())
                       for name, options in BUILDS.items() if name == "plain" or not quick}

    def judge(self, site, number):
        """Name of the test that kills it, 'compiler', or None for a survivor. Whoever killed most in this
        file is asked first, then the quick ones."""
        for name, build in self.builds.items():
            home = self.build / f"mutant{number}" / name
            if not build.broken(site, home):
                return "compiler"
            for test in sorted(build.tests, key=lambda t: (-self.kills[site.path, t["name"]], t["s"])):
                if site.path.endswith(".c") and site.path not in test["reach"]:
                    continue
                if not build.passes(test, home):
                    self.kills[site.path, test["name"]] += 1
                    return test["name"]
        return None
