# SPDX-License-Identifier: Apache-2.0
"""The host's messages beside Elastic's own definitions: what their module writes the host reads, with equal values, and the other way
round, without a field that they do not know; and a component lives with a server of gRPC for Go, as the Agent's is. The module comes through Go's proxy in the version that go.mod and go.sum pin, and is used,
not shipped. Where Go or the proxy is missing the test is skipped with the reason."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parents[2] / "build" / "tools"
SKIPPED = 77
# What go says when it lacks network, proxy or a toolchain that is new enough. A wrong checksum is none of these.
UNAVAILABLE = ("dial tcp", "no such host", "i/o timeout", "connection refused", "TLS handshake", "Forbidden", "Not Found",
               "requires go >=", "toolchain not available", "GOPROXY=off", "module lookup disabled", "x509:",
               "network is unreachable", "Service Unavailable", "Bad Gateway", "unknown directive")


def built():
    go = shutil.which("go")
    if go is None:
        print("skipped: go is not installed")
        sys.exit(SKIPPED)
    TOOLS.mkdir(parents=True, exist_ok=True)
    program = TOOLS / "agent-messages"
    done = subprocess.run([go, "build", "-p", "2", "-trimpath", "-ldflags=-s", "-o", str(program), "."], cwd=HERE, capture_output=True,
                          text=True, timeout=1500, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return program
    said = done.stderr.strip()
    if any(reason in said for reason in UNAVAILABLE) and "SECURITY ERROR" not in said:
        print(f"skipped: go cannot get the modules here: {said.splitlines()[-1][:200]}")
        sys.exit(SKIPPED)
    sys.exit(f"go build failed: {said}; correct go.mod, go.sum or the source")


def lines_of(program, mode, given=""):
    done = subprocess.run([program, mode], input=given, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{program} {mode} ended with {done.returncode}: {done.stderr}")
    return done.stdout.split("\n")[:-1]  # a string may hold what else ends lines


def compared(writer, reader):
    """Every message of one that the other reads otherwise than it was meant."""
    written = [line.split(" ", 2) for line in lines_of(writer, "write")]
    read = lines_of(reader, "read", "".join(f"{kind} {hexadecimal}\n" for kind, hexadecimal, _ in written))
    if len(read) != len(written) or not written:
        sys.exit(f"{len(written)} messages were written, {len(read)} read")
    for (kind, hexadecimal, meant), found in zip(written, read):
        if json.loads(meant) != json.loads(found):
            print(f"{kind} {hexadecimal[:80]}:\n  meant {meant}\n  read  {found}")
            sys.exit(1)
    return len(written)


def main():
    theirs, ours = built(), os.environ["AM_PROTOCOL_MESSAGES"]
    print(f"{compared(theirs, ours)} messages of theirs are read as they were meant, {compared(ours, theirs)} of ours likewise")
    done = subprocess.run([theirs, "serve", os.environ["AM_ECHO_COMPONENT"]], timeout=240, stdin=subprocess.DEVNULL)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
