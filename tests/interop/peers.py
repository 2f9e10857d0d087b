# SPDX-License-Identifier: Apache-2.0
"""Peers that nobody here wrote: pymodbus with a meter and an inverter image, `ocpp` as charge point.

They run on one asyncio loop in a thread. The car of the charge point shows on the meter's registers,
as it would at home.
"""
import asyncio
import concurrent.futures
import datetime
import struct
import threading
import time

import websockets
from ocpp.routing import after, on
from ocpp.v16 import ChargePoint, call, call_result
from pymodbus.datastore import (ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock,
                                ModbusSequentialDataBlock)
from pymodbus.server import ModbusTcpServer

VOLTS = 230
NOT_IMPLEMENTED = 0x8000


def f32(value):
    """Two registers, high word first."""
    return list(struct.unpack(">HH", struct.pack(">f", value)))


class Sdm630:
    """Input registers of an Eastron SDM630 (its Modbus protocol document): W, V, A, kWh."""
    VOLTAGE, CURRENT, POWER, TOTAL, HERTZ, IMPORT, EXPORT = 0, 6, 12, 52, 70, 72, 74

    def __init__(self):
        self.block = ModbusSequentialDataBlock(0, [0] * 400)
        self.slave = ModbusSlaveContext(ir=self.block, hr=ModbusSequentialDataBlock(0, [0] * 64),
                                        zero_mode=True)
        self.set(self.HERTZ, 49.98)
        for phase in range(3):
            self.set(self.VOLTAGE + 2 * phase, VOLTS + 0.5 * phase)

    def set(self, address, value):
        self.block.setValues(address, f32(value))

    def get(self, address):
        return struct.unpack(">f", struct.pack(">HH", *self.block.getValues(address, 2)))[0]

    def powers(self, watts):
        for phase, w in enumerate(watts):
            self.set(self.POWER + 2 * phase, w)
            self.set(self.CURRENT + 2 * phase, abs(w) / (VOLTS + 0.5 * phase))
        self.set(self.TOTAL, sum(watts))


class SunSpecInverter:
    """Common model, 103, 120 and 123 of a 10 kW inverter at 40000, all integers with scale factors."""

    def __init__(self, watts):
        self.values = {}
        at = 40000
        self._text(at, "SunS", 2)
        at += 2
        self.put(at, 1, 66)
        self._text(at + 2, "Pymodbus", 16)
        self._text(at + 18, "Interop 10", 16)
        self._text(at + 34, "", 8)
        self._text(at + 42, "3.6.9", 8)
        self._text(at + 50, "SN-0815", 16)
        self.put(at + 66, 1, NOT_IMPLEMENTED)
        at += 68
        self.m103, at = self._model(at, 103, 50), at + 52
        self.m120, at = self._model(at, 120, 26), at + 28
        self.m123, at = self._model(at, 123, 24), at + 26
        self.put(at, 0xFFFF, 0)
        # "not implemented" of unsigned points
        for at in (*range(self.m103 + 7, self.m103 + 10), self.m103 + 27, self.m103 + 29,
                   self.m120 + 19, self.m120 + 23, self.m120 + 25):
            self.put(at, 0xFFFF)
        self.put(self.m120 + 2, 4, 1000, 1)  # PV, WRtg 1000 x 10^1
        self.put(self.m123 + 5, 10000, 0, 0, 0, 0)  # WMaxLimPct 100.00 %, off
        self.put(self.m123 + 23, 0x10000 - 2, 0x10000 - 2, 0x10000 - 2)
        self.block = ModbusSparseDataBlock(self.values)
        self.slave = ModbusSlaveContext(hr=self.block, zero_mode=True)
        self.produce(watts, 1234567)

    def put(self, at, *words):
        for i, word in enumerate(words):
            self.values[at + i] = word & 0xFFFF

    def _text(self, at, text, words):
        raw = text.encode().ljust(2 * words, b"\0")
        self.put(at, *struct.unpack(f">{words}H", raw))

    def _model(self, at, number, length):
        self.put(at, number, length, *[NOT_IMPLEMENTED] * length)
        return at

    def produce(self, watts, wh):
        m, write = self.m103, self.block.setValues
        centi_amps = round(watts / 3 / VOLTS * 100)
        write(m + 2, [3 * centi_amps, centi_amps, centi_amps, centi_amps, 0x10000 - 2])
        write(m + 10, [VOLTS * 10, VOLTS * 10 + 3, VOLTS * 10 + 7, 0x10000 - 1])
        write(m + 14, [watts // 10, 1, 5001, 0x10000 - 2])  # W, W_SF 1, Hz, Hz_SF
        write(m + 24, [wh >> 16, wh & 0xFFFF, 0])
        write(m + 31, [(watts + 150) // 10, 1])
        write(m + 38, [4])  # MPPT
        self.watts, self.wh, self.centi_amps = watts // 10 * 10, wh, centi_amps


def utc():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Box(ChargePoint):
    """A wallbox with one connector: obeys the highest stack level of the profile in force."""

    def __init__(self, name, connection, peers):
        super().__init__(name, connection, response_timeout=10)
        self.peers = peers
        self.default, self.tx = None, {}
        self.transaction, self.tag = None, "CARD1"
        self.energy_wh = 4321.0
        self.status = "Available"
        self.config = {"HeartbeatInterval": "300", "MeterValueSampleInterval": "60",
                       "MeterValuesSampledData": "Energy.Active.Import.Register",
                       "ChargeProfileMaxStackLevel": "10",
                       "ChargingScheduleAllowedChargingRateUnit": "Current",
                       "ChargingScheduleMaxPeriods": "6", "MaxChargingProfilesInstalled": "10",
                       "NumberOfConnectors": "1", "SupportedFeatureProfiles": "Core,SmartCharging"}
        self.received = []  # (monotonic seconds, purpose, A)
        self.calls = []

    # ---- what the central system asks ----
    @on("SetChargingProfile")
    def on_profile(self, connector_id, cs_charging_profiles):
        purpose = cs_charging_profiles["charging_profile_purpose"]
        schedule = cs_charging_profiles["charging_schedule"]
        limit = float(schedule["charging_schedule_period"][0]["limit"])
        amps = limit if schedule["charging_rate_unit"] == "A" else limit / VOLTS / 3
        level = cs_charging_profiles["stack_level"]
        if purpose == "TxProfile":
            if self.transaction is None or \
                    cs_charging_profiles.get("transaction_id") != self.transaction:
                return call_result.SetChargingProfile(status="Rejected")
            self.tx[level] = (amps, time.monotonic() + schedule.get("duration", 1e9))
        else:
            self.default = amps
        self.received.append((time.monotonic(), purpose, amps))
        return call_result.SetChargingProfile(status="Accepted")

    @on("ClearChargingProfile")
    def on_clear(self, **_):
        self.default, self.tx = None, {}
        return call_result.ClearChargingProfile(status="Accepted")

    @on("GetConfiguration")
    def on_get(self, key=None):
        wanted = key or list(self.config)
        rows = [{"key": k, "readonly": False, "value": self.config[k]} for k in wanted
                if k in self.config]
        return call_result.GetConfiguration(
            configuration_key=rows, unknown_key=[k for k in wanted if k not in self.config])

    @on("ChangeConfiguration")
    def on_change(self, key, value):
        self.calls.append(("ChangeConfiguration", key, value))
        if key not in self.config:
            return call_result.ChangeConfiguration(status="NotSupported")
        self.config[key] = value
        return call_result.ChangeConfiguration(status="Accepted")

    @on("TriggerMessage")
    def on_trigger(self, requested_message, **_):
        known = requested_message in ("StatusNotification", "MeterValues", "BootNotification")
        return call_result.TriggerMessage(status="Accepted" if known else "NotImplemented")

    @after("TriggerMessage")
    async def triggered(self, requested_message, **_):
        await {"StatusNotification": self.say_status, "MeterValues": self.say_values,
               "BootNotification": self.boot}.get(requested_message, self.say_status)()

    @on("RemoteStartTransaction")
    def on_start(self, id_tag, **_):
        self.calls.append(("RemoteStartTransaction", id_tag))
        return call_result.RemoteStartTransaction(status="Rejected")

    @on("RemoteStopTransaction")
    def on_stop(self, transaction_id):
        self.calls.append(("RemoteStopTransaction", transaction_id))
        return call_result.RemoteStopTransaction(status="Rejected")

    @on("Reset")
    def on_reset(self, type):
        self.calls.append(("Reset", type))
        return call_result.Reset(status="Rejected")

    @on("UnlockConnector")
    def on_unlock(self, connector_id):
        self.calls.append(("UnlockConnector", connector_id))
        return call_result.UnlockConnector(status="Unlocked")

    # ---- what it does by itself ----
    def limit(self):
        now = time.monotonic()
        live = {level: a for level, (a, end) in self.tx.items() if end > now}
        if self.transaction is not None and live:
            return live[max(live)]
        return self.default if self.default is not None else 16.0

    def amps(self):
        limit = self.limit()
        return limit if self.transaction is not None and limit >= 6 else 0.0

    async def boot(self):
        answer = await self.call(call.BootNotification(
            charge_point_model="PyBox", charge_point_vendor="Interop",
            charge_point_serial_number="PB-1", firmware_version="1.2.3"))
        assert answer.status == "Accepted", answer
        await self.say_status()

    async def say_status(self, status=None):
        self.status = status or self.status
        await self.call(call.StatusNotification(connector_id=1, error_code="NoError",
                                                status=self.status, timestamp=utc()))

    async def say_values(self):
        amps = self.amps()
        values = [{"value": f"{self.energy_wh:.0f}", "measurand": "Energy.Active.Import.Register",
                   "unit": "Wh"},
                  {"value": f"{3 * amps * VOLTS:.0f}", "measurand": "Power.Active.Import", "unit": "W"}]
        for n in (1, 2, 3):
            values.append({"value": f"{amps:.2f}", "measurand": "Current.Import", "phase": f"L{n}",
                           "unit": "A"})
            values.append({"value": str(VOLTS), "measurand": "Voltage", "phase": f"L{n}", "unit": "V"})
        more = {} if self.transaction is None else {"transaction_id": self.transaction}
        await self.call(call.MeterValues(
            connector_id=1, meter_value=[{"timestamp": utc(), "sampled_value": values}], **more))

    async def plug_in(self):
        await self.say_status("Preparing")
        answer = await self.call(call.Authorize(id_tag=self.tag))
        assert answer.id_tag_info["status"] == "Accepted", answer
        answer = await self.call(call.StartTransaction(
            connector_id=1, id_tag=self.tag, meter_start=round(self.energy_wh), timestamp=utc()))
        self.transaction = answer.transaction_id
        await self.say_status("SuspendedEVSE" if self.amps() == 0 else "Charging")

    async def unplug(self):
        await self.call(call.StopTransaction(
            meter_stop=round(self.energy_wh), timestamp=utc(), transaction_id=self.transaction,
            reason="EVDisconnected", id_tag=self.tag))
        self.transaction, self.tx = None, {}
        await self.say_status("Available")

    async def live(self):
        """The car draws what it may; registers and meter values follow twice a second."""
        while True:
            await asyncio.sleep(0.5)
            amps = self.amps()
            self.energy_wh += 3 * amps * VOLTS * 0.5 / 3600
            self.peers.apply(amps)
            wanted = None
            if self.transaction is not None:
                wanted = "Charging" if amps else "SuspendedEVSE"
            if wanted and wanted != self.status:
                await self.say_status(wanted)
            if self.transaction is not None:
                await self.say_values()


class Peers:
    """Both Modbus servers and the charge point; `pv_w` and `load_w` are the weather and the people."""

    def __init__(self, ports):
        self.meter_port, self.inverter_port = ports
        self.pv_w, self.load_w = 9000, (310, 220, 130)
        self.meter, self.inverter = Sdm630(), SunSpecInverter(self.pv_w)
        self.meter.set(Sdm630.IMPORT, 1234.5)
        self.meter.set(Sdm630.EXPORT, 67.25)
        self.box = self.socket = None
        self.apply(0)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.tasks, self.servers = [], []
        self.run(self._serve())

    def run(self, coroutine, timeout=30):
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise

    async def _serve(self):
        for slave, port in ((self.meter.slave, self.meter_port),
                            (self.inverter.slave, self.inverter_port)):
            server = ModbusTcpServer(ModbusServerContext(slaves={1: slave}, single=False),
                                     address=("127.0.0.1", port))
            assert await server.listen(), f"port {port} is taken"
            self.servers.append(server)

    def connect(self, url, name):
        async def go():
            self.socket = await websockets.connect(f"{url}/{name}", subprotocols=["ocpp1.6"])
            self.box = Box(name, self.socket, self)
            self.tasks.append(asyncio.ensure_future(self.box.start()))
            await self.box.boot()
            self.tasks.append(asyncio.ensure_future(self.box.live()))
        self.run(go())
        return self.box

    def apply(self, amps):
        """Production and consumption as the grid meter sees them."""
        self.meter.powers([round(load + amps * VOLTS - self.inverter.watts / 3)
                           for load in self.load_w])

    def weather(self, pv_w):
        self.pv_w = pv_w
        self.inverter.produce(pv_w, self.inverter.wh + 1)
        self.apply(self.box.amps() if self.box else 0)

    def surplus_w(self):
        """From the registers, as a referee would compute it: what the car may draw."""
        car_w = 3 * VOLTS * (self.box.amps() if self.box else 0)
        return car_w - self.meter.get(Sdm630.TOTAL)

    def close(self):
        async def end():
            if self.socket:
                await self.socket.close()
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            for server in self.servers:
                await server.shutdown()
        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
