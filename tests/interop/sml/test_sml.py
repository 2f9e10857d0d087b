# SPDX-License-Identifier: Apache-2.0
"""Recorded meters: the same values as libsml prints (Debian's), nothing of a damaged telegram. The
recordings are testdata/sml of WATTBUS_SHARED; where telegrams begin and end, and which of them are
whole, this file finds by itself."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[3]
SHARED = pathlib.Path(os.environ.get("WATTBUS_SHARED", ROOT.parent / "shared"))
RECORDINGS = sorted((SHARED / "testdata/sml").glob("*.bin"))
START = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
TELEGRAM = re.compile(re.escape(START) + rb"(?:(?!\x1b\x1b\x1b\x1b).|\x1b{8})*?\x1b{4}\x1a(.)(..)", re.S)


def crc(data, begin, end):
    for byte in data:
        begin ^= byte
        for _ in range(8):
            begin = begin >> 1 ^ (0x8408 if begin & 1 else 0)
    return begin ^ end


def whole_telegrams(stream):
    """Those whose checksum is right, of X.25 or of Kermit."""
    for found in TELEGRAM.finditer(stream):
        said = int.from_bytes(found[2], "little")
        checked = found[0][:-2]
        if said in (crc(checked, 0xFFFF, 0xFFFF), crc(checked, 0, 0)):
            yield found[0]


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    out = tmp_path_factory.mktemp("sml")
    cc = ["cc", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", f"-I{ROOT}", "-include", "libcommon/banned.h"]
    ours = [*ROOT.glob("libcommon/telegram/sml*.c"), ROOT / "libcommon/pure/base.c"]
    here = ROOT / "tests/interop/sml"
    subprocess.run([*cc, "-fsanitize=address,undefined", "-o", out / "ours", here / "ours.c", *ours], check=True, cwd=ROOT)
    subprocess.run(["cc", "-O1", "-w", f"-I{ROOT}", "-o", out / "peer", here / "peer.c", "-lsml"], check=True)
    return out / "ours", out / "peer"


def as_the_standard_has_it(telegram):
    """Holley's DTZ541-ZDBA writes the time of a value as a bare number, which Debian's libsml refuses: with
    kind and number, as SML_Time is, it reads the rest."""
    body = re.sub(
        rb"(\x77\x07.{6}(?:\x01|\x65.{4}))(\x65.{4})", lambda m: m[1] + b"\x72\x62\x01" + m[2], telegram[8:-8], flags=re.S
    )
    return START + body + b"\0" * (-len(body) % 4) + telegram[-8:]


def read_by(reader, data):
    done = subprocess.run([reader], input=data, capture_output=True, timeout=10)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_there_are_recordings():
    if not RECORDINGS:
        pytest.skip("no testdata/sml in WATTBUS_SHARED")
    assert len(RECORDINGS) >= 24


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda p: p.stem)
def test_a_recorded_meter(readers, recording):
    ours, peer = readers
    stream = recording.read_bytes()
    told = read_by(ours, stream)
    telegrams = [t for t in re.split(r"^telegram\n", told.replace("damaged\n", ""), flags=re.M) if t]
    whole = list(whole_telegrams(stream))
    assert len(telegrams) == len(whole)
    for mine, telegram in zip(telegrams, whole, strict=True):
        assert mine == read_by(peer, as_the_standard_has_it(telegram))
        assert re.search(r"^server [0-9a-f]{8,20}$", mine, re.M)
        assert re.search(r"^1-0:[12]\.8\.[01]\*255 = [0-9.e+]+ unit 30$", mine, re.M), "no energy"
    begun = stream.count(START)
    assert told.count("damaged\n") >= begun - len(whole) - 1, "the last one may be cut off"


def test_a_damaged_telegram_gives_nothing(readers):
    damaged = SHARED / "testdata/sml/DZG_DVS-7420.2V.G2_mtr1_error.bin"
    if not damaged.exists():
        pytest.skip("no testdata/sml in WATTBUS_SHARED")
    told = read_by(readers[0], damaged.read_bytes())
    assert set(told.split()) == {"damaged"}
