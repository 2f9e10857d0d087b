# SPDX-License-Identifier: Apache-2.0
"""wattbus sml: what a meter sends, from a recording, a pipe and a serial port."""

import os
import subprocess
import termios

from harness import BIN

START = b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(2, "little")


def entry(obis, unit, scaler, value):
    return b"\x77\x07" + bytes(obis) + b"\x01\x01\x62" + bytes([unit]) + b"\x52" + scaler.to_bytes(1, "big", signed=True) + value + b"\x01"


def telegram():
    """A list response as BSI TR-03109-1 IV has it, of a meter by the name of 1 ABC 00 00000007."""
    values = [
        b"\x77\x07\x01\x00\x60\x32\x01\x01\x01\x01\x01\x01\x04ABC\x01",
        entry([1, 0, 1, 8, 0, 255], 30, -1, b"\x65\x00\x01\xe2\x40"),
        entry([1, 0, 16, 7, 0, 255], 27, -2, b"\x53\xcf\xc7"),
    ]
    body = b"\x77\x01\x0b\x0a\x01ABC\x00\x00\x00\x00\x07\x01\x01" + bytes([0x70 + len(values)]) + b"".join(values) + b"\x01\x01"
    message = b"\x76\x02\x01\x62\x00\x62\x00\x72\x63\x07\x01" + body
    message += b"\x63" + crc(message) + b"\x00"
    pads = -len(message) % 4
    framed = START + message + b"\0" * pads + b"\x1b\x1b\x1b\x1b\x1a" + bytes([pads])
    return framed + crc(framed)


def sml(path, **how):
    return subprocess.run([BIN / "wattbus", "sml", path], capture_output=True, timeout=20, **how)


SHOWN = [
    "server 0a 01 41 42 43 00 00 00 00 07",
    "  1-0:96.50.1*1          vendor       ABC",
    "  1-0:1.8.0*255          import       12345.6 Wh",
    "  1-0:16.7.0*255         power        -123.45 W",
]


def test_a_pipe_and_a_damaged_telegram():
    whole = telegram()
    damaged = whole.replace(b"ABC", b"ABD", 1)
    done = sml("-", input=b"noise" + damaged + whole)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == SHOWN
    assert done.stderr.decode() == "SML telegram: wrong checksum\n"


def test_a_recording(tmp_path):
    (tmp_path / "meter.bin").write_bytes(telegram() * 2)
    done = sml(tmp_path / "meter.bin")
    assert done.stdout.decode().splitlines() == SHOWN * 2
    (tmp_path / "text").write_text("no meter")
    done = sml(tmp_path / "text")
    assert done.returncode == os.EX_DATAERR
    assert "no SML telegram" in done.stderr.decode()
    done = sml(tmp_path / "nothing")
    assert done.returncode == os.EX_NOINPUT
    assert "No such file" in done.stderr.decode()


def test_a_serial_port():
    head, port = os.openpty()
    with subprocess.Popen([BIN / "wattbus", "sml", os.ttyname(port)], stdout=subprocess.PIPE, text=True) as shown:
        while termios.tcgetattr(port)[4] != termios.B9600:  # the port is set up
            assert shown.poll() is None
        assert not termios.tcgetattr(port)[3] & (termios.ECHO | termios.ICANON)
        os.write(head, telegram())
        assert [shown.stdout.readline().rstrip("\n") for _ in SHOWN] == SHOWN
        shown.terminate()
    os.close(head)
    os.close(port)
