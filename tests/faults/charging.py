# SPDX-License-Identifier: Apache-2.0
"""What the fault tests share: a charging house on the release build, and what counts as normal."""
import time

from harness import Bus, RELEASE, SERVICES, until

POLL_S = 1.0
LEASE_S = 15
FALLBACK_MA = 6000
# From the start of a process to its first normal word (design: 0.5 s and one poll).
BACK_S = 0.5
SUNNY = {"pv_w": 9000, "load_w": [300, 200, 200]}


def lively(site):
    site["control"].update({"mean": "1 s", "settling": "1 s"})
    site["chargers"]["garage"]["interval"] = "1 s"


def charging_house(make_house, mode="solar_pure", **more):
    house = make_house(edit=lively, bin_dir=RELEASE, **more)
    house.sim("set", **SUNNY)
    if mode != "solar_pure":
        house.bus.publish("charger/garage/override/mode", mode)
    house.charging()
    house.bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 9000)
    until(lambda: house.sim.charger()["power_w"] > 6000, 30, "the car draws")
    settled(house)
    return house


def settled(house, within_ma=600, for_s=3):
    """The controller is done rising: what a test compares with must not be on its way still."""
    seen = []

    def still():
        now = time.monotonic()
        seen.append((now, house.sim.charger()["commanded_ma"]))
        lately = [ma for at, ma in seen if now - at <= for_s]
        return now - seen[0][0] > for_s and max(lately) - min(lately) <= within_ma

    until(still, 60, "the limit stands still", every=0.2)


def unharmed(house, *killed):
    """No other process exited, and the car was never above its limit nor the house above its fuse."""
    assert house.dead() == [], f"after killing {killed}"
    state = house.sim.state()
    assert state["chargers"][0]["overdraw_violations"] == 0
    assert all(f["events"] == 0 for f in state["grid"]["fuse"])



def wall_ms():
    return int(time.time() * 1000)


def normal_again(house, name, mark, since_ms, timeout=30):
    """Arrival of the last of the signs that the service does its work again."""
    bus = house.bus
    signs = {
        "meter-reader": [("meter/grid/state", lambda v: v["ts"] >= since_ms and v["power_w"] is not None)],
        "inverter-bridge": [("inverter/roof/state", lambda v: v["ts"] >= since_ms and "power_w" in v),
                            ("battery/cellar/state", lambda v: v["ts"] >= since_ms and "soc_pm" in v)],
        "ocpp-gateway": [("charger/garage/state", lambda v: v["ts"] >= since_ms and v["online"]
                          and v["evse_state"] == "C" and v["applied"]["lease"] == "live")],
        "surplus-controller": [("charger/garage/setpoint",
                                lambda v: v["ts"] >= since_ms and v["current_ma"] >= FALLBACK_MA)],
        # prices that were right stay right: they come again as they were
        "tariff-service": [("service/tariff-service/status", lambda v: v["ts"] >= since_ms and v["online"]),
                           ("tariff/import/state", lambda v: v["slots"])],
    }[name]
    return max(bus.wait_for(path, sign, mark=mark, timeout=timeout)[0] for path, sign in signs)


def reconnected_at(house):
    """When the box came back to the gateway, on the clock of this machine (seconds)."""
    boot = house.sim.charger()["messages"].get("BootNotification", {"last_out_ns": 0})
    return boot["last_out_ns"] / 1e9


def quick_client(house, user="home"):
    """A client that is connected within some ms after the broker listens again."""
    def attempt():
        try:
            return Bus(house.mqtt_port, user, house.secret_file(user).read_text().strip(), "home")
        except ConnectionRefusedError:
            return None

    bus = until(attempt, 10, "the broker listens again", every=0.005)
    house.clients.append(bus)
    return bus


__all__ = ["BACK_S", "FALLBACK_MA", "LEASE_S", "POLL_S", "SERVICES", "SUNNY", "charging_house",
           "lively", "normal_again", "quick_client", "reconnected_at", "unharmed", "wall_ms"]
