# SPDX-License-Identifier: Apache-2.0
"""How long a process needs until its first request is read by the API, TLS included; how large the binaries are, what else they
load and what they let others see. The API here is one that notes the time and says that the key is unknown."""

import pathlib
import shutil
import socket
import ssl
import statistics
import subprocess
import threading
import time

import measuring
from measuring import figure

STARTS = 15
REFUSAL = (b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 86\r\n\r\n"
           b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}')


class Api:
    """Notes when a connection came and when its first octet was read."""

    def __init__(self, folder):
        self.certificate, key = folder / "api.pem", folder / "api.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self.certificate],
                       check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, key)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self.socket.getsockname()[1]}"
        self.connected_ns = self.read_ns = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            raw, _ = self.socket.accept()
            connected = time.monotonic_ns()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connected_ns = self.connected_ns or connected
            try:
                with self.context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(1)
                    self.read_ns = self.read_ns or time.monotonic_ns()
                    connection.recv(65536)
                    connection.sendall(REFUSAL)
            except OSError:
                raw.close()  # a certificate that nobody vouches for


def starts(build, folder, name, api, command, seen):
    """Milliseconds from fork to what `seen` of the API tells; of several starts, each with a new state."""
    found = []
    for number in range(STARTS):
        shutil.rmtree(folder / name / "data", ignore_errors=True)
        api.connected_ns = api.read_ns = 0
        process = measuring.Process(build, folder, f"{name}-{number}", command, every=0)
        end = time.monotonic() + 10
        while not getattr(api, seen):
            if time.monotonic() > end:
                measuring.fail(f"no request within 10 s:\n{process.log.read_text()[-2000:]}")
            time.sleep(0.001)
        found.append((getattr(api, seen) - process.began_ns()) / 1e6)
        process.process.terminate()
        process.wait(range(256))
    return statistics.median(found)


def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sizes(build, folder):
    for name, path in (("library", build / "lib/libanthropic_metrics.so"), ("host", build / "bin/anthropic-metrics")):
        stripped = folder / path.name
        subprocess.run(["strip", "--strip-unneeded", "-o", stripped, path], check=True)
        figure(f"{name}_size", stripped.stat().st_size / 2**20)
        loaded = [line.split()[2] for line in lines("ldd", path) if "=> /" in line]
        figure(f"{name}_loads", len(loaded))
        figure(f"{name}_loads_size", sum(pathlib.Path(file).stat().st_size for file in loaded) / 2**20)
    symbols = [line.split() for line in lines("nm", "-D", "--defined-only", build / "lib/libanthropic_metrics.so")]
    defined = [name for _, kind, name in symbols if kind != "A"]  # that is the name of a version
    wrong = [symbol for symbol in defined if not symbol.startswith("beat_plugin_")]
    if wrong:
        measuring.fail(f"the library lets others see {', '.join(wrong)}")
    figure("library_symbols", len(defined))


def main():
    build = measuring.parser(__doc__).parse_args().build.resolve()
    if not shutil.which("openssl"):
        measuring.skip("there is no openssl to make a certificate with")
    with measuring.scratch() as folder:
        api = Api(folder)
        told = {"url": api.url, "certificate_authority": api.certificate}
        streams = measuring.USAGE.format(width="1m", hours=24)
        words = measuring.policy(folder / "own", told, measuring.FILES.format(folder=folder / "own"), streams)
        least = starts(build, folder, "least", api, [build / "bin/least", api.url, api.certificate, "/v1/organizations/me"], "read_ns")
        figure("start_request", starts(build, folder, "own", api, measuring.host(build, "run", *words), "read_ns"), least)
        # With the system's trust, which does not have that certificate: the connection comes, and no request.
        words = measuring.policy(folder / "system", {"url": api.url}, measuring.FILES.format(folder=folder / "system"), streams)
        figure("start_connection", starts(build, folder, "system", api, measuring.host(build, "run", *words), "connected_ns"))
        sizes(build, folder)


main()
