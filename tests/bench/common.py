# SPDX-License-Identifier: Apache-2.0
"""What the benches share: the released binaries, the harness, the way results are printed."""
import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WATTBUS_BUILD", ROOT / "build"))
os.environ.setdefault("WATTBUS_BIN", str(BUILD / "gcc" / "bin"))
sys.path.insert(0, str(ROOT / "tests" / "integration"))


def finish(rows, passed):
    """Rows `metric value unit`, then one JSON object with the same keys; exit code 0 or 1."""
    for metric, value, unit in rows:
        print(f"{metric} {value} {unit}")
    print(json.dumps({**{metric: value for metric, value, _ in rows}, "pass": passed}))
    sys.exit(0 if passed else 1)
