# SPDX-License-Identifier: Apache-2.0
"""Modes time and target, cars and settings, as people set them over a real broker."""
import datetime
import json
import struct
import time

import pytest

from harness import until

CALM = {"pv_w": 0, "load_w": [300, 200, 200]}


def lively(site):
    site["control"].update({"mean": "1 s", "settling": "1 s"})
    site["chargers"]["garage"]["interval"] = "1 s"
    site["chargers"]["garage"]["can_switch_phases"] = True
    site["vehicles"] = {
        "zoe": {"name": "Zoe", "capacity": "52 kWh", "phases": 3, "charger": "garage"},
        "up": {"capacity": "32 kWh", "phases": 1},
    }


@pytest.fixture
def parked(make_house):
    """No sun, a car at the wallbox, mode solar_pure: it waits."""
    house = make_house(edit=lively)
    house.sim("set", **CALM)
    house.sim("plug", charger=1)
    house.bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "B")
    return house


def control(house, predicate, mark=None, timeout=30):
    return house.bus.wait_for("charger/garage/control", predicate, mark=mark, timeout=timeout)[1]


def choose(house, field, value, predicate):
    """Sets an override; the first control message after it that the predicate likes."""
    mark = house.bus.mark()
    house.bus.publish(f"charger/garage/override/{field}", value)
    return control(house, predicate, mark)


def tzif(offset_s):
    """A time zone file with one offset, to the second: the clock on the wall is the test's."""
    def block(version):
        head = b"TZif" + version + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
        return head + struct.pack(">lBB", offset_s, 0, 0) + b"LOC\0"

    sign, rest = ("-" if offset_s >= 0 else ""), abs(offset_s)
    footer = f"<LOC>{sign}{rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
    return block(b"2") + block(b"2") + b"\n" + footer.encode() + b"\n"


def clock_says(house, folder, hour, minute, second):
    """The controller starts anew in a place where it is that late now."""
    day = (time.time() + 43200) % 86400 - 43200
    offset = hour * 3600 + minute * 60 + second - round(day)
    offset = (offset + 43200) % 86400 - 43200
    (folder / "UTC").write_bytes(tzif(offset))
    assert house["surplus-controller"].stop() == 0
    mark = house.bus.mark()
    house.start("surplus-controller")
    house.online("surplus-controller", mark=mark)


def test_a_week_table_moves_the_wallbox_at_the_quarter_hour(make_house, tmp_path):
    folder = tmp_path / "zones"
    folder.mkdir()
    (folder / "UTC").write_bytes(tzif(0))

    def edit(site):
        lively(site)
        site["timezone"] = "UTC"

    house = make_house(edit=edit, env={"TZDIR": str(folder)})
    house.sim("set", **CALM)
    house.sim("plug", charger=1)
    house.bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "B")
    clock_says(house, folder, 11, 59, 50)
    choose(house, "week", "08:00-12:00 lock; 12:00-13:00 power; else solar_pure",
           lambda v: v.get("week", "").startswith("08:00"))
    before = choose(house, "mode", "time", lambda v: v["mode"] == "time")
    assert before["active_mode"] == "lock" and before["active_source"] == "table"
    assert before["local_start"] is False
    assert before["mode_reason"]["text"] == "By the week table, until 12:00."
    noon = before["next_change"] / 1000
    assert 0 < noon - time.time() < 11, "the clock is set to the second"
    after = control(house, lambda v: v["active_mode"] == "power")
    assert after["mode"] == "time"
    assert abs(after["ts"] / 1000 - noon) < 0.5, "at the quarter hour, not before and not later"
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 16000)
    until(lambda: house.sim.charger()["commanded_ma"] == 16000, 10, "the box is told")
    # Another mode ends it; the table stays.
    ended = choose(house, "mode", "lock", lambda v: v["mode"] == "lock")
    assert ended["week"].startswith("08:00") and ended["active_source"] == "override"


def test_a_wrong_table_is_refused_with_its_place(parked):
    answer = choose(parked, "week", "mon-fri 08:10-12:00 lock", lambda v: v.get("results"))
    assert answer["results"][-1]["result"] == "rejected"
    assert answer["results"][-1]["text"] == (
        "at character 9: expected quarter hours such as 08:15-12:00, got 08:10-12:00")
    done = parked.cli("set", "charger/garage", "week", "mon-fri 8-12 lock", check=False)
    assert done.returncode == 1 and "at character 9" in done.stderr
    parked.cli("set", "charger/garage", "week", "mon-fri 08:00-12:00 lock; else power")
    assert parked.bus.last("charger/garage/control")["week"].endswith("else power")


def test_target_with_a_pushed_state_of_charge(parked):
    bus = parked.bus
    bus.publish("vehicle/zoe/override/soc", "62")
    _, car = bus.wait_for("vehicle/zoe/state", lambda v: v.get("soc_pm") == 620)
    assert car["charger"] == "garage" and car["soc_at"] > 0
    choose(parked, "target_soc", "800", lambda v: v.get("target_soc_pm") == 800)
    far = (datetime.datetime.now() + datetime.timedelta(hours=5)).astimezone()
    choose(parked, "target_time", far.isoformat(timespec="minutes"),
           lambda v: v.get("target_time", "").startswith(f"{far:%Y-%m-%d}"))
    waits = choose(parked, "mode", "target", lambda v: v["mode"] == "target")
    assert waits["active_mode"] == "solar_pure"
    assert waits["mode_reason"]["code"] == "target_wait"
    assert waits["target_need_wh"] == 10400  # 9.36 kWh into the battery, at 90 %
    assert waits["current_ma"] == 0 and waits["next_change"] == waits["target_start"]
    # 10.4 kWh at 11 kW in 20 minutes: full power at once, and it says how late it will be.
    soon = far - datetime.timedelta(hours=4, minutes=40)
    mark = bus.mark()
    late = choose(parked, "target_time", soon.isoformat(timespec="minutes"),
                  lambda v: v["active_mode"] == "power")
    assert late["mode_reason"]["code"] == "target_late"
    assert "min late" in late["mode_reason"]["text"]
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 16000, mark=mark)
    until(lambda: parked.sim.charger()["power_w"] > 10000, 30, "the car charges")
    # It is there: nothing more goes in.
    mark = bus.mark()
    bus.publish("vehicle/zoe/override/soc", json.dumps({"value": 80.5, "ts": int(time.time() * 1000)}))
    done = control(parked, lambda v: v["current_ma"] == 0, mark)
    assert done["reason"]["code"] == "target_reached"


def test_settings_are_shown_and_survive(parked):
    bus = parked.bus
    for field, value, shown, want in (
            ("phases", "1", "phase_use", "1"), ("phases", "auto", "phase_use", "auto"),
            ("solar_share", "300", "solar_share_pm", 300), ("start_power", "50%", "start_power", "50%"),
            ("use_house_battery", "false", "use_house_battery", False),
            ("target_energy", "5000", "target_energy_wh", 5000), ("vehicle", "up", "vehicle", "up")):
        choose(parked, field, value, lambda v: v.get(shown) == want)
    end = int(time.time() * 1000) + 3000
    choose(parked, "min_current", {"value": 8000, "until": end}, lambda v: v["min_current_ma"] == 8000)
    kept = bus.last("charger/garage/control")
    assert {o["field"] for o in kept["overrides"]} == {
        "phases", "solar_share", "start_power", "use_house_battery", "target_energy", "vehicle",
        "min_current"}
    assert next(o for o in kept["overrides"] if o["field"] == "min_current")["until"] == end
    parked.kill("surplus-controller")
    mark = bus.mark()
    parked.start("surplus-controller")
    again = control(parked, lambda v: "phase_use" in v, mark)
    for field in ("phase_use", "solar_share_pm", "start_power", "use_house_battery",
                  "target_energy_wh", "vehicle"):
        assert again[field] == kept[field], field
    ended = control(parked, lambda v: v["min_current_ma"] == 6000, mark)
    assert ended["ts"] >= end
    back = choose(parked, "phases", "", lambda v: v["phase_use"] == "3")
    assert "phases" not in {o["field"] for o in back["overrides"]}


def test_pause_works_while_a_table_charges(parked):
    bus = parked.bus
    choose(parked, "week", "else power", lambda v: v.get("week") == "else power")
    choose(parked, "mode", "time", lambda v: v["current_ma"] == 16000)
    for action, ma in (("pause", 0), ("resume", 16000)):
        mark = bus.mark()
        bus.publish("charger/garage/request", {"id": f"test-{action}", "action": action,
                                               "expires": int(time.time() * 1000) + 30000})
        shown = control(parked, lambda v: v["current_ma"] == ma, mark)
        assert shown["mode"] == "time" and shown["results"][-1]["result"] == "done"


def settable(document):
    return {c["command_topic"].rsplit("/", 1)[1]: c for c in document["components"].values()
            if "command_topic" in c}


def test_home_assistant_is_offered_what_is_obeyed(parked):
    topic = "homeassistant/device/home_charger_garage__surplus-controller/config"
    wanted = {"mode", "phases", "max_current", "min_current", "priority", "solar_share",
              "start_power", "use_house_battery", "target_energy", "target_soc", "target_time",
              "week", "vehicle"}
    _, document = parked.bus.wait_for(topic, lambda d: wanted <= set(settable(d)))
    parts = settable(document)
    assert parts["mode"]["options"] == ["lock", "power", "solar_pure", "solar_plus", "time",
                                        "target", "auto"]
    assert parts["week"]["platform"] == "text" and parts["use_house_battery"]["platform"] == "switch"
    # What Home Assistant sends for each of them is taken.
    choose(parked, "mode", "lock", lambda v: v["mode_source"] == "override")
    choose(parked, "mode", "auto", lambda v: v["mode_source"] == "default")
    choose(parked, "use_house_battery", parts["use_house_battery"]["payload_off"],
           lambda v: v["use_house_battery"] is False)
