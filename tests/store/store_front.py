# SPDX-License-Identifier: Apache-2.0
"""A store on loopback that lets go wrong what a test says: in front of a model, or of a real engine.

HTTP/1.1 with keep-alive, gzip both ways, TLS if a certificate is given. What was asked is kept in `log`.
"""

import gzip
import http.client
import json
import select
import socket
import socketserver
import ssl
import struct
import threading
import urllib.parse

import bulk_lines
import store_faults

REASONS = http.client.responses
PAGE = b"<html><head><title>Sign in</title></head><body>This network asks you to sign in.</body></html>"


class Asked:
    """One request as it came, and what became of it."""

    def __init__(self, method, target, headers):
        self.method, self.target, self.headers, self.body = method, target, headers, b""
        self.path, _, query = target.partition("?")
        self.path = urllib.parse.unquote(self.path)
        self.parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.fault, self.status, self.items = None, None, []  # items: (action, kind of fault or None, status)


class _Gone(Exception):
    """The connection ends here."""


class Front(socketserver.ThreadingTCPServer):
    """Use as a context manager. backend: a Model or an Engine. faults: a Script or Seeded; may be replaced while running."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, backend, faults=None, certificate=None, prefix=""):
        self.backend, self.faults = backend, faults or store_faults.Script()
        self.log, self.lock, self.connections, self.open = [], threading.RLock(), 0, set()
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server_address[1]}{prefix}"
        self.prefix = prefix  # of every path, as behind a gateway
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
        with self.lock:
            for one in self.open:
                one.close()
        self.thread.join()

    def handle_error(self, request, client_address):
        import traceback
        with self.lock:
            self.log.append(traceback.format_exc())

    def asked(self, ending="/_bulk"):
        with self.lock:
            return [one for one in self.log if isinstance(one, Asked) and one.path.endswith(ending)]

    def errors(self):
        """What went wrong in this server itself; a test wants none."""
        with self.lock:
            return [one for one in self.log if isinstance(one, str)]

    def carry_out(self, asked):
        """The backend's answer, with items that a fault has taken out spliced in again."""
        actions = []
        if asked.path.endswith("/_bulk") and asked.method in ("POST", "PUT"):
            try:
                actions = bulk_lines.parse(asked.body)
            except bulk_lines.Malformed:
                actions = []
        if not actions:
            return self.backend.answer(asked.method, asked.path, asked.parameters, asked.body, asked.headers)
        with self.lock:
            kinds = [self.faults.item(action) for action in actions]
        good = [action for action, kind in zip(actions, kinds) if kind is None]
        status, value = 200, {"took": 1, "errors": False, "items": []}
        if good:
            body = asked.body if len(good) == len(actions) else bulk_lines.join(good)
            status, value = self.backend.answer(asked.method, asked.path, asked.parameters, body, asked.headers)
            if status != 200:
                return status, value
        there = iter(value["items"])
        items = [next(there) if kind is None else self._spoiled(action, kind) for action, kind in zip(actions, kinds)]
        asked.items = [(action, kind, next(iter(item.values()))["status"]) for action, kind, item in zip(actions, kinds, items)]
        value = {**value, "errors": any("error" in next(iter(item.values())) for item in items), "items": items}
        return 200, bulk_lines.filtered(value, asked.parameters.get("filter_path"))

    @staticmethod
    def _spoiled(action, kind):
        status, name, reason = store_faults.ITEMS[kind]
        index = f".ds-{action.index}-000001"
        if kind == "failure_store":
            return {action.kind: {"_index": f".fs-{action.index}-000001", "_id": "f" * 20, "_version": 1, "result": "created",
                                  "status": status, "failure_store": "used", "_seq_no": 0, "_primary_term": 1}}
        return bulk_lines.item(action, index, status, name, reason.format(index=index, id=action.id))


class _Connection(socketserver.BaseRequestHandler):
    """A client's connection: one request after another."""

    def setup(self):
        server = self.server
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.context:
            self.request = server.context.wrap_socket(self.request, server_side=True)
        with server.lock:
            server.connections += 1
            server.open.add(self.request)
        self.reader = self.request.makefile("rb")

    def finish(self):
        with self.server.lock:
            self.server.open.discard(self.request)
        self.reader.close()
        self.request.close()  # the reader holds the descriptor otherwise

    def handle(self):
        try:
            while self._serve():
                pass
        except (_Gone, ConnectionError, ssl.SSLError, TimeoutError, ValueError):
            pass  # ValueError: the socket was closed at the end of the server

    def _serve(self):
        line = self.reader.readline().decode("latin-1")
        if not line:
            return False
        method, target, _ = line.split()
        headers = http.client.parse_headers(self.reader)
        if not target.startswith(self.server.prefix):
            raise ValueError(f"{target} is not below {self.server.prefix}")
        asked = Asked(method, target[len(self.server.prefix):], headers)
        with self.server.lock:
            fault = self.server.faults.request(method, asked.path)
        length = int(headers.get("Content-Length") or 0)
        if fault and fault.kind == "reset":
            self.reader.read(length // 2)
            self._note(asked, fault)
            if fault.before:
                fault.before(self.server)
            self._reset()
        body = self.reader.read(length)
        if len(body) < length:
            return False  # the client died while it sent
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        asked.body = body
        self._note(asked, fault)
        if fault and fault.before:
            fault.before(self.server)
        self._answer(asked, fault)
        return (headers.get("Connection") or "").lower() != "close"

    def _note(self, asked, fault):
        asked.fault = fault
        with self.server.lock:
            self.server.log.append(asked)

    def _answer(self, asked, fault):
        kind = fault.kind if fault else "pass"
        if kind == "status":
            words = fault.body or {"error": {"type": "injected", "reason": f"injected {fault.status}"}, "status": fault.status}
            return self._send(asked, fault.status, words, fault.retry_after)
        if kind == "html":
            return self._send(asked, 200, PAGE)
        if kind in ("close", "hang"):
            self._leave(kind == "hang")
        status, value = self.server.carry_out(asked)
        if fault and fault.after:
            fault.after(self.server)
        if kind in ("lost", "lost_hang"):
            self._leave(kind == "lost_hang")
        if kind == "lost_reset":
            self._reset()
        if kind == "empty":
            return self._send(asked, 200, b"")
        if kind in ("short", "order") and isinstance(value, dict) and isinstance(value.get("items"), list):
            value = dict(value, items=value["items"][:-1] if kind == "short" else value["items"][::-1])
        return self._send(asked, status, value, spoil=kind if kind in ("cut", "garbled") else None)

    def _send(self, asked, status, value, retry_after=None, spoil=None):
        asked.status = status
        content = value if isinstance(value, bytes) else b"" if value is None else json.dumps(value).encode()
        if spoil == "garbled":
            content = content[: len(content) // 2] + b"\x00<<" + content[len(content) // 2 + 3:]
        head = [f"HTTP/1.1 {status} {REASONS.get(status, '')}",
                f"Content-Type: {'text/html' if value is PAGE else 'application/json'}"]
        if retry_after:
            head.append(f"Retry-After: {retry_after}")
        if "gzip" in (asked.headers.get("Accept-Encoding") or "") and len(content) > 512:
            content = gzip.compress(content, 1)
            head.append("Content-Encoding: gzip")
        head.append(f"Content-Length: {len(content)}")
        data = "\r\n".join(head).encode() + b"\r\n\r\n" + (b"" if asked.method == "HEAD" else content)
        if spoil == "cut":
            self.request.sendall(data[: len(data) - len(content) // 2 - 1])
            raise _Gone
        self.request.sendall(data)

    def _leave(self, hanging):
        """Closes without an answer; after the client has, if it shall hang."""
        while hanging:
            ready, _, _ = select.select([self.request], [], [], 0.05)
            if ready and not self.request.recv(1):
                break
        raise _Gone

    def _reset(self):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Gone
