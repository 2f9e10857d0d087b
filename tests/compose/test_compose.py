# SPDX-License-Identifier: Apache-2.0
"""docker-compose with the demo profile: the same house in containers, healthy, charging, mending."""
import json
import os
import shutil
import subprocess

import pytest

from harness import Bus, ROOT, SERVICES, SHARED, free_ports, until

BASE = os.environ.get("WATTBUS_TEST_BASE", "debian:trixie-slim")
EVERYTHING = ["broker", "house", *SERVICES]


def run(argv, timeout=600, check=True, **more):
    done = subprocess.run(argv, text=True, capture_output=True, timeout=timeout, cwd=ROOT,
                          stdin=subprocess.DEVNULL, **more)
    assert not check or done.returncode == 0, \
        f"{' '.join(map(str, argv))}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def engine():
    """A Docker engine with the base image: the machine's own, or the one of tools/docker-up."""
    def there():
        return shutil.which("docker-compose") and run(
            ["docker", "image", "inspect", BASE], check=False).returncode == 0

    if shutil.which("docker") and run(["docker", "info"], check=False).returncode == 0 and there():
        yield
        return
    helper = SHARED / "tools" / "docker-up"
    if helper.exists() and os.getuid() == 0:
        run([helper, BASE.split(":")[1].removesuffix("-slim")], timeout=900)
        yield
        run([helper, "--down"], check=False)
        return
    text = "skipped: no Docker engine with " + BASE
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)


class Stack:
    def __init__(self, project):
        mqtt, ocpp = free_ports(2)
        self.mqtt_port = mqtt
        self.env = {**os.environ, "COMPOSE_PROJECT_NAME": project, "DOCKER_BUILDKIT": "0",
                    "COMPOSE_DOCKER_CLI_BUILD": "0", "WATTBUS_MQTT_PORT": str(mqtt), "BASE": BASE,
                    "WATTBUS_OCPP_PORT": str(ocpp), "WATTBUS_TAG": "test"}
        self.project = project

    def compose(self, *arguments, **more):
        return run(["docker-compose", "--profile", "demo", *arguments], env=self.env, **more)

    def container(self, service):
        return self.compose("ps", "-q", service).stdout.strip()

    def inspect(self, service):
        return json.loads(run(["docker", "inspect", self.container(service)]).stdout)[0]

    def healthy(self):
        states = {s: self.inspect(s)["State"] for s in EVERYTHING}
        return all(s["Running"] and s.get("Health", {"Status": "healthy"})["Status"] == "healthy"
                   for s in states.values())

    def password(self, user):
        return self.compose("run", "--rm", "-T", "--no-deps", "--entrypoint", "cat", "init",
                            f"/run/secrets-init/{user}/password").stdout.strip()


@pytest.fixture(scope="module")
def stack(engine):
    stack = Stack(f"wattbustest{os.getpid()}")
    stack.compose("build", timeout=1200)
    try:
        stack.compose("up", "-d")
        yield stack
    finally:
        logs = stack.compose("logs", "--no-color", "--tail", "30", check=False).stdout
        stack.compose("down", "-v", "--remove-orphans", check=False)
        print(logs[-6000:])
    left = run(["docker", "volume", "ls", "-q", "--filter", f"name={stack.project}"]).stdout
    assert left == "", f"volumes left: {left}"


@pytest.mark.timeout(1500)
def test_the_house_comes_up_and_charges(stack):
    until(stack.healthy, 120, "all containers are healthy", every=1)
    bus = Bus(stack.mqtt_port, "watch", stack.password("watch"))
    try:
        for name in SERVICES:
            bus.wait_for(f"service/{name}/status", lambda v: v["online"] is True)
        bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "C" and v["power_w"] > 4000,
                     timeout=120)
        bus.wait_for("charger/garage/setpoint", lambda v: v["current_ma"] > 9000, timeout=60)
        assert bus.wait_for("inverter/roof/state")[1]["power_w"] is not None
    finally:
        bus.close()


def test_containers_are_shut_in(stack):
    for service in EVERYTHING:
        host, config = stack.inspect(service)["HostConfig"], stack.inspect(service)["Config"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"] > 0 and host["PidsLimit"] > 0, service
        assert config["User"] not in ("", "root", "0"), service
        assert host["RestartPolicy"]["Name"] == "unless-stopped", service
    image = {stack.inspect(s)["Image"] for s in SERVICES}
    assert len(image) == 1, "one image for all services"


def test_a_service_reads_its_own_password_only(stack):
    seen = run(["docker", "exec", stack.container("meter-reader"), "sh", "-c",
                "cat /run/wattbus-secret/password; cat /run/secrets-init/*/password 2>/dev/null; true"]).stdout
    assert seen.strip() == stack.password("meter-reader")


@pytest.mark.parametrize("service", ["surplus-controller", "broker"])
def test_a_killed_container_comes_back(stack, service):
    bus = Bus(stack.mqtt_port, "watch", stack.password("watch"))
    try:
        before = bus.last("charger/garage/setpoint") or bus.wait_for("charger/garage/setpoint")[1]
        # from inside, as a crash would be: `docker kill` counts as a person's wish to stop it
        pid = stack.inspect(service)["State"]["Pid"]
        os.kill(pid, 9) if os.getuid() == 0 else run(["docker", "exec", stack.container(service),
                                                      "kill", "-9", "1"], check=False)
        mark = bus.mark()
        bus.wait_for("charger/garage/setpoint", lambda v: v["ts"] > before["ts"], mark=mark,
                     timeout=60)
        if service == "surplus-controller":
            bus.wait_for("charger/garage/setpoint", lambda v: v["boot"] != before["boot"], mark=mark,
                         timeout=60)
        until(stack.healthy, 90, "all containers are healthy again", every=1)
        bus.wait_for("charger/garage/state", lambda v: v["evse_state"] == "C", timeout=60)
    finally:
        bus.close()
