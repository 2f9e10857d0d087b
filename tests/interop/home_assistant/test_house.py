# SPDX-License-Identifier: Apache-2.0
"""The demo's house in the real Home Assistant: every entity lives, and choosing a mode there changes
what the car draws."""
import json

import pytest
from harness import PATIENCE_S, until

DEVICES = {"Grid meter", "Roof", "Battery", "Garage"}
LIVE = ("sensor.home_meter_grid_power_w", "sensor.home_inverter_roof_power_w",
        "sensor.home_inverter_roof_yield_wh", "sensor.home_battery_cellar_soc_pm",
        "sensor.home_charger_garage_power_w",
        "sensor.home_tariff_import_now_micro", "select.home_charger_garage_mode")
ENERGY = [
    {"type": "grid", "cost_adjustment_day": 0.0,
     "flow_from": [{"stat_energy_from": "sensor.home_meter_grid_import_wh", "stat_cost": None,
                    "entity_energy_price": "sensor.home_tariff_import_now_micro",
                    "number_energy_price": None}],
     "flow_to": [{"stat_energy_to": "sensor.home_meter_grid_export_wh", "stat_compensation": None,
                  "entity_energy_price": "sensor.home_tariff_export_now_micro",
                  "number_energy_price": None}]},
    {"type": "solar", "stat_energy_from": "sensor.home_inverter_roof_yield_wh",
     "config_entry_solar_forecast": None},
]


def lively(site):
    site["control"].update({"mean": "1 s", "settling": "1 s"})
    site["chargers"]["garage"]["interval"] = "1 s"


def documents(house):
    """Discovery topic -> last document; documents that were cleared are left out."""
    with house.bus.changed:
        last = {t: p for _at, t, p, _r in house.bus.messages if t.startswith("homeassistant/device/")}
    return {t: p for t, p in last.items() if p}


def entities(house):
    return {c["default_entity_id"] for p in documents(house).values()
            for c in json.loads(p)["components"].values()}


def lifeless(ha, house):
    """What is missing or has no value. A point in time may be unknown: nothing is planned then."""
    now = ha.ours()
    missing = sorted(entities(house) - set(now))
    return missing + [f"{k} {v['state']}" for k, v in sorted(now.items())
                      if v["state"] == "unavailable" or (v["state"] == "unknown" and
                      v["attributes"].get("device_class") != "timestamp")]


@pytest.mark.timeout(900)
def test_house_in_home_assistant(make_house, make_home_assistant):
    house = make_house(edit=lively)
    house.sim("set", pv_w=6000, load_w=[300, 200, 200])
    house.charging()
    ha = make_home_assistant(house.mqtt_port, "home",
                             house.secret_file("home").read_text().strip())
    try:
        until(lambda: set(LIVE) <= set(ha.ours()) and not lifeless(ha, house), 60, "life", every=0.5)
    except AssertionError:
        raise AssertionError(f"without life: {lifeless(ha, house)}, not there: "
                             f"{set(LIVE) - set(ha.ours())}") from None

    # The same numbers as on the bus, in people's units.
    power = house.bus.wait_for("charger/garage/state", lambda v: v["power_w"] > 1000)[1]["power_w"]
    until(lambda: abs(float(ha.value("sensor.home_charger_garage_power_w")) - power) < 1500, 20,
          "the charger's power")
    soc = house.bus.last("battery/cellar/state")["soc_pm"] / 10
    assert abs(float(ha.value("sensor.home_battery_cellar_soc_pm")) - soc) < 2
    price = house.bus.last("tariff/import/state")["now_micro"] / 1e6
    assert float(ha.value("sensor.home_tariff_import_now_micro")) == price

    # Devices are described once, and the energy dashboard takes them.
    registry, _saved, validation = ha.ws({"type": "config/device_registry/list"},
                                         {"type": "energy/save_prefs", "energy_sources": ENERGY},
                                         {"type": "energy/validate"})
    assert DEVICES <= {d["name"] for d in registry}
    # "not tracked yet" is all it may say in its first minutes.
    issues = [i["type"] for source in validation["energy_sources"] for kind in source
              for i in (kind if isinstance(kind, list) else [kind])]
    assert set(issues) <= {"statistics_not_defined", "recorder_untracked"}, validation

    # A person chooses in Home Assistant, the car obeys.
    select = "select.home_charger_garage_mode"
    box = house.sim.charger
    maximum = "number.home_charger_garage_max_current_ma"
    assert float(ha.value(maximum)) == 16
    for mode, obeyed in (("lock", lambda: box()["power_w"] == 0),
                         ("solar_pure", lambda: 1000 < box()["power_w"] < 10000),
                         ("power", lambda: box()["power_w"] > 10000)):
        ha.service("select", "select_option", entity_id=select, option=mode)
        until(lambda m=mode: ha.value(select) == m, PATIENCE_S, f"{mode} is not shown")
        until(obeyed, 60, f"{mode}: the car draws {box()['power_w']} W", every=0.2)
    ha.service("number", "set_value", entity_id=maximum, value=7)
    until(lambda: float(ha.value(maximum)) == 7, PATIENCE_S, "the maximum is not shown")
    until(lambda: 6000 <= max(box()["drawn_ma"]) <= 7000, 60, "the car draws more", every=0.2)

    # A killed service takes its entities along, and a restarted one says the same as before.
    before = documents(house)
    house.kill("meter-reader")
    until(lambda: ha.value(LIVE[0]) == "unavailable", PATIENCE_S, "the meter is still shown")
    house.start("meter-reader")
    until(lambda: ha.value(LIVE[0]) not in ("unavailable", "unknown"), PATIENCE_S, "the meter is back")
    assert documents(house) == before
    assert not ha.complaints(), "\n".join(ha.complaints())
