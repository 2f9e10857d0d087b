# SPDX-License-Identifier: Apache-2.0
"""Cards, users and budgets with a charge point of the `ocpp` package."""
import contextlib
import time

import pytest
from ocpp.v16 import call

from harness import free_ports, until
from peers import Peers, utc

BUDGET_WH = 60


@pytest.fixture
def world(make_house):
    ports = free_ports(2)
    peers = Peers(ports)

    def edit(site):
        site["buses"]["meter"]["port"], site["buses"]["hybrid"]["port"] = ports
        del site["batteries"]
        site["chargers"]["garage"].update({"ocpp": "pybox", "interval": "1 s", "mode": "power"})
        site["control"].update({"mean": "1 s", "settling": "1 s"})
        site["users"] = {"anna": {"name": "Anna", "cards": [{"tag": "04:A2:B3"}]},
                         "ben": {"cards": [{"tag": "4711"}], "mode": "lock"}}
        site["budgets"] = {"daily": {"user": "anna", "energy": f"{BUDGET_WH} Wh", "period": "day",
                                     "reset_time": "12:00" if time.gmtime().tm_hour > 18 else "23:59"}}

    house = make_house(edit=edit, sim=None)
    yield house, peers
    peers.close()


def connect(house, peers):
    box = peers.connect(f"ws://127.0.0.1:{house.ocpp_port}", "pybox")
    house.bus.wait_for("charger/garage/state", lambda v: v["online"] and v["evse_state"] == "A")
    return box


def show(peers, box, tag):
    """A card is held to the reader; what the reader shows."""
    return peers.run(box.call(call.Authorize(id_tag=tag))).id_tag_info


def start(peers, box, tag):
    async def go():
        answer = await box.call(call.StartTransaction(
            connector_id=1, id_tag=tag, meter_start=round(box.energy_wh), timestamp=utc()))
        box.transaction, box.tag = answer.transaction_id, tag
        await box.say_status("SuspendedEVSE" if box.amps() == 0 else "Charging")
        return answer
    return peers.run(go())


def reason(house, code, timeout=20):
    return house.bus.wait_for("charger/garage/control", lambda v: v["reason"]["code"] == code,
                              timeout=timeout)[1]


def request(house, target, **fields):
    ident = f"t{time.monotonic_ns()}"
    house.bus.publish(f"{target}/request",
                      {"id": ident, "expires": int(time.time() * 1000) + 30000, **fields})
    return ident


def test_a_card_is_needed_and_a_budget_ends(world):
    house, peers = world
    bus, box = house.bus, connect(house, peers)
    peers.run(box.say_status("Preparing"))
    control = reason(house, "not_authorised")
    assert control["current_ma"] == 0 and control["authorised"] == "waiting"

    # a stranger: the reader says no, and the control message why
    assert show(peers, box, "DEADBEEF")["status"] == "Invalid"
    control = reason(house, "card_unknown")
    assert control["authorised"] == "refused" and "user" not in control
    # boxes may begin a transaction all the same: it gets nothing
    assert start(peers, box, "DEADBEEF").id_tag_info["status"] == "Invalid"
    bus.wait_for("charger/garage/state", lambda v: v["id_tag"] == "DEADBEEF")
    reason(house, "card_unknown")
    until(lambda: box.limit() == 0, 20, "no current for a stranger")
    peers.run(box.unplug())

    # a known card: its lists came from the controller, and it charges at once
    peers.run(box.say_status("Preparing"))
    assert show(peers, box, "04A2B3") == {"status": "Accepted", "parent_id_tag": "anna"}
    assert start(peers, box, "04A2B3").id_tag_info["status"] == "Accepted"
    control = bus.wait_for("charger/garage/control", lambda v: v.get("user") == "anna")[1]
    assert control["authorised"] == "accepted"
    until(lambda: box.amps() == 16, 20, "it charges")
    began = box.energy_wh

    # until the budget is used up
    control = reason(house, "budget_used", timeout=60)
    assert control["limit"] == "authorisation" and control["next_change"] > time.time() * 1000
    until(lambda: box.limit() == 0, 20, "the budget is used up")
    until(lambda: box.amps() == 0, 20, "the car pauses")
    used = bus.wait_for("budget/daily/state", lambda v: v["used_up"] and v["left_wh"] <= 0)[1]
    assert used["used_wh"] == pytest.approx(box.energy_wh - began, abs=20)
    bus.wait_for("user/anna/state", lambda v: v["blocked"] and v["chargers"] == ["garage"])
    until(lambda: show(peers, box, "04A2B3")["status"] == "Blocked", 20, "the reader knows, too")

    # topped up: it goes on by itself
    done = house.cli("request", "budget/daily", "top_up", "1 kWh")
    assert "done" in done.stdout
    until(lambda: box.amps() == 16, 20, "it goes on")
    until(lambda: show(peers, box, "04A2B3")["status"] == "Accepted", 20, "and the reader knows")

    # a restart of the controller in the middle: no pause, and nothing counted twice
    mark = len(box.received)
    house.kill("surplus-controller")
    house.start("surplus-controller")
    at = bus.mark()
    house.online("surplus-controller", mark=at)
    bus.wait_for("charger/garage/control", lambda v: v["user"] == "anna" and v["current_ma"] == 16000,
                 mark=at)
    bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] == 16000, mark=at)
    limits = [a for _t, purpose, a in box.received[mark:] if purpose == "TxProfile"]
    assert all(a == 16 for a in limits), f"limits during the restart: {limits}"
    energy = round(box.energy_wh)
    peers.run(box.unplug())
    bus.wait_for("budget/daily/state", lambda v: abs(v["used_wh"] - (energy - began)) <= 2, mark=at)


def test_the_reader_needs_no_controller(world):
    house, peers = world
    box = connect(house, peers)
    until(lambda: show(peers, box, "04A2B3")["status"] == "Accepted", 20, "the lists are there")
    assert show(peers, box, "DEADBEEF")["status"] == "Invalid"
    house.kill("surplus-controller")
    house.kill("ocpp-gateway")
    house.kill("broker")  # nothing but the file knows them
    mark = house.start("ocpp-gateway")
    assert mark
    box = until(lambda: try_connect(house, peers), 20, "the gateway listens again")
    assert show(peers, box, "04A2B3")["status"] == "Accepted"
    assert show(peers, box, "4711")["status"] == "Accepted"
    assert show(peers, box, "DEADBEEF")["status"] == "Invalid"
    house.start("broker")
    house.start("surplus-controller")


def try_connect(house, peers):
    with contextlib.suppress(OSError):
        return peers.connect(f"ws://127.0.0.1:{house.ocpp_port}", "pybox")
    return None


def test_a_card_is_learned(world):
    house, peers = world
    bus, box = house.bus, connect(house, peers)
    request(house, "user/anna", action="learn", key="garage")
    bus.wait_for("user/anna/state", lambda v: v["learning_until"] > time.time() * 1000)
    assert show(peers, box, "CAFE01")["status"] == "Invalid"
    _, state = bus.wait_for("user/anna/state", lambda v: v["learned"] == ["cafe01"])
    assert state["results"][-1]["action"] == "learn" and state["cards"] == 2
    until(lambda: show(peers, box, "CAFE01")["status"] == "Accepted", 20, "it is known now")
    house["surplus-controller"].stop()
    house.start("surplus-controller")
    mark = bus.mark()
    bus.wait_for("user/anna/state", lambda v: v["learned"] == ["cafe01"], mark=mark)
    ident = request(house, "user/anna", action="forget", tag="CAFE01")
    bus.wait_for("user/anna/state", lambda v: v["results"][-1]["id"] == ident, mark=mark)
    until(lambda: show(peers, box, "CAFE01")["status"] == "Invalid", 20, "it is forgotten")


def test_a_pin_by_request(world):
    house, peers = world
    bus, box = house.bus, connect(house, peers)
    peers.run(box.say_status("Preparing"))
    reason(house, "not_authorised")
    done = house.cli("request", "charger/garage", "authorise", "--tag", "0000", check=False)
    assert done.returncode == 1 and "rejected" in done.stdout
    done = house.cli("request", "charger/garage", "authorise", "--tag", "4711")
    assert "done" in done.stdout
    _, control = bus.wait_for("charger/garage/control", lambda v: v["user"] == "ben")
    assert control["mode"] == "lock", "what ben has as his usual mode"
    # remote start names the card; one that is not accepted is refused before the box hears of it
    ident = request(house, "charger/garage", action="start", tag="DEADBEEF")
    _, state = bus.wait_for("charger/garage/state", lambda v: v["results"][-1]["id"] == ident)
    assert state["results"][-1]["result"] == "rejected"
    assert not [c for c in box.calls if c[0] == "RemoteStartTransaction"]
    request(house, "charger/garage", action="start", tag="04A2B3")
    until(lambda: ("RemoteStartTransaction", "04A2B3") in box.calls, 20, "the box is asked")
    peers.run(box.say_status("Available"))
    peers.run(box.say_status("Preparing"))
    reason(house, "not_authorised")


def test_nobody_else_reads_the_lists(world):
    house, _ = world
    path = house.bus.topic("authorisation/anna")
    readers = {u: house.client(u) for u in ("ocpp-gateway", "surplus-controller", "watch", "tariff-service")}
    for user, client in readers.items():
        client.wait_for("user/anna/state")
        marker = f"service/{user}/marker"
        if user != "watch":
            client.publish(marker, "1", retain=False)
            client.wait_for(marker)
        seen = any(t == path for _a, t, _p, _r in client.messages)
        assert seen == (user in ("ocpp-gateway", "surplus-controller")), user
