# SPDX-License-Identifier: Apache-2.0
"""Every entity that the rows can yield, in the real Home Assistant: the golden documents of
tests/unit/ha with made-up values. Nothing of it may be refused, dropped or misread."""
import json
import subprocess
import time

import paho.mqtt.client as mqtt
import pytest
from harness import MOSQUITTO, ROOT, free_ports, listening, until

GOLDEN = sorted((ROOT / "tests" / "unit" / "ha" / "golden").glob("*.json"))
NOW_MS = int(time.time() * 1000)
# One value for every field that is shown; by name, as the contract writes it.
VALUES = {
    "online": True, "evse_state": "C", "status": "Charging", "power_w": 11040,
    "power_phase_w": [3680, -3680, 0], "current_phase_ma": [16000, -15500, 0],
    "voltage_phase_mv": [230017, 229900, 231000], "energy_wh": 1234567, "session_wh": 5400,
    "soc_pm": 505, "mode": "solar_pure", "mode_until": NOW_MS, "max_current_ma": 16000,
    "min_current_ma": 6000, "priority": 1, "current_ma": 13000, "phases": 3,
    "reason": {"code": "surplus", "text": "5.2 kW are left over: 8.1 A on three phases"},
    "next_change": NOW_MS, "frequency_mhz": 49987, "import_wh": 10, "export_wh": 0,
    "available_phase_ma": [1000, -500, 0], "max_power_w": 2900, "active": True,
    "consume_w": 4200, "produce_w": 0, "until": NOW_MS, "failsafe": False, "on": True,
    "value": -5, "pv_power_w": 5200, "yield_wh": 99, "limit_w": 0, "sg_state": "forced",
    "temperature_mc": -12500, "deadline": NOW_MS, "version": "0.1.0", "grid_power_w": -100,
    "battery_power_w": 0, "charger_power_w": 0, "house_power_w": 400, "surplus_w": 0,
    "imbalance_va": 4600, "grid_meter": "suspect", "blind": False, "config_agreed": True, "now_micro": -12345,
    "active_mode": "power", "active_source": "table", "phase_use": "auto", "solar_share_pm": 500,
    "mode_reason": {"code": "table", "text": "By the week table, until Mon 12:00"},
    "start_power": "50%", "use_house_battery": True, "target_energy_wh": 12000, "target_soc_pm": 800,
    "target_time": "07:00", "target_deadline": NOW_MS, "target_start": NOW_MS, "target_need_wh": 8000,
    "week": "mon-sun 00:00-06:00 power; " * 30, "vehicle": "zoe", "soc_at": NOW_MS, "soc_estimated": True,
    "used_wh": 1, "budget_wh": 2, "value_milli": 1500, "range_km": 300, "voltage_mv": 410500,
    "charge_power_w": 3000, "discharge_power_w": 0, "min_soc_pm": 50, "max_soc_pm": 950,
    "first_until_soc_pm": 500, "order": "hold", "wanted_w": -1200, "max_charge_w": 5000,
    "max_discharge_w": 0, "allowed_w": 0, "curtailed": True, "feed_in_limit_w": 0, "curtailed_w": 4100,
    "controllable": True, "load_power_w": 3000, "run": True, "given_w": 2800, "sg_order": "recommended",
    "feed_in": {"code": "feed_in", "text": "The plant may feed in 0 W"},
    "left_wh": -500, "left_min": 90, "used_min": 30, "budget_min": 120,
    "user": "anna", "authorised": "refused", "cards": 2, "blocked": False, "used_up": True, "period": "month",
}
MODES = {"battery": "hold", "load": "solar"}
ENDS = ("pv", "battery_discharge", "grid_import", "unmeasured", "house", "loads", "chargers",
        "battery_charge", "grid_export")
VALUES.update({f"{end}_w": 1500 for end in ENDS})
VALUES.update({f"{when}_{end}_wh": 12345 for end in ENDS for when in ("today", "total")})
VALUES.update({f"from_{end}_w": 700 for end in ("pv", "battery", "grid")})
VALUES.update({f"session_{end}_wh": 4500 for end in ("pv", "battery", "grid")})
VALUES.update({"today_autarky_pm": 755, "today_own_use_pm": 1000, "session_solar_pm": 333,
               "consumed_wh": 900, "covered_wh": 800, "grid_wh": 100})
ENUMS = {"limit": "none", "battery": "charging", "inverter": "producing"}
EXPECT = {
    "sensor.home_charger_garage_1_current_phase_ma_l2": "-15.5",
    "sensor.home_charger_garage_1_voltage_phase_mv_l1": "230.017",
    "sensor.home_charger_garage_1_energy_wh": "1234.567",
    "sensor.home_charger_garage_1_soc_pm": "50.5",
    "sensor.home_charger_garage_1_limit": "none",
    "sensor.home_charger_garage_1_reason": "5.2 kW are left over: 8.1 A on three phases",
    "binary_sensor.home_charger_garage_1_online": "on",
    "select.home_charger_garage_1_mode": "solar_pure",
    "number.home_charger_garage_1_max_current_ma": "16.0",
    "select.home_charger_garage_1_phase_use": "auto",
    "text.home_charger_garage_1_target_time": "07:00",
    "switch.home_charger_garage_1_use_house_battery": "on",
    "sensor.home_meter_garage_1_frequency_mhz": "49.987",
    "sensor.home_tariff_garage_1_now_micro": "-0.012345",
    "sensor.home_load_garage_1_temperature_mc": "-12.5",
    "sensor.home_site_garage_1_today_pv_wh": "12.345",
    "sensor.home_site_garage_1_today_autarky_pm": "75.5",
    "sensor.home_charger_garage_1_session_pv_wh": "4.5",
    "sensor.home_variable_garage_1_value_milli": "1.5",
    "binary_sensor.home_grid_limit_garage_1_failsafe": "off",
}


@pytest.fixture
def broker(tmp_path):
    port = free_ports(1)[0]
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    process = subprocess.Popen([MOSQUITTO, "-c", conf], stderr=subprocess.DEVNULL)
    until(lambda: listening(port), 30, "the broker does not listen")
    client = mqtt.Client()
    client.connect("127.0.0.1", port)
    client.loop_start()
    yield port, client
    client.loop_stop()
    process.terminate()
    process.wait(30)


def messages():
    """(document topic, document, {state topic: message}) of every golden file."""
    for path in GOLDEN:
        document = json.loads(path.read_text())
        cls, service = path.stem.split("__")
        topics = {}
        for key, c in document["components"].items():
            field = key[:-3] if key[-3:-1] == "_l" else key
            value = ENUMS.get(cls) if field == "status" and cls in ENUMS else VALUES.get(field)
            value = MODES.get(cls, value) if field == "mode" else value
            topics.setdefault(c["state_topic"], {})[field] = ENUMS["limit"] if field == "limit" else value
        yield f"homeassistant/device/home_{cls}_garage-1__{service}/config", document, topics


def publish(client, topic, value):
    text = value if isinstance(value, str) else json.dumps(value)
    client.publish(topic, text, qos=1, retain=True).wait_for_publish(10)


@pytest.mark.timeout(900)
def test_every_entity(broker, make_home_assistant):
    port, client = broker
    documents, states = list(messages()), {}
    for service in ("bridge", "surplus-controller", "tariff-service", "planner", "signal-bridge"):
        publish(client, f"wattbus/home/service/{service}/status", {"online": True})
    for topic, document, topics in documents:
        publish(client, topic, document)
        for state_topic, message in topics.items():
            missing = [k for k, v in message.items() if v is None]
            assert not missing, f"no example value for {missing}"
            states.setdefault(state_topic, {}).update(message)
    ha = make_home_assistant(port)
    commands = []
    client.on_message = lambda _c, _d, m: commands.append((m.topic, m.payload.decode(), m.retain))
    client.subscribe("wattbus/home/charger/+/override/#", qos=1)
    want = {c["default_entity_id"] for _t, d, _m in documents for c in d["components"].values()}

    def all_good():
        for topic, message in states.items():  # values expire after 10 s here
            publish(client, topic, message)
        now = ha.ours()
        return set(now) >= want and not [
            k for k, v in now.items() if v["state"] in ("unknown", "unavailable")] and now

    try:
        now = until(all_good, 60, "entities", every=1)
    except AssertionError:
        now = ha.ours()
        bad = {k: v["state"] for k, v in now.items() if v["state"] in ("unknown", "unavailable")}
        raise AssertionError(f"missing {want - set(now)}, without value {bad}\n{ha.complaints()}") from None
    assert set(now) == want
    wrong = {k: (now[k]["state"], v) for k, v in EXPECT.items() if now[k]["state"] != v}
    assert not wrong, f"(is, should be): {wrong}"
    for entity, state in now.items():
        if state["attributes"].get("device_class") == "timestamp":
            assert state["state"].startswith(time.strftime("%Y-", time.gmtime(NOW_MS / 1000))), entity

    # What people set arrives on the overrides, in the contract's units, retained.
    ha.service("select", "select_option", entity_id="select.home_charger_garage_1_mode", option="power")
    ha.service("number", "set_value", entity_id="number.home_charger_garage_1_max_current_ma", value=13)
    ha.service("select", "select_option", entity_id="select.home_charger_garage_1_phase_use", option="1")
    ha.service("text", "set_value", entity_id="text.home_charger_garage_1_target_time", value="07:00")
    ha.service("switch", "turn_off", entity_id="switch.home_charger_garage_1_use_house_battery")
    ha.service("number", "set_value", entity_id="number.home_charger_garage_1_target_energy_wh", value=12.5)
    expected = {"mode": "power", "max_current": "13000", "phases": "1", "target_time": "07:00",
                "use_house_battery": "false", "target_energy": "12500"}
    until(lambda: {t.rsplit("/", 1)[1]: p for t, p, _r in commands} == expected, 10, f"{commands}")
    late = mqtt.Client()
    kept = {}
    late.on_message = lambda _c, _d, m: kept.update({m.topic.rsplit("/", 1)[1]: (m.payload.decode(), m.retain)})
    late.connect("127.0.0.1", port)
    late.subscribe("wattbus/home/charger/+/override/#", qos=1)
    late.loop_start()
    until(lambda: kept == {k: (v, True) for k, v in expected.items()}, 10, f"{kept}")
    late.loop_stop()

    # A box that is away takes its values along, but not the news that it is away.
    box = "wattbus/home/charger/garage-1/state"
    states[box] = {**states[box], "online": False}
    publish(client, box, states[box])
    until(lambda: ha.value("sensor.home_charger_garage_1_power_w") == "unavailable", 10, "away")
    assert ha.value("binary_sensor.home_charger_garage_1_online") == "off"
    assert ha.value("select.home_charger_garage_1_mode") != "unavailable"

    # A cleared document takes the device away.
    topic, document, _m = next(d for d in documents if "_tariff_" in d[0])
    publish(client, topic, "")
    gone = {c["default_entity_id"] for c in document["components"].values()}
    until(lambda: not gone & set(ha.ours()), 10, "the tariff is still there")
    assert not ha.complaints(), "\n".join(ha.complaints())

    # The log is able to say no.
    broken = json.loads(json.dumps(documents[0][1]).replace("garage", "broken").replace('"W"', '"kWh"'))
    publish(client, "homeassistant/device/broken/config", broken)
    until(ha.complaints, 30, "a wrong unit was taken", every=0.5)
