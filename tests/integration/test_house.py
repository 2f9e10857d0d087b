# SPDX-License-Identifier: Apache-2.0
"""The house as a whole: charging from surplus, people's wishes, an honest life on the bus."""
import json
import signal
import time

import pytest

from harness import ROOT, SERVICES, until

SUNNY = {"pv_w": 9000, "load_w": [300, 200, 200]}
CLOUDY = {"pv_w": 1500, "load_w": [300, 200, 200]}
MINIMUM_MA = 6000


def lively(site):
    """Times of the controller that a test can wait for; the rules are the same."""
    site["control"].update({"mean": "1 s", "settling": "1 s"})
    site["chargers"]["garage"]["interval"] = "1 s"


@pytest.fixture
def sunny(make_house):
    house = make_house(edit=lively)
    house.sim("set", **SUNNY)
    return house


def limit_at_box(house):
    return house.sim.charger()["commanded_ma"]


def test_charges_from_surplus(sunny):
    sunny.charging()
    # 8.3 kW are left: 12 A on three phases, less the reserve of the grid target.
    _, setpoint = sunny.bus.wait_for("charger/garage/setpoint",
                                     lambda v: 10500 <= v["current_ma"] <= 12200)
    assert setpoint["reason"]["code"] and setpoint["reason"]["text"]
    assert setpoint["fallback_ma"] <= MINIMUM_MA
    until(lambda: abs(sunny.sim.charger()["power_w"] - 8200) < 900, 30, "the car follows")
    before = sunny.sim.state()
    sunny.bus.wait_for("meter/grid/state", mark=sunny.bus.mark())
    after = sunny.sim.state()
    assert after["grid"]["import_wh"] - before["grid"]["import_wh"] <= 1
    assert after["chargers"][0]["overdraw_violations"] == 0


def test_follows_a_cloud(sunny):
    bus = sunny.bus
    sunny.charging()
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 10000)
    sunny.sim("set", **CLOUDY)
    mark = bus.mark()
    _, low = bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == MINIMUM_MA,
                          mark=mark)
    until(lambda: limit_at_box(sunny) == MINIMUM_MA, 10, "the box got the minimum")
    _, control = bus.wait_for("charger/garage/control", lambda v: v["current_ma"] == MINIMUM_MA)
    assert control["next_change"] > low["ts"], "held through the cloud, so it says until when"
    sunny.sim("set", **SUNNY)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 10000, mark=bus.mark())
    assert sunny.sim.state()["grid"]["fuse"][0]["events"] == 0


def test_flows_say_who_covers_whom(sunny):
    bus = sunny.bus
    sunny.charging()
    _, flows = bus.wait_for("site/home/flows",
                            lambda v: v["pv_to_chargers_w"] > 5000 and v["house_w"] > 300)
    sources = ("pv", "battery_discharge", "grid_import", "unmeasured")
    sinks = ("house", "loads", "chargers", "battery_charge", "grid_export")
    for name in ("{}_w", "today_{}_wh", "total_{}_wh"):
        assert sum(flows[name.format(s)] for s in sources) == \
            sum(flows[name.format(s)] for s in sinks), name
    _, car = bus.wait_for("charger/garage/flows", lambda v: v["session_pv_wh"] > 1)
    assert car["session_start"] and car["session_solar_pm"] > 500
    _, surplus = bus.wait_for("meter/derived_surplus/state", lambda v: v["power_w"] > 7000)
    assert surplus["role"] == "display"
    assert bus.last("meter/derived_surplus/info")["name"] == "Surplus"
    # Killed and started again: the session and the day go on.
    mark = bus.mark()
    sunny["surplus-controller"].stop()
    sunny.start("surplus-controller")
    _, again = bus.wait_for("charger/garage/flows", lambda v: "session_start" in v, mark=mark)
    assert again["session_start"] == car["session_start"]
    assert again["session_pv_wh"] >= car["session_pv_wh"]


def test_a_recording_replays(make_house):
    """What was decided in the house is decided again by wattbus replay, from the middle too."""
    house = make_house(edit=lively)
    house.sim("set", **SUNNY)
    house.charging()
    house["surplus-controller"].signal(signal.SIGUSR1)
    until(lambda: "event=record_begun" in house["surplus-controller"].text(), 10, "it records")
    house.sim("set", **CLOUDY)
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == MINIMUM_MA)
    house.sim("set", **SUNNY)
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 10000,
                       mark=house.bus.mark())
    house.bus.publish("charger/garage/override/mode", "lock")
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 0)
    assert house["surplus-controller"].stop() == 0
    file, = house.dir.rglob("decisions.jsonl")
    done = house.cli("replay", str(file))
    assert done.stdout.rstrip().endswith(" 0 of them differ"), done.stdout
    for words in ("garage", "6.0 A", "Charging is locked"):
        assert words in done.stdout
    last = json.loads(file.read_text().splitlines()[-1])["wall"]
    assert "mode lock" in house.cli("replay", str(file), "--explain", str(last)).stdout
    text = file.read_text()
    file.write_text(text.replace('"dead_band_w":140', '"dead_band_w":3000', 1))
    done = house.cli("replay", "-q", str(file), check=False)
    assert done.returncode == 1 and "differs: " in done.stdout
    house.start("surplus-controller")


def test_modes_are_obeyed_within_a_second(sunny):
    bus = sunny.bus
    sunny.charging()
    for mode, fits in (("power", lambda ma: ma == 16000), ("lock", lambda ma: ma == 0),
                       ("power", lambda ma: ma == 16000),
                       ("solar_pure", lambda ma: ma <= 12200), ("lock", lambda ma: ma == 0)):
        mark, start = bus.mark(), time.monotonic()
        bus.publish("charger/garage/override/mode", mode)
        at, control = bus.wait_for("charger/garage/control", lambda v: v["mode"] == mode, mark=mark)
        assert at - start < 1, f"{mode} took {at - start:.2f} s"
        assert control["mode_source"] == "override"
        at, _ = bus.wait_for("charger/garage/setpoint", lambda v: fits(v["current_ma"]), mark=mark)
        if mode == "lock":
            assert at - start < 1, f"the limit of {mode} took {at - start:.2f} s"
            until(lambda: limit_at_box(sunny) == 0, 10, "the box is told to stop")
    mark = bus.mark()
    bus.publish("charger/garage/override/mode", "")
    _, control = bus.wait_for("charger/garage/control", lambda v: v["mode_source"] == "default",
                              mark=mark)
    assert control["mode"] == "solar_pure"


def test_an_override_survives_its_service_and_the_broker(sunny):
    bus = sunny.bus
    bus.publish("charger/garage/override/mode", "lock")
    bus.wait_for("charger/garage/control", lambda v: v["mode"] == "lock")
    for name in ("surplus-controller", "broker"):
        sunny.kill(name)
        mark = bus.mark()
        sunny.start(name)
        bus.wait_for("charger/garage/control", lambda v: v["mode"] == "lock", mark=mark)


@pytest.mark.parametrize("payload", [
    "nonsense", "true", "1e99", "[1]", "{}", '{"value":"fast"}', '{"value":1}', "\x00", "POWER",
    '{"value":"power","until":"never"}', '{"value":"power"', '"' * 3000])
def test_a_bad_mode_changes_nothing(house, payload):
    before = house.bus.wait_for("charger/garage/control")[1]
    mark = house.bus.mark()
    house.bus.publish("charger/garage/override/mode", payload)
    house.bus.publish("charger/garage/override/priority", "7")
    _, after = house.bus.wait_for("charger/garage/control", lambda v: v["priority"] == 7, mark=mark)
    assert after["mode"] == before["mode"] == "solar_pure"


def test_status_tells_the_truth(house):
    for name in SERVICES:
        _, status = house.online(name)
        assert status["boot"] and status["version"] and status["config_hash"]
    hashes = {house.bus.last(f"service/{n}/status")["config_hash"] for n in SERVICES}
    assert len(hashes) == 1
    owned = {n: house.bus.last(f"service/{n}/status").get("ids", []) for n in SERVICES}
    assert "grid" in owned["meter-reader"] and "garage" in owned["ocpp-gateway"]
    assert {"roof", "cellar"} <= set(owned["inverter-bridge"])
    mark = house.bus.mark()
    for name in SERVICES:
        assert house[name].stop() == 0
        house.bus.wait_for(f"service/{name}/status", lambda v: v["online"] is False, mark=mark)


def test_a_killed_service_is_offline_at_once(house):
    for name in SERVICES:
        mark = house.bus.mark()
        killed = house.kill(name)
        at, _ = house.bus.wait_for(f"service/{name}/status", lambda v: v["online"] is False,
                                   mark=mark)
        assert at - killed < 0.2, name
        assert house.cli("health", name, check=False).returncode != 0


def test_health_asks_the_bus(house):
    for name in SERVICES:
        house.cli("health", name, user=name)


def test_reload(house):
    """SIGHUP: a good file is taken, a bad one refused and the old one stays."""
    hash_of = {n: house.bus.last(f"service/{n}/status")["config_hash"] for n in SERVICES}
    good = house.site_path.read_text()
    house.site_path.write_text(good.replace("max_current: 16 A", "max_current: 16 V"))
    for name in SERVICES:
        house[name].signal(signal.SIGHUP)
    for name in SERVICES:
        until(lambda: "site.yaml:" in house[name].text(), 10, f"{name} says what is wrong")
        assert house.bus.last(f"service/{name}/status")["config_hash"] == hash_of[name]
    house.site_path.write_text(good.replace("max_current: 16 A", "max_current: 10 A"))
    mark = house.bus.mark()
    for name in SERVICES:
        house[name].signal(signal.SIGHUP)
    for name in SERVICES:
        house.bus.wait_for(f"service/{name}/status",
                           lambda v: v["online"] and v["config_hash"] != hash_of[name], mark=mark)
    house.bus.publish("charger/garage/override/mode", "power")
    house.sim("plug", charger=1)
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 10000)


def test_every_message_fits_its_schema(sunny):
    import jsonschema
    schemas = sunny.schemas()
    sunny.charging()
    checked = set()
    for _at, topic, payload, _retained in list(sunny.bus.messages):
        parts = topic.split("/")
        if parts[0] != "wattbus" or not payload or "override" in parts:
            continue
        schema = schema_of(schemas, parts[2:])
        assert schema, f"{topic}: no schema"
        jsonschema.validate(json.loads(payload), schema)
        checked.add("/".join([parts[2], parts[-1]]))
    assert {"meter/state", "inverter/state", "battery/state", "charger/state", "charger/setpoint",
            "charger/control", "tariff/state", "service/status"} <= checked


def schema_of(schemas, path):
    for parts, schema in schemas:
        if len(parts) == len(path) and all(a in ("+", b) for a, b in zip(parts, path)):
            return schema
    return None


def test_discovery_documents(sunny):
    """Home Assistant finds each entity's value where the document says that it is."""
    bus = sunny.bus
    sunny.charging()
    documents = {t: json.loads(p) for _a, t, p, _r in bus.messages
                 if t.startswith("homeassistant/") and p}
    assert len(documents) >= 5
    owners, commands, unique = {}, set(), set()
    for topic, document in documents.items():
        assert topic.startswith("homeassistant/device/") and topic.endswith("/config"), topic
        assert document["origin"]["name"] and document["device"]["identifiers"]
        for entity in document["components"].values():
            assert entity["unique_id"] not in unique, entity["unique_id"]
            unique.add(entity["unique_id"])
            state = entity.get("state_topic")
            assert state is None or bus.last(state) is not None, f"{topic}: {state} is silent"
            assert not ("unit_of_measurement" in entity and entity["platform"] == "binary_sensor")
            if "command_topic" in entity:
                commands.add(entity["command_topic"])
        owners[topic] = document["device"]
    assert bus.topic("charger/garage/override/mode") in commands


def test_only_the_owner_may_write(house):
    """The generated ACL: what others publish never arrives."""
    forbidden = {
        "meter-reader": ["charger/garage/setpoint", "inverter/roof/state", "charger/garage/override/mode"],
        "inverter-bridge": ["meter/grid/state", "battery/cellar/setpoint", "service/meter-reader/status"],
        "ocpp-gateway": ["charger/garage/setpoint", "meter/grid/state", "grid/limit/eebus"],
        "surplus-controller": ["meter/grid/state", "charger/garage/state", "tariff/import/state"],
        "tariff-service": ["charger/garage/setpoint", "charger/garage/request"],
        "home": ["charger/garage/setpoint", "meter/grid/state", "service/meter-reader/status"],
    }
    for user, paths in forbidden.items():
        client = house.client(user, topics=())
        marker = f"forbidden by {user}"
        mark = house.bus.mark()
        for path in paths:
            client.publish(path, json.dumps({"v": 1, "text": marker}))
        allowed = "charger/garage/override/priority" if user == "home" else f"service/{user}/marker"
        client.publish(allowed, "1", retain=False)
        house.bus.wait_for(allowed, mark=mark)
        seen = [t for _a, t, p, _r in house.bus.messages[mark:] if marker.encode() in p]
        assert not seen, f"{user} could write {seen}"


def test_nobody_without_a_password(house):
    import paho.mqtt.client as mqtt
    for user, password in ((None, None), ("home", "wrong"), ("nobody", "")):
        answers = []
        client = mqtt.Client(protocol=mqtt.MQTTv311)
        client.on_connect = lambda *a: answers.append(a[3])
        if user:
            client.username_pw_set(user, password)
        client.connect("127.0.0.1", house.mqtt_port)
        until(lambda: client.loop(0.05) is not None and answers, 10, "an answer to CONNECT")
        assert answers[0] in (4, 5), f"{user}: {answers[0]}"


def test_watch_once_shows_the_house(house):
    text = house.cli("watch", "--once").stdout
    for word in ("grid", "roof", "cellar", "garage"):
        assert word in text, text


def test_demo_site_is_good():
    import subprocess
    from harness import BIN, DEMO_SITE
    done = subprocess.run([BIN / "wattbus", "check", DEMO_SITE], capture_output=True, text=True,
                          env={"WATTBUS_PROFILES": str(ROOT / "deploy" / "profiles")})
    assert done.returncode == 0, done.stderr + done.stdout
