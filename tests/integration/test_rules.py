# SPDX-License-Identifier: Apache-2.0
"""Rules, variables, computed meters and limits over a real broker."""
import re
import subprocess
import time

import yaml

from harness import BIN, DEMO_SITE, ROOT, SERVICES

QUARTER_MS = 900_000


def with_rules(site):
    site["control"].update({"mean": "1 s", "settling": "1 s", "record": True})
    site["chargers"]["garage"].update(interval="1 s", fallback="0 A", rules=["cheap", "gate"])
    site["inputs"] = {"gate": {"name": "Gate"}}
    site["rules"] = {"cheap": {"price_below": "0.20 EUR/kWh", "set": "(variable.amps) A"},
                     "gate": {"input": "gate", "at_most": "8 A"}}
    site["variables"] = {"amps": {"expression": 12, "settable": True, "unit": "A"},
                         "night": {"expression": "time.hour < 6 or time.hour >= 22"}}
    site["meters"]["rest"] = {"expression": "meter.grid.power_w - default(charger.garage.power_w, 0)"}
    site["circuits"]["grid"].update(current_limit="variable.amps * 1 A + 2 A")


def price(house, bus, eur):
    now = int(time.time() * 1000)
    first = now - now % QUARTER_MS
    bus.publish("tariff/import/state", {
        "v": 1, "ts": now, "interval_ms": QUARTER_MS, "max_age_ms": 4 * QUARTER_MS, "kind": "import",
        "slot_ms": QUARTER_MS,
        "slots": [{"start": first + i * QUARTER_MS, "value": round(eur * 1e6)} for i in range(4)]})


def gate(bus, on):
    bus.publish("input/gate/state", {"v": 1, "ts": int(time.time() * 1000), "interval_ms": 60000,
                                     "max_age_ms": 600000, "on": on})


def test_a_price_and_an_input_change_the_limit(make_house):
    house = make_house(edit=with_rules, superuser=True,
                       services=[s for s in SERVICES if s != "tariff-service"])
    bus, boss = house.bus, house.client("test", topics=())
    house.sim("plug", charger=1)
    _, control = bus.wait_for("charger/garage/control", lambda v: v["reason"]["code"] == "no_rule")
    assert control["mode"] == "power" and control["mode_source"] == "rule"
    price(house, boss, 0.19)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 12000)
    gate(boss, True)
    _, setpoint = bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 8000)
    assert setpoint["reason"]["text"] == 'Rule "gate" allows 8 A.' and setpoint["limit"] == "rule"
    gate(boss, False)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 12000)
    price(house, boss, 0.21)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 0)
    bus.publish("charger/garage/override/mode", "power")  # people go before rules, not fuses
    _, setpoint = bus.wait_for("charger/garage/setpoint",
                               lambda v: v["current_ma"] > 12000 and v["limit"] == "circuit")
    assert setpoint["current_ma"] == 14000
    assert house["surplus-controller"].stop() == 0
    file = house.dir / "state" / "surplus-controller" / "decisions.jsonl"
    done = house.cli("replay", "-q", str(file))  # the caps and limits are in the recording
    assert done.stdout.rstrip().endswith(" 0 of them differ"), done
    house.start("surplus-controller")


def test_a_variable_survives_a_restart(make_house):
    house = make_house(edit=with_rules)
    bus = house.bus
    _, night = bus.wait_for("variable/night/state")
    assert night["value_milli"] in (0, 1000)
    bus.wait_for("variable/amps/state", lambda v: v["value_milli"] == 12000 and v["unit"] == "A")
    house.cli("set", "variable/amps", "value", "9.5")
    bus.wait_for("variable/amps/state", lambda v: v["value_milli"] == 9500)
    bus.wait_for("variable/amps/override/value", lambda v: v == "")  # taken and cleared
    house.kill("surplus-controller")
    mark = bus.mark()
    house.start("surplus-controller")
    house.online("surplus-controller", mark=mark)
    bus.wait_for("variable/amps/state", lambda v: v["value_milli"] == 9500, mark=mark)
    bus.publish("variable/amps/override/value", "nonsense")
    bus.wait_for("service/surplus-controller/status",
                 lambda v: any(f["code"] == "variable_refused" for f in v.get("faults", [])))
    bus.publish("variable/amps/override/value", "auto")
    bus.wait_for("variable/amps/state", lambda v: v["value_milli"] == 12000)


def test_a_computed_meter_is_on_the_bus(make_house):
    house = make_house(edit=with_rules)
    house.sim("set", pv_w=0, load_w=[5000, 5000, 5000])  # more than the battery covers
    _, meter = house.bus.wait_for(
        "meter/rest/state", lambda v: v["power_w"] > 5000 and v["power_w"] in {
            m["power_w"] for _, m, _ in house.bus.since("meter/grid/state")})
    assert meter["role"] == "display"
    house.bus.wait_for("meter/rest/info", lambda v: v["model"] == "computed")
    assert not any(f["code"] == "bus_refused"
                   for f in house.bus.last("service/surplus-controller/status").get("faults", []))


def test_check_shows_the_column_in_the_expression(tmp_path):
    site = tmp_path / "site.yaml"
    site.write_text('variables:\n  a:\n    expression: "1 + meter.grid.power"\n'
                    "  b: {expression: time.hour > }\n")
    done = subprocess.run([BIN / "wattbus", "check", site], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert 'site.yaml:3:22: variable.a: expression: character 5: meter grid is not under meters' in said
    assert 'site.yaml:4:30: variable.b: expression: character 12: expected a number' in said


def merge(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def test_the_examples_of_the_documentation_are_good(tmp_path):
    text = (ROOT / "docs" / "rules.md").read_text()
    site = yaml.safe_load(DEMO_SITE.read_text())
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        merge(site, yaml.safe_load(block))
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(site, sort_keys=False))
    done = subprocess.run([BIN / "wattbus", "check", tmp_path / "site.yaml"], text=True, cwd=ROOT,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and "warning" not in done.stdout + done.stderr, done
