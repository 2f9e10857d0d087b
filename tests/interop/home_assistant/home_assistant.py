# SPDX-License-Identifier: Apache-2.0
"""The real Home Assistant as a process: installed by setup.sh, set up over its own REST interface."""
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from harness import free_ports, until
from websockets.sync.client import connect

HERE = pathlib.Path(__file__).parent
PATIENCE_S = 120
CONFIG = """\
homeassistant:
  name: Test
  latitude: 51.5
  longitude: 7.5
  elevation: 100
  unit_system: metric
  time_zone: Europe/Berlin
  currency: EUR
  country: DE
http:
  server_host: 127.0.0.1
  server_port: {port}
recorder:
  commit_interval: 1
api:
config:
onboarding:
energy:
history:
system_log:
logger:
  default: warning
  logs:
    homeassistant.components.mqtt: info
"""


class HomeAssistant:
    """Runs when the constructor returns, with the MQTT integration connected to the broker."""

    def __init__(self, broker_port, user=None, password=None):
        share = pathlib.Path(os.environ.get("WATTBUS_CACHE", "/var/cache/wattbus-ci")) / "share"
        self.dir = share / f"config-{secrets.token_hex(4)}"
        self.dir.mkdir(parents=True)
        self.port = free_ports(1)[0]
        self.client_id = self.url = f"http://127.0.0.1:{self.port}/"
        (self.dir / "configuration.yaml").write_text(CONFIG.format(port=self.port))
        self.token = None
        self.output = open(self.dir / "output.txt", "w+b")
        env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        self.popen = subprocess.Popen(
            [HERE / "setup.sh", "run", "hass", "--config", self.dir, "--skip-pip"],
            env={**env, "WATTBUS_HA_SHARE": str(share)},
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, start_new_session=True)
        try:
            until(self.answers, PATIENCE_S, "Home Assistant does not answer", every=0.2)
            self.onboard()
            self.add_mqtt(broker_port, user, password)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGTERM)
            self.popen.wait(PATIENCE_S)
        self.output.close()

    def answers(self):
        assert self.popen.poll() is None, f"Home Assistant has ended:\n{self.log()[-3000:]}"
        try:
            return self.call("GET", "api/onboarding") is not None
        except OSError:
            return False

    def call(self, method, path, body=None, form=False):
        data, headers = None, {}
        if form:
            data = urllib.parse.urlencode(body).encode()
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {path}: {e.code} {e.read()[:500]}") from e

    def onboard(self):
        """The first start's questions, as the user's browser would answer them."""
        password = secrets.token_hex(8)
        code = self.call("POST", "api/onboarding/users", {
            "client_id": self.client_id, "name": "Test", "username": "test",
            "password": password, "language": "en"})["auth_code"]
        self.token = self.call("POST", "auth/token", {
            "grant_type": "authorization_code", "code": code, "client_id": self.client_id},
            form=True)["access_token"]
        for step in ("core_config", "analytics"):
            self.call("POST", f"api/onboarding/{step}", {})
        self.call("POST", "api/onboarding/integration",
                  {"client_id": self.client_id, "redirect_uri": self.client_id})

    def add_mqtt(self, port, user, password):
        flow = self.call("POST", "api/config/config_entries/flow", {"handler": "mqtt"})
        answers = {"broker": "127.0.0.1", "port": port}
        if user:
            answers.update(username=user, password=password)
        done = self.call("POST", f"api/config/config_entries/flow/{flow['flow_id']}", answers)
        assert done["type"] == "create_entry", done

    def states(self):
        return {s["entity_id"]: s for s in self.call("GET", "api/states")}

    def ours(self, site="home"):
        """The entities of the house."""
        return {k: v for k, v in self.states().items() if k.split(".")[1].startswith(site + "_")}

    def value(self, entity):
        return self.states().get(entity, {}).get("state")

    def service(self, domain, name, **data):
        self.call("POST", f"api/services/{domain}/{name}", data)

    def ws(self, *commands):
        """Answers of the WebSocket commands, in their order."""
        results = []
        with connect(f"ws://127.0.0.1:{self.port}/api/websocket", max_size=None) as sock:
            sock.recv()
            sock.send(json.dumps({"type": "auth", "access_token": self.token}))
            assert json.loads(sock.recv())["type"] == "auth_ok"
            for number, command in enumerate(commands, 1):
                sock.send(json.dumps({"id": number, **command}))
                answer = json.loads(sock.recv())
                assert answer.get("success"), answer
                results.append(answer["result"])
        return results

    def log(self):
        self.output.flush()
        return (self.dir / "output.txt").read_text(errors="replace")

    def complaints(self):
        """Warnings and errors about MQTT, templates and entities."""
        lines = re.findall(r"^.*(?:WARNING|ERROR).*$", re.sub(r"\x1b\[[0-9;]*m", "", self.log()), re.M)
        return [line for line in lines if re.search(r"mqtt|template|sensor|select|number", line)]
