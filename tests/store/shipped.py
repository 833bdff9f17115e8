# SPDX-License-Identifier: Apache-2.0
"""The real host between a simulated organization and a store, and what must hold when it is done."""

import collections
import contextlib
import json
import os
import pathlib
import signal
import ssl
import subprocess
import tempfile
import unittest
import urllib.request

import store_faults
import store_front
import store_model
import tree

import searched

BINARIES = tree.BINARY_DIR / "bin"
KEY = "sk-ant-admin01-simulator"
PLUGIN = tree.BINARY_DIR / "lib" / "libanthropic_metrics.so"

STREAMS = """
      - data_stream.dataset: anthropic_metrics.usage
        initial_interval: {interval}
        settle: 0s
        group_by: [inference_geo, model, service_tier, workspace_id]
      - data_stream.dataset: anthropic_metrics.cost
        initial_interval: {interval}
        settle: 0s
      - data_stream.dataset: anthropic_metrics.rate_limit
      - data_stream.dataset: anthropic_metrics.workspace
      - data_stream.dataset: anthropic_metrics.api_key
      - data_stream.dataset: anthropic_metrics.spend_limit
"""


class Organization:
    """A simulated organization on loopback; virtual time stands still until it is advanced. Use as a context manager."""

    def __init__(self, folder, seed=1, groups=8, epoch="2026-11-01T00:00:00Z", key=KEY, tls=False, serve=(), **rates):
        """rates: options of the data, True for one without a value; serve: of how they are served."""
        self.folder, self.key, self.tls, self.serve = pathlib.Path(folder), key, tls, serve
        self.data = ["--seed", str(seed), "--groups", str(groups), "--epoch", epoch]
        for name, value in rates.items():
            self.data += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]

    def __enter__(self):
        command = [BINARIES / "anthropic-metrics-simulator", "serve", "--port", "0", "--speed", "0", "--admin-key", self.key,
                   *(["--certificates", self.folder] if self.tls else ["--plain"]), "--exit-with-stdin", *self.serve, *self.data]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = json.loads(self.process.stdout.readline())
        self.url, self.authority = said["url"], said["certificate_authority"]
        if not self.tls:
            self.url = self.url.replace("localhost", "127.0.0.1")
        self.context = ssl.create_default_context(cafile=self.authority) if self.tls else None
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def control(self, path, method="GET", body=None):
        """The answer of /_simulator/`path`."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", method=method, data=content)
        with urllib.request.urlopen(request, timeout=120, context=self.context) as answer:
            return json.load(answer)

    def now(self):
        return self.control("state")["now"]

    def advance(self, by):
        """by: such as 90m or 12h."""
        self.control(f"advance?by={by}", "POST")

    def check(self, documents):
        """Compares `{data stream: [source]}` with the truth, row by row. What differs, in lines; none if all is equal."""
        folder = self.folder / "stored"
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for name, sources in documents.items():
            (folder / f"{name}.ndjson").write_bytes(b"".join(source + b"\n" for source in sources))
        described = self.folder / "description.json"
        described.write_bytes(subprocess.run([BINARIES / "anthropic-metrics", "export", "description", "--plugin", PLUGIN],
                                             capture_output=True, check=True).stdout)
        done = subprocess.run([BINARIES / "anthropic-metrics-simulator", "check", "--documents", folder, "--as-of", self.now(),
                               "--description", described, *self.data], capture_output=True, text=True, timeout=300)
        return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines() or [f"check ended with {done.returncode}"]


class Host:
    """The host's binary with a policy of its own."""

    def __init__(self, folder, organization, output, interval="48h", max_documents=200, level="info", extra="", streams=STREAMS,
                 key=KEY):
        self.folder, self.data = pathlib.Path(folder), pathlib.Path(folder) / "data"
        self.policy = self.folder / "policy.yml"
        self.log_file = self.folder / "log.txt"
        self.output = output
        self.inputs = f"""agent.logging.level: {level}
inputs:
  - type: anthropic_metrics
    id: acme
    admin_api_key: {key}
    url: {organization.url}
    batch.max_documents: {max_documents}
    {extra}
    streams:{streams.format(interval=interval)}"""
        self.process = None
        self.set_output()

    def set_output(self, **settings):
        """Settings of the output beside those that it has."""
        self.output.update(settings)
        self.policy.write_text(f"{self.inputs}outputs:\n  default: {json.dumps(self.output)}\n", encoding="utf-8")

    def set_streams(self, streams):
        """Other streams from now on."""
        self.inputs = self.inputs.partition("    streams:")[0] + "    streams:" + streams
        self.set_output()

    def command(self, name, *arguments):
        return [BINARIES / "anthropic-metrics", name, "-c", self.policy, "--plugin", PLUGIN, "--path.data", self.data, *arguments]

    def start(self, *arguments):
        """`run`, until it is stopped or killed."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(self.command("run", *arguments), stdin=subprocess.DEVNULL, stderr=log,
                                            stdout=subprocess.DEVNULL, env=environment())
        return self.process

    def once(self, timeout=120):
        """One round; the exit code."""
        self.start("--once", "--timeout", str(timeout))
        return self.wait(timeout + 30)

    def wait(self, timeout=60):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the host did not end within {timeout} s; its log:\n{self.log()[-3000:]}") from None

    def kill(self, *_):
        """At once. True if it was still running, so that the kill meant something."""
        running = self.process.poll() is None
        try:
            os.kill(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        return running

    def stop(self, timeout=30):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def messages(self):
        """What the log says, a sentence each."""
        out = []
        for line in self.log().splitlines():
            try:
                out.append(json.loads(line)["message"])
            except (ValueError, KeyError):
                out.append(line)
        return out

    def dead_letters(self, output="default"):
        path = self.data / "dead_letter" / f"{output}.ndjson"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


@contextlib.contextmanager
def organization(**settings):
    """An Organization with a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch, Organization(scratch, **settings) as made:
        yield made


@contextlib.contextmanager
def scratch():
    with tempfile.TemporaryDirectory() as folder:
        yield pathlib.Path(folder)


def certificate(folder):
    """A certificate for 127.0.0.1 with its key in one file, and ca.pem of its authority beside it; the path of the file."""
    folder.mkdir()
    def openssl(*words, text=None):
        subprocess.run(["openssl", *words], cwd=folder, input=text, text=True, capture_output=True, check=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca-key.pem",
            "-out", "ca.pem", "-days", "2", "-subj", "/CN=store authority")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
            "-subj", "/CN=store")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="utf-8")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "leaf.pem")
    # With the authority in the chain, as Elasticsearch shows it at its first start.
    (folder / "store.pem").write_text("".join((folder / name).read_text() for name in ("key.pem", "leaf.pem", "ca.pem")))
    return folder / "store.pem"


class Shipping(unittest.TestCase):
    """Tests that ship. One organization for all of a class; a store and a host for each world."""

    ORGANIZATION = {"groups": 4}

    @classmethod
    def setUpClass(cls):
        cls.organization = cls.enterClassContext(organization(**cls.ORGANIZATION))

    def world(self, backend=None, faults=None, front=None, host=None, **output):
        """A world that ends with the test, or with its `with` statement."""
        return World(self.organization, backend or store_model.Model(), faults or store_faults.Script(), front or {}, host or {}, output)

    def assert_exact(self, world, dead=()):
        """Store and dead letters together hold what the organization used, each document once over all backing indices."""
        self.assertEqual(world.front.errors(), [])
        holdings = world.backend.holdings()
        copies = collections.Counter(found for indices in holdings.values() for documents in indices.values() for found in documents)
        twice = [found for found, count in copies.items() if count > 1]
        self.assertEqual(twice, [], f"stored more than once; the host said:\n{world.host.log()[-3000:]}")
        documents = {name: [source for inner in indices.values() for source in inner.values()] for name, indices in holdings.items()}
        for letter in {letter["id"]: letter for letter in dead}.values():
            documents.setdefault(letter["data_stream"], []).append(json.dumps(letter["document"]).encode())
        self.assertEqual(self.organization.check(documents), [], f"the host said:\n{world.host.log()[-3000:]}")


class World:
    """A store, the faults before it, and a host that ships there. front, host: settings of Front and Host; output: of the
    policy's output, beside those that every test needs."""

    def __init__(self, organization, backend, faults, front, host, output):
        self.backend = backend
        self.front = store_front.Front(backend, faults, **front)
        self.scratch = searched.folder(key=KEY.encode(), inputs=["policy.yml"])
        self.organization, self.host_settings = organization, host
        self.output = {"type": "elasticsearch", "hosts": [self.front.url], "backoff.init": "20ms", "backoff.max": "100ms",
                       "max_retries": 30, "timeout": "10s", **output}

    def __enter__(self):
        self.folder = self.scratch.__enter__()
        self.front.__enter__()
        self.host = Host(self.folder, self.organization, self.output, **self.host_settings)
        return self

    def __exit__(self, *what):
        if self.host.process and self.host.process.poll() is None:
            self.host.kill()
        self.front.__exit__()
        return self.scratch.__exit__(*what)

    def sent(self):
        """How often each document was sent."""
        return collections.Counter(action.id for asked in self.front.asked() for action, _, _ in asked.items)


def environment():
    """Without a proxy of this machine."""
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
