# SPDX-License-Identifier: Apache-2.0
"""Programs in Go that tests use, built once into build/tools in the versions that go.mod and go.sum pin. They come through
Go's module proxy and are used, not shipped."""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "tools"
SKIPPED = 77
# What go says when it lacks network, proxy or a toolchain that is new enough. A wrong checksum is none of these.
UNAVAILABLE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "TLS handshake", "Forbidden", "Not Found",
               "requires go >=", "toolchain not available", "GOPROXY=off", "module lookup disabled", "x509:",
               "network is unreachable", "Service Unavailable", "Bad Gateway", "unknown directive")
BUILD_SECONDS = 1700


class Skip(Exception):
    """The test cannot run here; the text says why."""


def go_build(folder, name, target):
    """The program's path, built if its sources changed. Low priority: the linter is large and nothing waits for it."""
    go = shutil.which("go")
    if go is None:
        raise Skip("go is not installed")
    TOOLS.mkdir(parents=True, exist_ok=True)
    command = [go, "build", "-p", "2", "-trimpath", "-ldflags=-s", "-o", str(TOOLS / name), target]
    if shutil.which("nice"):
        command = ["nice", "-n", "10", *command]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BUILD_SECONDS,
                              stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Skip(f"go did not build {name} within {BUILD_SECONDS} s; the next run goes on from there") from None
    if done.returncode != 0:
        said = done.stderr.strip()
        if any(reason in said for reason in UNAVAILABLE) and "SECURITY ERROR" not in said:
            raise Skip(f"go cannot get the modules here: {said.splitlines()[-1][:200]}")
        print(f"{folder.relative_to(ROOT)}: go build failed: {said}; correct go.mod, go.sum or the source")
        sys.exit(1)
    return TOOLS / name
