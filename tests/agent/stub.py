# SPDX-License-Identifier: Apache-2.0
"""A stub of the Elastic Agent, as far as a component sees it: it listens on loopback with certificates of its own, starts the component,
tells it what it wants, and judges what it says as the Agent does. Needs grpcio: call with_grpc.enter() first.

    with stub.Agent(folder, checkin=1.0) as agent:
        agent.set_output({"type": "elasticsearch", "hosts": [...]})
        agent.set_input("one", {"id": "one", "type": "anthropic_metrics", "streams": [...]})
        agent.start([binary, "component", "--period", "0.8"])
        agent.wait_healthy()
        agent.set_input("one", {...})                   # a new configuration: its index goes up
        agent.set_level("one", "debug"); agent.remove("one")
        agent.unit("one")                               # {state, index, message, payload} as last told
        agent.act(diagnostics=True, unit="one")         # {failed, result, files}
        agent.drop(); agent.refuse(code); agent.accept() # the connection; what follows; as before
        agent.component.signal(signal.SIGSTOP)          # silence: it is killed after its misses, and started again
        agent.count(since)                              # check-ins since a time.monotonic()
        agent.stop()                                    # SIGTERM; the exit code
        agent.faults, agent.kills, agent.lines()        # what the Agent would hold against it
"""

import concurrent.futures
import functools
import pathlib
import secrets
import signal
import tempfile
import threading
import time
import uuid

import grpc

import messages
from component import Component
from credentials import Authority
from session import Session
from waiting import wait_for

FACTS = {"id": "a-0b1c", "version": "9.6.0", "snapshot": False, "managed": True, "unprivileged": False}
LARGEST = 104857600


@functools.cache
def credentials():
    """For every Agent of this process: keys take their time."""
    server_name = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="authority-") as folder:
        authority = Authority(folder)
        # The first is what somebody gets who asks for no name, or for a wrong one.
        pairs = [authority.pair("server", "somebody-else"), authority.pair("server", server_name)]
        return server_name, authority, *authority.pair("client", "component"), pairs


class Agent:
    def __init__(self, folder, checkin=30.0, stop=30.0, kind="anthropic_metrics", output="default", facts=None, restarts=True):
        """checkin, stop: the timeouts of the component's spec file, in seconds. restarts: begin it anew when it ends by itself."""
        self.checkin, self.stop_seconds, self.restarts = checkin, stop, restarts
        self.facts = {**FACTS, **(facts or {})}
        self.kind, self.name = kind, f"{kind}-{output}"
        self.home = pathlib.Path(folder) / "data" / f"elastic-agent-{self.facts['version']}-07adab"
        self.data, self.components, self.work = self.home.parent, self.home / "components", self.home / "run" / self.name
        self.components.mkdir(parents=True, exist_ok=True)
        self.token = str(uuid.uuid4())
        self.server_name, self.authority, self.certificate, self.key, self._pairs = credentials()
        self.lock = threading.RLock()
        self.wanted = {}             # {(side, id): unit}
        self.features_index = self.component_index = 2
        self.check_ins = []          # (time.monotonic(), message)
        self.sent = []               # (time.monotonic(), number of units with configuration)
        self.answers = []            # of actions, the first one too
        self.streams = 0             # streams of check-ins that were let in
        self.faults = []             # what the Agent would show as FAILED or DEGRADED, or refuse
        self.kills, self.exits = [], []
        self.components_run = []
        self.component = None
        self._command = self._environment = self._greeting = None
        self._session = self._actions = None
        self._refusal = None
        self._server, self.port = None, 0
        self._running = False
        self._watcher = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- What is wanted -------------------------------------------------------------------------------------------------

    def unit_id(self, name):
        return self.name if name is None else f"{self.name}-{name}"

    def set_output(self, source, level="info"):
        self._set((messages.OUTPUT, self.name), source, level)

    def set_input(self, name, source, level="info"):
        self._set((messages.INPUT, self.unit_id(name)), source, level)

    def _set(self, key, source, level):
        with self.lock:
            before = self.wanted.get(key)
            self.wanted[key] = {"id": key[1], "side": key[0], "stopped": False, "level": level, "source": source,
                                "index": before["index"] + 1 if before else 1, "listed": bool(before and before["listed"]),
                                "seen": before and before["seen"]}
            self.push()

    def set_level(self, name, level):
        with self.lock:
            self._find(name)["level"] = level
            self.push()

    def remove(self, name):
        """The input shall stop; it is forgotten once it says that it has."""
        with self.lock:
            self._find(name)["stopped"] = True
            self.push()

    def _find(self, name):
        return self.wanted[(messages.OUTPUT if name is None else messages.INPUT, self.unit_id(name))]

    def unit(self, name=None):
        """As the component told of it last; None before that. Without a name: the output."""
        key = (messages.OUTPUT if name is None else messages.INPUT, self.unit_id(name))
        return self.check_ins[-1][1]["units"].get(key) if self.check_ins else None

    # ---- What is sent ---------------------------------------------------------------------------------------------------

    def expected(self, chunk=None, units=None, head=True):
        units = list(self.wanted.values()) if units is None else units
        listed = [{**unit, "source": None if unit["stopped"] or (unit["seen"] and unit["seen"]["index"] == unit["index"])
                   else unit["source"]} for unit in units]
        self.sent.append((time.monotonic(), sum(unit["source"] is not None for unit in listed)))
        return messages.expected(listed, self.facts, self.features_index, self.component_index, chunk, head)

    def push(self):
        """Tells the component what is wanted, if it is connected."""
        with self.lock:
            if self._session and self._session.open:
                self._session.send(self.expected())

    def push_in_chunks(self):
        """A unit a message. The Agent does so only for components that ask for it."""
        with self.lock:
            mark = round(time.time(), 3)
            parts = [[unit] for unit in self.wanted.values()] + [[]]
            for number, part in enumerate(parts):
                self._session.send(self.expected(mark, part, head=number == 0))

    def send_raw(self, message):
        self._session.send(message)

    # ---- What comes -----------------------------------------------------------------------------------------------------

    def _take(self, raw):
        with self.lock:
            message = messages.observed(raw)
            self.check_ins.append((time.monotonic(), message))
            if message["token"] != self.token:
                self.faults.append("a later message has another token")
            answer = self._judge(message)
            return [self.expected()] if answer else []

    def _judge(self, message):
        """True if something is not as wanted: then the Agent answers at once, every time."""
        answer = (message["features"], message["component"]) != (self.features_index, self.component_index)
        for key, unit in list(self.wanted.items()):
            seen = message["units"].get(key)
            unit["seen"] = seen or unit["seen"]
            if seen is None:
                if unit["listed"]:
                    self.faults.append(f"{key[1]}: not reported in check-in")
                answer = True
                continue
            unit["listed"] = True
            if unit["stopped"] and seen["state"] == "STOPPED":
                del self.wanted[key]  # said with the next answer
            elif seen["index"] != unit["index"] or seen["state"] != ("STOPPED" if unit["stopped"] else "HEALTHY"):
                answer = True
        for key, seen in message["units"].items():
            if key in self.wanted or seen["state"] == "STOPPED":
                answer = answer or key not in self.wanted
                continue
            self.faults.append(f"{key[1]}: reported unit is unknown")
            answer = True
        return answer

    def _admit(self, session, message_token, former):
        if self._refusal:
            session.context.abort(*self._refusal)
        if message_token != self.token:
            session.context.abort(grpc.StatusCode.PERMISSION_DENIED, "invalid token")
        if former is not None and former.open:
            session.context.abort(grpc.StatusCode.ALREADY_EXISTS, "a second stream of one component")

    def _check_in_call(self, requests, context):
        session = Session(requests, context)
        first = session.first()
        self._admit(session, messages.observed(first)["token"], self._session)
        with self.lock:
            self._session = session
            self.streams += 1
            if messages.observed(first)["programme"] is None:
                self.faults.append("the first message of a stream does not say which programme this is")
            for unit in self.wanted.values():
                unit["listed"] = False
        yield from self._take(first)
        yield from session.run(self._take)

    def _actions_call(self, requests, context):
        session = Session(requests, context)
        first = messages.answer(session.first())
        self._admit(session, first["token"], self._actions)
        if (first["id"], first["failed"]) != ("init", False):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first answer is not init")
        self._actions = session
        self.answers.append(first)

        def take(raw):
            self.answers.append(messages.answer(raw))
            return []

        yield from session.run(take)

    def act(self, name="", parameters="{}", unit=None, side=messages.INPUT, diagnostics=False, level=None, seconds=10):
        """Asks for an action or for diagnostics; the component's answer."""
        request = {"id": str(uuid.uuid4()), "name": name, "parameters": parameters, "diagnostics": diagnostics, "level": level}
        if unit is not None or side == messages.OUTPUT:
            request.update(unit=self.unit_id(unit), side=side)
        session = wait_for(lambda: self._actions, "a stream of actions")
        session.send(messages.action(request))
        return wait_for(lambda: next((one for one in self.answers if one["id"] == request["id"]), None), f"an answer to {name or 'diagnostics'}",
                        seconds)

    # ---- The connection -------------------------------------------------------------------------------------------------

    def listen(self, port=0, path=None):
        """path: of a local socket beside the port."""
        with self.lock:
            pool = concurrent.futures.ThreadPoolExecutor(16)
            self._server = grpc.server(pool, options=[("grpc.max_receive_message_length", LARGEST), ("grpc.max_send_message_length", LARGEST),
                                                      ("grpc.so_reuseport", 0)])
            calls = {"CheckinV2": grpc.stream_stream_rpc_method_handler(self._check_in_call),
                     "Actions": grpc.stream_stream_rpc_method_handler(self._actions_call)}
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("proto.ElasticAgent", calls),))
            pairs = [(key.encode(), certificate.encode()) for certificate, key in self._pairs]
            credentials = grpc.ssl_server_credentials(pairs, self.authority.pem.encode(), require_client_auth=True)
            self.port = self._server.add_secure_port(f"127.0.0.1:{port}", credentials)
            if path:
                self._server.add_secure_port(f"unix:{path}", credentials)
            if port and self.port != port:
                raise RuntimeError(f"port {port} is not free any more")
            self._server.start()

    def drop(self, away=0.0):
        """Cuts the connection, and listens again at the same port, after this many seconds."""
        self._server.stop(grace=0).wait(10)
        time.sleep(away)
        self.listen(self.port)

    def end_streams(self, code=grpc.StatusCode.UNAVAILABLE, details="stopping"):
        for session in (self._session, self._actions):
            session.end(code, details)

    def refuse(self, code=grpc.StatusCode.PERMISSION_DENIED, details="invalid token"):
        """Every new stream ends with this, until accept()."""
        self._refusal = (code, details)

    def accept(self):
        self._refusal = None

    # ---- The process ----------------------------------------------------------------------------------------------------

    def greeting(self, **others):
        """What goes to standard input; others replace parts of it, by the names of messages.bootstrap."""
        parts = {"address": f"localhost:{self.port}", "server_name": self.server_name, "token": self.token, "authority": self.authority.pem,
                 "certificate": self.certificate, "key": self.key, "facts": self.facts, **others}
        return messages.bootstrap(**parts)

    def start(self, command, environment=None, greeting=None):
        """Listens and starts the component. greeting: bytes instead of the right ones, for every start of it."""
        if self._server is None:
            self.listen()
        self._command, self._environment, self._greeting = command, environment, greeting
        self._running = True
        self._spawn()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self.component

    def _spawn(self):
        with self.lock:
            for unit in self.wanted.values():
                unit["seen"], unit["listed"] = None, False
            self.component = Component(self._command, self.work, self.name, self.kind, self._greeting or self.greeting(), self._environment)
            self.components_run.append(self.component)

    def _watch(self):
        """The miss rule: DEGRADED after two periods of silence, killed after four; begun anew when it ends by itself."""
        degraded = False
        while self._running:
            time.sleep(0.02)
            component = self.component
            if not component.runs():
                if not self._running or not self.restarts:
                    continue
                self.exits.append(component.wait(1))
                self._spawn()
                continue
            heard = max([component.began] + [at for at, _ in self.check_ins[-1:]])
            missed = (time.monotonic() - heard) / self.checkin
            if missed > 2 and not degraded:
                self.faults.append("missed a check-in")
            degraded = missed > 2
            if missed > 4:
                self.kills.append(time.monotonic())
                component.kill()
                self._spawn()

    def wait_healthy(self, seconds=20):
        """Until every unit is as wanted, and what was to be echoed is."""
        wait_for(self.is_as_wanted, "every unit as wanted", seconds, lambda: f"it said {str(self.check_ins[-1:])[:1500]}, its lines: {self.lines()[-5:]}")

    def is_as_wanted(self):
        with self.lock:
            if not self.check_ins or not self._session or not self._session.open:
                return False
            last = self.check_ins[-1][1]
            return ((last["features"], last["component"]) == (self.features_index, self.component_index)
                    and all((seen := last["units"].get(key)) and seen["index"] == unit["index"]
                            and seen["state"] == ("STOPPED" if unit["stopped"] else "HEALTHY") for key, unit in self.wanted.items()))

    def count(self, since=0.0):
        return sum(at >= since for at, _ in self.check_ins)

    def lines(self):
        return [line for component in self.components_run for _, line in component.lines]

    def stop(self):
        """As the Agent stops a component: no message, SIGTERM, SIGKILL when its time is over. The exit code; None: it was killed."""
        self._running = False
        if self._watcher:
            self._watcher.join(10)
        self.component.signal(signal.SIGTERM)
        code = self.component.wait(self.stop_seconds)
        if code is None:
            self.component.kill()
        return code

    def close(self):
        self._running = False
        if self._watcher:
            self._watcher.join(10)
        for component in self.components_run:
            component.kill()
        if self._server:
            self._server.stop(grace=0).wait(10)
