# SPDX-License-Identifier: Apache-2.0
"""A real engine on loopback for as long as this process lives, and how tests talk to it.

One node per process, started by the first test that asks. Its process group is killed at exit, also after a
signal and when it does not start in time. Should we be killed ourselves, it notices: OpenSearch that its standard
input ends, Elasticsearch by the signal that setpriv asks the kernel for.
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import java

START_SECONDS = 240  # a loaded machine with two cores needs a minute
HEAP = "1g"
MEMORY, ROOM = pathlib.Path("/dev/shm"), 512 * 2**20


class Answer:
    """Status, body and warnings of one exchange."""

    def __init__(self, status, text, warnings=()):
        self.status = status
        self.text = text
        self.warnings = list(warnings)

    @property
    def json(self):
        return json.loads(self.text)


class Node:
    """A running engine."""

    def __init__(self, name, process, url, log):
        self.name, self.process, self.url, self.log = name, process, url, log

    def call(self, method, path, body=None, timeout=120):
        """One request. A dict is sent as JSON, a str as NDJSON."""
        data = None
        kind = "application/json"
        if isinstance(body, str):
            data, kind = body.encode("utf-8"), "application/x-ndjson"
        elif body is not None:
            data = json.dumps(body).encode("utf-8")
        request = urllib.request.Request(self.url + path, data=data, method=method, headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.read().decode("utf-8"), answer.headers.get_all("Warning", ()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode("utf-8"))

    def ok(self, method, path, body=None):
        """The JSON of an answer that must be good."""
        answer = self.call(method, path, body)
        if answer.status not in (200, 201):
            raise AssertionError(f"{self.name}: {method} {path}: {answer.status}: {answer.text[:2000]}")
        return answer.json

    def create(self, index, documents, ids=None):
        """Sends documents as a shipper does (_bulk create); the items of the answer in their order."""
        lines = []
        for number, document in enumerate(documents):
            action = {"_index": index}
            if ids is not None and ids[number] is not None:
                action["_id"] = ids[number]
            lines += [json.dumps({"create": action}), document if isinstance(document, str) else json.dumps(document)]
        items = self.ok("POST", "/_bulk", "\n".join(lines) + "\n")["items"]
        self.call("POST", f"/{index}/_refresh")
        return [item["create"] for item in items]

    def hits(self, index, query=None):
        """Every document of the index (at most 10,000), by _id."""
        body = {"size": 10000, "query": query or {"match_all": {}}, "sort": ["_doc"]}
        found = self.ok("POST", f"/{index}/_search", body)["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in found}

    def count(self, index, query=None):
        return self.ok("POST", f"/{index}/_count", {"query": query or {"match_all": {}}})["count"]

    def sums(self, index, fields, query=None):
        """{field: sum} as the engine adds them up."""
        body = {"size": 0, "query": query or {"match_all": {}}, "aggs": {f: {"sum": {"field": f}} for f in fields}}
        answer = self.ok("POST", f"/{index}/_search", body).get("aggregations", {})  # none of a stream without measures
        return {name: value["value"] for name, value in answer.items()}

    def stop(self):
        """At once: what it holds is thrown away."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _started(name, command, port, folder, environment=None):
    """Starts the command and waits until it answers; its folder is removed at exit."""
    log = folder / "output.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, cwd=folder,
                                   env=environment, start_new_session=True)
    node = Node(name, process, f"http://127.0.0.1:{port}", log)

    def end():
        node.stop()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: exit(1))  # runs what is registered above
    begun = time.monotonic()
    while time.monotonic() - begun < START_SECONDS:
        if process.poll() is not None:
            break
        try:
            if node.call("GET", "/_cluster/health", timeout=5).status == 200:
                print(f"{name}: answers after {time.monotonic() - begun:.0f} s", flush=True)
                return node
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"{name} did not start; its last lines:\n" + "\n".join(
        log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]))


def opensearch():
    """A fresh OpenSearch with what the pipelines need; AM_OPENSEARCH says which major version, 2 or 3."""
    major = os.environ.get("AM_OPENSEARCH", "2")
    home = java.home(least={"2": 17, "3": 21}[major])
    libraries = java.artefacts(f"opensearch-{major}")
    folder = _folder(java.BINARY_DIR / "engine")
    port = _free_port()
    command = [home / "bin" / "java", "-Xms256m", f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
               "-cp", f"{libraries}/*", java.HERE / "Engine.java", str(port), _data_folder(folder)]
    node = _started(f"OpenSearch {major}", command, port, folder)
    (info,) = node.ok("GET", "/_nodes/ingest,plugins")["nodes"].values()
    modules = " ".join(module["name"] for module in info["modules"] + info["plugins"])
    processors = {processor["type"] for processor in info["ingest"]["processors"]}
    missing = {name for name in ("IngestCommon", "Painless", "MapperExtras") if name not in modules}
    missing |= {"set", "script", "date", "json", "rename", "remove", "append", "fail"} - processors
    if missing:
        raise AssertionError(f"OpenSearch came up without {', '.join(sorted(missing))}; see tests/engine/opensearch-{major}.pom.xml")
    return node


def elasticsearch():
    """A fresh Elasticsearch 9 server. It has no ingest processors: send it what pipelines would have made."""
    folder, unpacked, _ = _unpacked("elasticsearch")
    return _elasticsearch("Elasticsearch 9", folder, unpacked, least=21)


def esql():
    """A fresh Elasticsearch 8.19 server that answers ES|QL. It has no ingest processors either."""
    folder, unpacked, jars = _unpacked("esql")
    version = unpacked.name.partition("-")[2]
    core = [jar for jar in jars if jar.name.startswith(("x-pack-esql-core-", "x-pack-mapper-version-"))]
    _add_module(unpacked, version, "x-pack-esql-core", "org.elasticsearch.xpack.esql.core.plugin.EsqlCorePlugin", "x-pack-core", core)
    _add_module(unpacked, version, "x-pack-esql", "org.elasticsearch.xpack.esql.plugin.EsqlPlugin", "x-pack-core,x-pack-esql-core",
                [jar for jar in jars if jar not in core])
    return _elasticsearch("Elasticsearch 8.19 with ES|QL", folder, unpacked, least=17)


def _unpacked(engine):
    """(scratch folder, the server unpacked there, the jars beside it) of a server that comes as a zip."""
    home = java.artefacts(engine)
    (packed,) = home.glob("*.zip")
    folder = _folder(None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.unpack_archive(packed, folder)
    (unpacked,) = folder.glob("elasticsearch-*")
    for program in (unpacked / "bin").iterdir():
        program.chmod(0o755)
    return folder, unpacked, sorted(home.glob("*.jar"))


def _add_module(unpacked, version, name, start, extended, jars):
    """A module as the whole distribution has it, of published jars: `start` is its class, `extended` whose classes it sees."""
    folder = unpacked / "modules" / name
    folder.mkdir()
    for jar in jars:
        shutil.copy(jar, folder)
    (folder / "plugin-descriptor.properties").write_text(
        f"name={name}\ndescription={name}\nversion={version}\nelasticsearch.version={version}\njava.version=17\n"
        f"classname={start}\nextended.plugins={extended}\n", encoding="utf-8")


def _elasticsearch(name, folder, unpacked, least):
    home = java.home(least)
    port, transport, data = _free_port(), _free_port(), _data_folder(folder)
    (unpacked / "config" / "elasticsearch.yml").write_text(
        f"discovery.type: single-node\nxpack.security.enabled: false\nnetwork.host: 127.0.0.1\nhttp.port: {port}\n"
        f"transport.port: {transport}\npath.data: {data}\ncluster.routing.allocation.disk.threshold_enabled: false\n", encoding="utf-8")
    command = [unpacked / "bin" / "elasticsearch"]
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig=TERM", *command]
    if os.geteuid() == 0:  # it refuses to run as root
        if command[0] != "setpriv":
            raise java.Unavailable("Elasticsearch refuses to run as root, and there is no setpriv to change the user")
        for path in [folder, data, *folder.rglob("*")]:
            os.chown(path, 65534, 65534)
        command[1:1] = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    environment = dict(os.environ, ES_JAVA_HOME=str(home), ES_JAVA_OPTS=f"-Xms256m -Xmx{HEAP} -XX:TieredStopAtLevel=1")
    return _started(name, command, port, folder, environment)


def _folder(below):
    if below:
        below.mkdir(parents=True, exist_ok=True)
    return pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=below))


def _data_folder(otherwise_below):
    """A folder for the node's data: in memory where there is room, for the engines wait for the disk at every change
    of theirs, which makes the tests four times as long. What runs that were killed have left there is removed."""
    prefix = "anthropic-metrics-engine-"
    try:
        for left in MEMORY.glob(f"{prefix}*-*"):
            if not pathlib.Path("/proc", left.name.removeprefix(prefix).partition("-")[0]).exists():
                shutil.rmtree(left, ignore_errors=True)
        if shutil.disk_usage(MEMORY).free < ROOM:
            raise OSError
        data = pathlib.Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=MEMORY))
    except OSError:
        data = otherwise_below / "data"
        data.mkdir()
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    return data


_nodes = {}


def node(start):
    """The one node of this process that `start` (opensearch, elasticsearch or esql) makes."""
    if start not in _nodes:
        _nodes[start] = start()
    return _nodes[start]
