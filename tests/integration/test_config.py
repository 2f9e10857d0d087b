# SPDX-License-Identifier: Apache-2.0
"""Wrong site files: every service and `wattbus check` refuse them with file:line:column."""
import os
import pathlib
import re
import subprocess

import pytest

from harness import BIN, ROOT, SERVICES

CORPUS = sorted((ROOT / "tests" / "corpus" / "site").glob("*.yaml"))
EX_CONFIG = 78


def test_the_corpus_is_large_enough():
    assert len(CORPUS) >= 20, "the issue asks for 20 variants"


def run(argv):
    """In the corpus, so that the messages name no folder of this machine."""
    env = {**os.environ, "WATTBUS_PROFILES": "../../../deploy/profiles"}
    return subprocess.run(argv, env=env, text=True, capture_output=True, timeout=60,
                          cwd=ROOT / "tests" / "corpus" / "site", stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("path", CORPUS, ids=[p.stem for p in CORPUS])
def test_wrong_site_file(path, tmp_path):
    expected = pathlib.Path(str(path)[:-5] + ".expected").read_text().strip().splitlines()
    wrong = any(": warning: " not in line for line in expected)
    for code, argv in ((1, [BIN / "wattbus", "check", path]),
                       *((EX_CONFIG, [BIN / s, "-n", "-c", path, "-s", tmp_path]) for s in SERVICES)):
        done = run(argv)
        assert done.returncode == (code if wrong else 0), f"{argv}: {done}"
        said = done.stderr + done.stdout
        for line in expected:
            assert line in said, f"{argv[0]} did not say: {line}\n{said}"
        assert re.search(rf"{re.escape(path.name)}:\d+:\d+: ", said), said
        assert "Sanitizer" not in said and "runtime error" not in said


@pytest.mark.parametrize("service", SERVICES)
def test_check_only_touches_nothing(service, tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text((ROOT / "deploy" / "site" / "demo.yaml").read_text())
    done = run([BIN / service, "-n", "-c", site, "-s", tmp_path / "state"])
    assert done.returncode == 0, done
    missing = run([BIN / service, "-n", "-c", tmp_path / "none.yaml", "-s", tmp_path])
    assert missing.returncode == EX_CONFIG and "none.yaml" in missing.stderr
    usage = run([BIN / service, "--no-such-option"])
    assert usage.returncode == 64
