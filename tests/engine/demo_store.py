# SPDX-License-Identifier: Apache-2.0
"""`make demo-store`: the host sets up a store, ships a simulated organization into it, and the sums that the store answers
are printed beside what the organization used. Usage: demo_store.py BINARY_DIR [URL].

Without a URL an OpenSearch is started on loopback, as the engine tests do, and is gone at the end. With one, that store is
used (ES_API_KEY, or ES_USERNAME and ES_PASSWORD, let in), data streams of a namespace of their own are left there, and the
last lines say how to remove them. Ends with 1 if a sum differs, and with 69 if there is no engine to start.
"""

import base64
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("tests/engine", "tests/store", "tests/support", "tests/package", "tests/artefacts", "package", "package/builder"):
    sys.path.append(str(ROOT / folder))
if __name__ == "__main__" and len(sys.argv) > 1:
    os.environ["AM_BINARY_DIR"] = str(pathlib.Path(sys.argv[1]).resolve())

import engine  # noqa: E402  what it imports reads the variable
import java  # noqa: E402
import shipped  # noqa: E402
import store_engine  # noqa: E402
import truth  # noqa: E402

NO_ENGINE = 69
MISSING = ("No store to show: {reason}.\nA JDK 17 and Maven start one (tools/install-dependencies test installs them); or name a "
           "running one: make demo ES=http://127.0.0.1:9200")


def credential():
    """({setting: value} of the output, headers of our own questions), as the environment says."""
    key, user = os.environ.get("ES_API_KEY"), os.environ.get("ES_USERNAME")
    if key:
        sent = base64.b64encode(key.encode()).decode() if ":" in key else key
        return {"api_key": "${ES_API_KEY}"}, {"Authorization": f"ApiKey {sent}"}
    if user:
        login = base64.b64encode(f"{user}:{os.environ.get('ES_PASSWORD', '')}".encode()).decode()
        return {"username": "${ES_USERNAME}", "password": "${ES_PASSWORD}"}, {"Authorization": f"Basic {login}"}
    return {}, {}


def ran(host, *command):
    """One command of the host, shown as a person would type it."""
    words = host.command(*command)
    print(f"\n$ anthropic-metrics {' '.join(command)} -c policy.yml", flush=True)
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    for line in done.stdout.splitlines():
        print(f"  {line}")
    if done.returncode:
        sys.exit(f"'anthropic-metrics {command[0]}' ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def rows(stream, dimension, found, expected):
    """(value, [what the store says], [what was used]) of every value of the dimension, a number per measure."""
    for value in sorted(expected[dimension].keys() | found[dimension].keys()):
        yield value, *([side[dimension].get(value, {}).get(name, 0) for name in truth.MEASURES[stream]] for side in (found, expected))


def equal(stream, there, used):
    return float(there) == float(used) if stream == "usage" else abs(float(there) - float(used)) <= 1e-9 * max(1, abs(float(used)))


def compare(backend, organization, stream, dimension, title, shown):
    """Prints one table; the number of sums of every dimension that were compared, and how many differ."""
    name = f"metrics-anthropic_metrics.{stream}-{backend.namespace}"
    bounds = backend.ask("POST", f"/{name}/_search", {"size": 0, "aggs": {
        "first": {"min": {"field": "@timestamp"}}, "last": {"max": {"field": f"anthropic.{stream}.bucket_end_time"}}}})
    start, end = (bounds["aggregations"][key]["value_as_string"] for key in ("first", "last"))
    expected = truth.of_organization(organization.url, stream, start, end)
    found = truth.of_store(backend.ask("POST", f"/{name}/_search", truth.question(stream)))
    print(f"\n{title}\n{'':<36} {'the store says':>20} {'was used':>20}")
    for value, there, used in rows(stream, dimension, found, expected):
        pair = shown(sum(map(float, there))), shown(sum(map(float, used)))
        print(f"  {value:<34} {pair[0]:>20} {pair[1]:>20}")
    pairs = [(there, used) for one in expected for _, lefts, rights in rows(stream, one, found, expected)
             for there, used in zip(lefts, rights)]
    return len(pairs), sum(not equal(stream, there, used) for there, used in pairs)


def show(url, namespace, own):
    settings, headers = credential()
    begun = time.monotonic()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:00:00Z")
    with tempfile.TemporaryDirectory(prefix="am-demo-") as folder, shipped.Organization(folder, epoch=now, groups=24) as organization:
        host = shipped.Host(folder, organization, {"type": "elasticsearch", "hosts": [url], **settings}, interval="720h",
                            max_documents=1000, level="warning", extra=f"data_stream.namespace: {namespace}")
        ran(host, "setup")
        ran(host, "run", "--once")
        backend = store_engine.Engine(url, namespace, headers)
        for one in backend.names():
            backend.answer("POST", f"/{one}/_refresh", {}, b"", {})
        tokens = compare(backend, organization, "usage", "model", "Tokens by model", lambda value: f"{value:,.0f}")
        cents = compare(backend, organization, "cost", "workspace_id", "Cost by workspace, USD", lambda value: f"{value / 100:,.2f}")
        count = backend.ask("POST", f"/metrics-anthropic_metrics.*-{namespace}/_count")["count"]
    compared, different = (left + right for left, right in zip(tokens, cents))
    print(f"\n{count:,} documents; {compared} sums by every dimension of the dashboards, {different} differ from what was used.")
    if not own:
        print(f"\nTo remove them:\n  curl -X DELETE '{url}/_data_stream/metrics-anthropic_metrics.*-{namespace}'")
    print(f"Done in {time.monotonic() - begun:.1f} s.")
    return 1 if different or not compared else 0


def main(arguments):
    if arguments:
        return show(arguments[0].rstrip("/"), datetime.datetime.now(datetime.timezone.utc).strftime("demo_%Y%m%dt%H%M%S"), own=False)
    print("Starting an OpenSearch on loopback (the first time Maven fetches it, which takes minutes) ...", flush=True)
    try:
        node = engine.node(engine.opensearch)
    except java.Unavailable as reason:
        print(MISSING.format(reason=reason), file=sys.stderr)
        return NO_ENGINE
    return show(node.url, "demo", own=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:]))
