# SPDX-License-Identifier: Apache-2.0
"""A whole house on free ports: broker, simulated house and services as real processes.

Nothing here sleeps: waits are for events on the bus, lines of the control socket, or process ends.
`House.close` fails when a process died unasked or a sanitizer had something to say.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WATTBUS_BUILD", ROOT / "build"))
RELEASE = BUILD / "gcc" / "bin"  # for what is measured in time; the sanitizers slow things down
BIN = pathlib.Path(os.environ.get("WATTBUS_BIN", BUILD / "test" / "bin"))
SHARED = pathlib.Path(os.environ.get("WATTBUS_SHARED", ROOT.parent / "shared"))
SERVICES = (ROOT / "deploy" / "services").read_text().split()
DEMO_SITE = ROOT / "deploy" / "site" / "demo.yaml"
SANITIZER = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|Assertion .* failed")
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
# Sanitizers and a busy machine make everything slower; bounds of the contract are checked apart.
PATIENCE_S = 30


def free_ports(n):
    """n ports that were free a moment ago, below the range that the kernel gives to clients."""
    taken = []
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])  # each has a range of its own
    for port in random.sample(range(20000 + 2000 * worker, 22000 + 2000 * worker), 400):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        taken.append(port)
        if len(taken) == n:
            return taken
    raise RuntimeError("no free ports")


class Bus:
    """A client of the broker that keeps every message with its arrival time (monotonic seconds)."""

    def __init__(self, port, user, password, site="home", topics=("#",)):
        self.site, self.user = site, user
        self.messages = []  # (arrival, topic, payload bytes, retained)
        self.changed = threading.Condition()
        self.acked = set()
        self.connects = 0
        self.client = mqtt.Client(client_id=f"test-{random.randrange(1 << 48):x}",
                                  protocol=mqtt.MQTTv311)
        self.client.username_pw_set(user, password)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.max_inflight_messages_set(0)
        self.topics = topics
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish
        self.client.on_disconnect = lambda *_: None
        self.client.connect("127.0.0.1", port, keepalive=30)
        sock = self.client.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.loop_start()
        self.wait(lambda: self.connects, PATIENCE_S, "the test's own client did not connect")

    def _on_connect(self, client, _data, _flags, rc):
        if rc == 0 and self.topics:
            client.subscribe([(t, 1) for t in self.topics])
        elif rc == 0:
            self._on_subscribe()

    def _on_subscribe(self, *_):
        with self.changed:
            self.connects += 1
            self.changed.notify_all()

    def _on_message(self, _client, _data, m):
        with self.changed:
            self.messages.append((time.monotonic(), m.topic, m.payload, bool(m.retain)))
            self.changed.notify_all()

    def _on_publish(self, _client, _data, mid):
        with self.changed:
            self.acked.add(mid)
            self.changed.notify_all()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def wait(self, predicate, timeout, what):
        """The first true value of predicate(), tried whenever something has arrived."""
        end = time.monotonic() + timeout
        with self.changed:
            while True:
                value = predicate()
                if value:
                    return value
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"after {timeout} s: {what}")
                self.changed.wait(left)

    def topic(self, path):
        return path if "/" in path and path.split("/")[0] in ("wattbus", "homeassistant", "$SYS") \
            else f"wattbus/{self.site}/{path}"

    def since(self, path, mark=0):
        """All (arrival, value, retained) of a topic from message index `mark` on."""
        full = self.topic(path)
        return [(at, decode(p), r) for at, t, p, r in self.messages[mark:] if t == full]

    def last(self, path, default=None):
        full = self.topic(path)
        with self.changed:
            for _at, topic, payload, _r in reversed(self.messages):
                if topic == full:
                    return decode(payload)
        return default

    def mark(self):
        with self.changed:
            return len(self.messages)

    def wait_for(self, path, predicate=lambda v: True, timeout=PATIENCE_S, mark=None):
        """(arrival, value) of the first message of the topic that satisfies the predicate. Without
        mark the last one that is there already counts too."""
        full = self.topic(path)
        state = {"at": mark, "seen": None}

        def look():
            if state["at"] is None:
                state["at"] = max((i for i, m in enumerate(self.messages) if m[1] == full),
                                  default=len(self.messages))
            for at, topic, payload, _retained in self.messages[state["at"]:]:
                state["at"] += 1
                if topic != full:
                    continue
                state["seen"] = decode(payload)
                with contextlib.suppress(KeyError, TypeError):
                    if predicate(state["seen"]):
                        return at, state["seen"]
            return None

        try:
            return self.wait(look, timeout, path)
        except AssertionError as e:
            raise AssertionError(f"{e}; last seen: {state['seen'] or self.last(path)}") from None

    def publish(self, path, value, retain=True, wait=True):
        """Sends text, bytes or (as JSON) anything else, and waits for the broker's receipt."""
        if not isinstance(value, (str, bytes)):
            value = json.dumps(value)
        info = self.client.publish(self.topic(path), value, qos=1, retain=retain)
        if wait:
            self.wait(lambda: info.mid in self.acked, PATIENCE_S, f"no receipt for {path}")
        return info.mid


def decode(payload):
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


class Process:
    def __init__(self, name, argv, env, log):
        self.name, self.argv, self.env, self.log = name, argv, env, log
        self.popen, self.expected_down = None, True

    @property
    def pid(self):
        return self.popen.pid

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, start_new_session=True)
        self.expected_down = False
        return time.monotonic()

    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def kill(self):
        self.expected_down = True
        self.popen.kill()
        self.popen.wait(PATIENCE_S)
        return time.monotonic()

    def stop(self):
        """SIGTERM, as an operator does; the exit code must be 0 (mosquitto and sim included)."""
        self.expected_down = True
        if not self.alive():
            return 0
        os.kill(self.pid, signal.SIGCONT)
        self.popen.terminate()
        try:
            return self.popen.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(PATIENCE_S)
            return "hung on SIGTERM"

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)
        return time.monotonic()

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)
        return time.monotonic()

    def signal(self, number):
        os.kill(self.pid, number)

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Sim:
    """The control socket of sim-house: one JSON object per line, one back (tests/sim/house)."""

    def __init__(self, port):
        self.lock = threading.Lock()
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("r")

    def __call__(self, cmd, **arguments):
        with self.lock:
            self.sock.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
            answer = self.file.readline()
        assert answer, f"sim-house closed the control socket on: {cmd}"
        value = json.loads(answer)
        assert value["ok"], f"{cmd} {arguments}: {value}"
        return value

    def state(self):
        return self("state")

    def charger(self, n=1):
        return self.state()["chargers"][n - 1]

    def close(self):
        self.file.close()
        self.sock.close()


def select_wait(seconds):
    """A pause between two tries of something that has no event to wait for (a port that opens)."""
    threading.Event().wait(seconds)


def until(predicate, timeout, what, every=0.02):
    """For states that can only be asked for, like the simulated house's registers."""
    end = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < end, f"after {timeout} s: {what}"
        select_wait(every)


def listening(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


class House:
    """House(tmp): everything runs when the constructor returns; use it as a context manager.

    edit(site): changes the demo's site file (a dict) before it is written. sim: arguments of
    sim-house; None: no simulated house (the test is the peer). services: which ones to start.
    superuser: the broker knows a user `test` who may do everything, for hostile tests.
    """

    def __init__(self, tmp, edit=None, sim=(), services=SERVICES, bin_dir=BIN, env=None,
                 ready=True, superuser=False):
        self.dir = pathlib.Path(tmp)
        # A broker that root has started gives up root and must still get here.
        for folder in (self.dir, *self.dir.parents):
            if folder.stat().st_uid == os.getuid() and os.getuid() == 0 and folder != pathlib.Path("/"):
                folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
        self.bin, self.extra_env = pathlib.Path(bin_dir), env or {}
        self.processes, self.clients = {}, []
        self.sim, self.failed = None, False
        self.log_dir = self.dir / "log"
        self.log_dir.mkdir()
        self.mqtt_port, self.ocpp_port = free_ports(2)
        self.meter_port = self.inverter_port = 1  # nobody listens there
        self.superuser = superuser
        try:
            self._start(edit, sim, services, ready)
        except BaseException:
            self.failed = True
            self._end()
            raise

    def _start(self, edit, sim, services, ready):
        if sim is not None:
            self._start_sim(list(sim))
        self.site = yaml.safe_load(DEMO_SITE.read_text())
        self.site["buses"]["meter"].update(host="127.0.0.1", port=self.meter_port)
        self.site["buses"]["hybrid"].update(host="127.0.0.1", port=self.inverter_port)
        self.site["ocpp"]["port"] = self.ocpp_port
        self.site["ocpp"]["bind"] = "127.0.0.1"
        if edit:
            edit(self.site)
        self.site_path = self.dir / "site.yaml"
        self.write_site()
        self.prepare_broker()
        self.add("broker", [MOSQUITTO, "-c", str(self.dir / "broker" / "mosquitto.conf")])
        self.start("broker")
        until(lambda: listening(self.mqtt_port), PATIENCE_S, "the broker does not listen")
        self.bus = self.client("home")
        for name in services:
            state = self.dir / "state" / name
            state.mkdir(parents=True)
            self.add(name, [str(self.bin / name), "-c", str(self.site_path), "-s", str(state)],
                     WATTBUS_USER=name, WATTBUS_PASSWORD_FILE=str(self.secret_file(name)))
            self.start(name)
        if ready:
            for name in services:
                self.online(name)

    def _start_sim(self, arguments):
        log = self.log_dir / "house.log"
        argv = [str(self.bin / "sim-house"), "--ocpp", f"ws://127.0.0.1:{self.ocpp_port}/", *arguments]
        self.processes["house"] = Process("house", argv, self.environment(), log)
        self.start("house")

        def ports():
            line = log.read_text().split("\n")[0]
            return json.loads(line) if line.endswith("}") else None

        ports = until(ports, PATIENCE_S, "sim-house does not say its ports")
        self.meter_port, self.inverter_port = ports["meter_port"], ports["inverter_port"]
        self.sim = Sim(ports["control_port"])

    def write_site(self):
        text = yaml.safe_dump(self.site, sort_keys=False, allow_unicode=True)
        self.site_path.write_text(text)

    def prepare_broker(self):
        subprocess.run([ROOT / "deploy" / "mosquitto" / "prepare", self.site_path,
                        self.dir / "broker", str(self.mqtt_port)], check=True,
                       env=self.environment(), stdout=subprocess.DEVNULL)
        if self.superuser:
            auth, secret = self.dir / "broker" / "auth", self.secret_file("test")
            with open(auth / "acl", "a") as acl:
                acl.write("\nuser test\ntopic readwrite #\n")
            secret.parent.mkdir(exist_ok=True)
            secret.write_text("test")
            subprocess.run(["mosquitto_passwd", "-b", auth / "passwords", "test", "test"], check=True,
                           stderr=subprocess.DEVNULL)
            shutil.chown(auth / "passwords", (auth / "acl").owner())

    def environment(self, **more):
        keep = {k: v for k, v in os.environ.items() if not k.startswith("WATTBUS_")}
        return {**keep, "WATTBUS": str(self.bin / "wattbus"),
                "WATTBUS_BROKER": f"127.0.0.1:{self.mqtt_port}",
                "WATTBUS_SITE": str(self.dir / "site.yaml"),
                "WATTBUS_PROFILES": str(ROOT / "deploy" / "profiles"),
                "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
                "UBSAN_OPTIONS": "print_stacktrace=1", **self.extra_env, **more}

    def secret_file(self, user):
        return self.dir / "broker" / "secrets" / user / "password"

    def client(self, user, topics=("#",)):
        bus = Bus(self.mqtt_port, user, self.secret_file(user).read_text().strip(),
                  self.site.get("site", "home"), topics)
        self.clients.append(bus)
        return bus

    def cli(self, *arguments, check=True, user="home", timeout=PATIENCE_S):
        """The command line tool, as a user of this house."""
        env = self.environment(WATTBUS_USER=user, WATTBUS_PASSWORD_FILE=str(self.secret_file(user)))
        done = subprocess.run([self.bin / "wattbus", *arguments], env=env, text=True,
                              capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"wattbus {arguments}: {done}"
        return done

    def schemas(self):
        """(parts of the path, JSON Schema) of every message of the contract."""
        rows = [line.split()[:2] for line in self.cli("schema").stdout.splitlines()]
        return [(path.split("/"), json.loads(self.cli("schema", name).stdout)) for name, path in rows]

    def add(self, name, argv, **env):
        log = self.log_dir / f"{name}.log"
        self.processes[name] = Process(name, argv, self.environment(**env), log)

    def start(self, name):
        return self.processes[name].start()

    def kill(self, name):
        return self.processes[name].kill()

    def __getitem__(self, name):
        return self.processes[name]

    def online(self, name, mark=None, timeout=PATIENCE_S):
        return self.bus.wait_for(f"service/{name}/status", lambda v: v["online"] is True,
                                 timeout=timeout, mark=mark)

    def charging(self, charger="garage", timeout=60):
        """Plugs the car in and waits until it draws what the controller gave it."""
        self.sim("plug", charger=1)
        return self.bus.wait_for(f"charger/{charger}/state",
                                 lambda v: v["evse_state"] == "C" and v["power_w"] > 1000,
                                 timeout=timeout)

    def dead(self):
        return [p.name for p in self.processes.values() if not p.expected_down and not p.alive()]

    def complaints(self):
        """What sanitizers and asserts have written, per process."""
        found = []
        for p in self.processes.values():
            text = p.text()
            m = SANITIZER.search(text)
            if m:
                found.append(f"{p.name}:\n{text[max(0, m.start() - 200):m.start() + 3000]}")
        return found

    def _end(self):
        codes = {}
        for bus in self.clients:
            bus.close()
        order = [n for n in self.processes if n not in ("house", "broker")] + ["house", "broker"]
        dead = self.dead()
        for name in order:
            p = self.processes.get(name)
            if p is not None and p.popen is not None:
                codes[name] = p.stop() if p.alive() else 0
        if self.sim:
            self.sim.close()
        return dead, {n: c for n, c in codes.items() if c != 0}

    def close(self):
        dead, codes = self._end()
        complaints = self.complaints()
        if dead or codes or complaints:
            self.failed = True
        tails = {n: self.processes[n].text()[-1500:] for n in [*dead, *codes]}
        assert not complaints, "\n".join(complaints)
        assert not dead, f"died unasked: {dead}\n{tails}"
        assert not codes, f"exit codes after SIGTERM: {codes}\n{tails}"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, _trace):
        if kind is None:
            self.close()
            return False
        self.failed = True
        with contextlib.suppress(AssertionError):
            self.close()
        return False
