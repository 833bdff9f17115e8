# SPDX-License-Identifier: Apache-2.0
"""History of one-minute buckets from an API that takes its time: days are read in parallel, newest first, and written to files.

The answers are the simulator's, made once before anything is timed, and played back by a server of this file that holds each back by
the latency and has nothing to make: else the making of answers would be what is measured. Beside the wall time stand its bounds of
the same run: the latency (rounds of requests in flight), the CPU seconds of the host's process, and the wall time of a client
that fetches the same answers as fast and throws them away (bandwidth, TLS and the server of this file).

In full, with --whole, 90 days of 200 rows a minute are 26 million documents."""

import asyncio
import concurrent.futures
import datetime
import http.client
import shutil
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import measuring

PLAYED = ("content-type", "content-encoding", "date", "anthropic-organization-id", "request-id")
ASKED = ("x-api-key", "authorization", "anthropic-version", "accept-encoding")
BY_DEFAULT = {"in_flight": 4, "burst": 60}


def connection(api):
    url = urllib.parse.urlsplit(api["url"])
    trust = ssl.create_default_context(cafile=api["certificate_authority"])
    return http.client.HTTPSConnection(url.hostname, url.port, context=trust, timeout=1200)


class Playback:
    """Answers of the API, the first time as it gives them, then from memory. Each is held back by `latency` seconds, beside the
    others."""

    def __init__(self, api, folder):
        self._certificate, key = folder / "played.pem", folder / "played-key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", self._certificate],
                       check=True, capture_output=True)
        self.api, self.answers, self.latency, self.requests = api, {}, 0.0, []
        self.under_way, self.most_under_way = 0, 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self._certificate, key)
        self._makers = concurrent.futures.ThreadPoolExecutor(1)
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context))
        port = server.sockets[0].getsockname()[1]
        self.api_here = {"url": f"https://localhost:{port}", "certificate_authority": self._certificate}
        started.set()
        self._loop.run_forever()

    def begin(self, latency):
        """What follows is timed."""
        self.latency, self.requests, self.most_under_way = latency, [], 0

    def _make(self, target, headers):
        asked = connection(self.api)
        asked.request("GET", target, headers=headers)
        answer = asked.getresponse()
        body = answer.read()
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in answer.getheaders() if name.lower() in PLAYED)
        return f"{head}content-length: {len(body)}\r\n\r\n".encode("latin-1"), body

    async def _serve(self, reader, writer):
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = request.decode("latin-1").split("\r\n")
                target = first.split(" ")[1]
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
                self.requests.append(target)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                if target not in self.answers:
                    wanted = {name: headers[name] for name in ASKED if name in headers}
                    self.answers[target] = await self._loop.run_in_executor(self._makers, self._make, target, wanted)
                if self.latency:
                    await asyncio.sleep(self.latency)
                head, body = self.answers[target]
                writer.write(head)
                for begin in range(0, len(body), 2**18):
                    writer.write(body[begin:begin + 2**18])
                    await writer.drain()
                self.under_way -= 1
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


def fetch_all(api, targets, in_flight):
    """Seconds in which a client that does nothing with them has all answers, with so many requests under way."""
    left = list(targets)
    guard = threading.Lock()

    def work():
        asked = connection(api)
        asked.connect()
        while True:
            with guard:
                if not left:
                    return
                target = left.pop(0)
            asked.request("GET", target, headers={"x-api-key": "sk-ant-admin01-simulator", "accept-encoding": "gzip"})
            answer = asked.getresponse()
            while answer.read(2**20):
                pass
            if answer.status != 200:
                measuring.fail(f"{target}: status {answer.status}")

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(in_flight) as workers:
        for done in [workers.submit(work) for _ in range(in_flight)]:
            done.result()
    return time.monotonic() - began


def policy(folder, api, burst):
    folder.mkdir()
    file = folder / "policy.yml"
    trust = f'ssl.certificate_authorities: ["{api["certificate_authority"]}"]\n    history: {{in_flight: {BY_DEFAULT["in_flight"]}, burst: {burst}}}'
    # Nothing but history is asked for while it is read.
    usage = measuring.USAGE.format(width="1m", hours=1) + "        interval: 24h\n"
    file.write_text(measuring.POLICY.format(output=measuring.FILES.format(folder=folder), url=api["url"], trust=trust,
                                            streams=usage + measuring.HEALTH_OFF), encoding="utf-8")
    return ["-c", file, "--path.data", folder / "data"]


def collect(build, folder, name, api, burst, since):
    """The host's run over all of the history, and how many documents came of it."""
    words = policy(folder / name, api, burst)
    run = measuring.run(build, folder, name, measuring.host(build, "backfill", *words, "--from", since, "--timeout", "7200"))
    documents = measuring.count_lines(folder / name / "documents")
    shutil.rmtree(folder / name)  # in full it is 26 GB, and two more follow
    return run, documents


def say(text):
    print(text, file=sys.stderr, flush=True)


def main():
    parser = measuring.parser(__doc__.split("\n", maxsplit=1)[0], "90 days of 200 rows a minute, 26 million documents")
    parser.add_argument("--days", type=int)
    parser.add_argument("--rows", type=int, help="in each minute")
    parser.add_argument("--latency-ms", type=int, default=200)
    words = parser.parse_args()
    build = words.build.resolve()
    days = words.days or (90 if words.whole else 30)
    rows = words.rows or (200 if words.whole else 20)
    latency = words.latency_ms / 1000
    epoch = datetime.datetime.fromisoformat(measuring.EPOCH.replace("Z", "+00:00"))
    # The last hour is read live, so that history begins with it.
    since = (epoch - datetime.timedelta(hours=1, days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    in_flight = BY_DEFAULT["in_flight"]
    # A burst that ends before the history does would measure the pace, which is a setting.
    burst = max(BY_DEFAULT["burst"], days + 8)
    with measuring.scratch() as folder:
        with measuring.simulator(build, folder, "--speed", "0", "--groups", str(rows), "--activity", "1") as made:
            api = Playback(made, folder)
            say(f"history: the answers for {days} days of {rows} rows a minute are made, and not timed")
            _, expected = collect(build, folder, "made", api.api_here, burst, since)
        if expected < days * 1440 * rows:
            measuring.fail(f"{expected} documents came of {days} days, not {days * 1440 * rows} and the last hour")
        reports = [target for target in api.answers if "usage_report" in target]
        ratios = {}
        for name, held in (("history_no_latency", 0.0), ("history", latency)):
            api.begin(held)
            run, documents = collect(build, folder, name, api.api_here, burst, since)
            if documents != expected:
                measuring.fail(f"{documents} documents came, where {expected} had come before")
            missing = set(api.requests) - set(api.answers)
            if missing:
                measuring.fail(f"asked for what was not asked for before: {missing}")
            windows, under_way = len(api.requests), api.most_under_way
            api.begin(held)
            fetched = fetch_all(api.api_here, reports, in_flight)
            bounds = {"latency": -(-len(reports) // in_flight) * held, "CPU of the host": run.cpu, "fetching alone": fetched}
            least = max(bounds, key=bounds.get)
            ratios[name] = (run.wall, bounds[least])
            say(f"{name}: {documents} documents of {windows} requests, at most {under_way} under way, in {run.wall:.2f} s; " +
                ", ".join(f"{what} {seconds:.2f} s" for what, seconds in bounds.items()) +
                f"; {run.wall / bounds[least]:.2f} of {least}, peak {run.peak:.1f} MB")
            measuring.figure(f"{name}_wall", round(run.wall, 3), round(bounds[least], 3), bound=least)
            measuring.figure(f"{name}_ratio", round(run.wall / bounds[least], 3))
            measuring.figure(f"{name}_cpu", round(run.cpu / documents * 1e6, 3))
            measuring.figure(f"{name}_peak", round(run.peak, 1))


if __name__ == "__main__":
    main()
