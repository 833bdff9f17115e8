# SPDX-License-Identifier: Apache-2.0
"""Prometheus' own linter, that of `promtool check metrics`, on what a host that collects from the simulator serves.

The linter comes through Go's module proxy in the version that go.mod and go.sum pin, is built once into build/tools, and
is used, not shipped. Where Go or the proxy is missing the test is skipped with the reason.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parents[2] / "build" / "tools" / "promlint"
SKIPPED = 77
# What go says when it lacks network, proxy or a toolchain that is new enough. A wrong checksum is none of these.
UNAVAILABLE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "TLS handshake", "Forbidden", "Not Found",
               "requires go >=", "toolchain not available", "GOPROXY=off", "module lookup disabled", "x509:",
               "network is unreachable", "Service Unavailable", "Bad Gateway")


def build():
    go = shutil.which("go")
    if go is None:
        print("skipped: go is not installed")
        sys.exit(SKIPPED)
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([go, "build", "-p", "2", "-trimpath", "-ldflags=-s", "-o", str(PROGRAM), "."], cwd=HERE,
                          capture_output=True, text=True, timeout=800, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        if any(reason in done.stderr for reason in UNAVAILABLE) and "SECURITY ERROR" not in done.stderr:
            print(f"skipped: go cannot get the modules here: {done.stderr.strip().splitlines()[-1][:200]}")
            sys.exit(SKIPPED)
        sys.exit(f"go build failed: {done.stderr}; correct go.mod, go.sum or the source")


def problems(text):
    done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def served(host, plugin, simulator, folder):
    """The metrics of a host once every stream was read."""
    with subprocess.Popen([simulator, "serve", "--groups", "2", "--plain", "--port", "0"], stdout=subprocess.PIPE, text=True) as api:
        try:
            url = json.loads(api.stdout.readline())["url"]
            policy = folder / "policy.yml"
            policy.write_text(f"outputs.default: {{type: file, path: {folder}/out}}\n"
                              "http: {enabled: true, port: 0}\n"
                              f"inputs: [{{type: anthropic_metrics, id: lint, admin_api_key: sk-ant-admin01-simulator, url: '{url}'}}]\n",
                              encoding="utf-8")
            with open(folder / "log.txt", "wb") as log, subprocess.Popen(
                    [host, "run", "-c", policy, "--plugin", plugin, "--path.data", folder / "data"], stderr=log) as running:
                try:
                    return collected(folder / "log.txt")
                finally:
                    running.terminate()
        finally:
            api.terminate()


def collected(log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        place = re.search(r"metrics are at (http://localhost:\d+)", log.read_text(encoding="utf-8"))
        if place:
            with urllib.request.urlopen(place[1] + "/metrics", timeout=20) as answer:
                text = answer.read().decode()
            if 'anthropic_metrics_input_health{input="lint",state="healthy"} 1' in text:
                return text
        time.sleep(0.1)
    sys.exit(f"the host did not become healthy within a minute; its log: {log.read_text(encoding='utf-8')}")


def main():
    build()
    code, said = problems("# TYPE anthropic_metrics_bad_ms gauge\nanthropic_metrics_bad_ms 1\n")
    if code == 0:
        sys.exit("the linter finds nothing wrong with a metric without help and of a unit that is none; see main.go")
    with tempfile.TemporaryDirectory() as scratch:
        text = served(*sys.argv[1:4], pathlib.Path(scratch))
    code, said = problems(text)
    families = text.count("# TYPE ")
    print(said or f"{families} families of metrics, nothing to say about them")
    sys.exit(0 if code == 0 and families > 30 else 1)


if __name__ == "__main__":
    main()
