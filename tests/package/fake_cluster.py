# SPDX-License-Identifier: Apache-2.0
"""A loopback server that records what is asked of it and answers as a cluster would, or as a test says."""

import http.server
import json
import ssl
import threading

GREETING = {"version": {"distribution": "opensearch", "number": "2.19.1"}}


class FakeCluster:
    """Use as a context manager. `answers`: {(method, path): (status, body)} beside the usual ones."""

    def __init__(self, answers=None, greeting=None, certificate=None):
        self.requests = []
        self.answers = {("GET", "/"): (200, GREETING if greeting is None else greeting), **(answers or {})}
        cluster = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                cluster.requests.append((self.command, self.path, dict(self.headers), body))
                status, content = cluster.answer(self.command, self.path)
                data = json.dumps(content).encode("utf-8")
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def answer(self, method, path):
        found = self.answers.get((method, path.partition("?")[0]))
        if found:
            return found
        return (200, {"acknowledged": True}) if method == "PUT" else (404, {"error": {"reason": "not there"}})

    def asked(self, method):
        return [path for asked, path, _, _ in self.requests if asked == method]

    def body(self, path):
        return next(json.loads(body) for _, asked, _, body in self.requests if asked.partition("?")[0] == path and body)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
