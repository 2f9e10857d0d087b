# SPDX-License-Identifier: Apache-2.0
"""The services against peers from PyPI: a charge point of the `ocpp` package, devices of pymodbus."""
import json

import pytest

from harness import PATIENCE_S, free_ports, until
from peers import VOLTS, Peers, Sdm630


@pytest.fixture
def world(make_house):
    ports = free_ports(2)
    peers = Peers(ports)

    def edit(site):
        site["buses"]["meter"]["port"], site["buses"]["hybrid"]["port"] = ports
        del site["batteries"]
        site["chargers"]["garage"].update({"ocpp": "pybox", "interval": "1 s"})
        site["control"].update({"mean": "1 s", "settling": "1 s"})

    house = make_house(edit=edit, sim=None)
    yield house, peers
    peers.close()


def test_every_value_on_the_bus_is_what_the_peers_hold(world):
    house, peers = world
    _, meter = house.bus.wait_for("meter/grid/state", lambda v: v["power_w"] is not None)
    get = peers.meter.get
    for k in range(3):
        power = get(Sdm630.POWER + 2 * k)
        assert meter["power_phase_w"][k] == pytest.approx(power, abs=1)
        current = get(Sdm630.CURRENT + 2 * k) * (1 if power >= 0 else -1)
        assert meter["current_phase_ma"][k] == pytest.approx(current * 1000, abs=1)
        assert meter["voltage_phase_mv"][k] == pytest.approx(get(Sdm630.VOLTAGE + 2 * k) * 1000, abs=1)
    assert meter["power_w"] == pytest.approx(get(Sdm630.TOTAL), abs=1)
    assert meter["frequency_mhz"] == pytest.approx(get(Sdm630.HERTZ) * 1000, abs=1)
    assert meter["import_wh"] == pytest.approx(1234500, abs=1)
    assert meter["export_wh"] == pytest.approx(67250, abs=1)

    _, info = house.bus.wait_for("inverter/roof/info", lambda v: v["serial"])
    assert (info["vendor"], info["model"], info["serial"]) == ("Pymodbus", "Interop 10", "SN-0815")
    assert info["firmware"] == "3.6.9"
    _, state = house.bus.wait_for("inverter/roof/state", lambda v: v["power_w"] is not None)
    assert state["power_w"] == peers.inverter.watts == 9000
    assert state["pv_power_w"] == 9150
    assert state["yield_wh"] == peers.inverter.wh
    assert state["frequency_mhz"] == 50010
    assert state["status"] == "producing"
    assert state["voltage_phase_mv"] == [230000, 230300, 230700]
    assert state["current_phase_ma"] == [10 * peers.inverter.centi_amps] * 3

    # and they follow
    mark = house.bus.mark()
    peers.weather(5210)
    house.bus.wait_for("inverter/roof/state", lambda v: v["power_w"] == 5210, mark=mark)
    total = round(peers.meter.get(Sdm630.TOTAL))
    house.bus.wait_for("meter/grid/state", lambda v: abs(v["power_w"] - total) <= 1, mark=mark)


def test_a_charge_from_plug_in_to_stop(world):
    house, peers = world
    box = peers.connect(f"ws://127.0.0.1:{house.ocpp_port}", "pybox")
    _, info = house.bus.wait_for("charger/garage/info", lambda v: v["vendor"])
    assert (info["vendor"], info["model"], info["firmware"]) == ("Interop", "PyBox", "1.2.3")
    house.bus.wait_for("charger/garage/state", lambda v: v["online"] and v["evse_state"] == "A")

    peers.run(box.plug_in())
    assert box.transaction is not None
    _, state = house.bus.wait_for("charger/garage/state",
                                  lambda v: v["evse_state"] == "C" and v["transaction"] == box.transaction,
                                  timeout=60)
    assert state["id_tag"] == box.tag

    # Limits follow the surplus computed from the registers, up, down, and up again.
    for pv_w in (9000, 6500, 9900):
        peers.weather(pv_w)

        def follows():
            wanted = peers.surplus_w() / 3 / VOLTS
            return abs(box.amps() - wanted) < 0.8 and wanted > 6
        until(follows, 60, f"limit {box.amps()} A follows {peers.surplus_w() / 3 / VOLTS:.1f} A")
        assert box.amps() * VOLTS * 3 <= peers.surplus_w() + 300
    _, state = house.bus.wait_for(
        "charger/garage/state",
        lambda v: abs(v["power_w"] - 3 * VOLTS * box.amps()) < 40 and abs(v["energy_wh"] - box.energy_wh) < 5)
    assert state["current_phase_ma"] == [pytest.approx(1000 * box.amps(), abs=60)] * 3
    assert state["applied"]["current_ma"] == pytest.approx(1000 * box.limit(), abs=1)

    # Lease inside the box: below the running profile lies a low one that stays.
    assert box.default is not None and box.default <= 6
    assert any(end < 1e9 for _a, end in box.tx.values()), "the TxProfile has a duration"

    # A cloud: minimum at once; lock: zero.
    peers.weather(1000)
    until(lambda: box.amps() == 6, 30, "minimum under the cloud")
    house.bus.publish("charger/garage/override/mode", "lock")
    until(lambda: box.limit() == 0, 10, "locked")
    house.bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "B")

    number, energy = box.transaction, round(box.energy_wh)
    peers.run(box.unplug())
    _, state = house.bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "A")
    assert state.get("transaction") is None
    wanted = {"transaction": number, "meter_start_wh": 4321, "meter_stop_wh": energy,
              "energy_wh": energy - 4321, "id_tag": "CARD1", "stop_reason": "EVDisconnected"}
    house.bus.wait(lambda: any(wanted.items() <= s.items() for s in sessions(house)), PATIENCE_S,
                   f"a session with {wanted}: {sessions(house)}")


def sessions(house):
    return [json.loads(p) for _a, t, p, _r in list(house.bus.messages) if "/session/" in t and p]


def test_a_request_reaches_the_box(world):
    house, peers = world
    box = peers.connect(f"ws://127.0.0.1:{house.ocpp_port}", "pybox")
    house.bus.wait_for("charger/garage/state", lambda v: v["online"])
    house.cli("request", "charger/garage", "unlock")
    until(lambda: ("UnlockConnector", 1) in box.calls, PATIENCE_S, "the box is asked to unlock")
    house.bus.wait_for("charger/garage/state",
                       lambda v: any(r["action"] == "unlock" and r["result"] in ("done", "accepted")
                                     for r in v["results"]))


def test_an_unknown_charge_point_is_refused(world):
    house, peers = world
    with pytest.raises(Exception):
        peers.connect(f"ws://127.0.0.1:{house.ocpp_port}", "stranger")
    topics = {t for _a, t, _p, _r in house.bus.messages}
    assert not [t for t in topics if "stranger" in t]
