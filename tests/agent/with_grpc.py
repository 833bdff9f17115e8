# SPDX-License-Identifier: Apache-2.0
"""grpcio for the stub of the Agent's server: from PyPI in the versions and with the checksums of requirements.txt, into an environment
of its own below build/tools. Where it cannot be had the test is skipped with the reason."""

import fcntl
import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
SKIPPED = 77
# What pip says for want of a network, a mirror or a wheel for this machine. A wrong checksum is none of these.
UNAVAILABLE = ("No matching distribution", "Could not find a version", "Network is unreachable", "Connection refused",
               "NewConnectionError", "ConnectTimeout", "Temporary failure in name resolution", "Max retries exceeded", "ReadTimeout", "SSLError")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def installed():
    """The Python of an environment that has what requirements.txt names."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / "tools" / f"grpcio-{version}-{digest}"
    python, ready = folder / "bin" / "python", folder / "ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "grpcio.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests start side by side
        if not ready.exists():
            install(folder, python)
            ready.touch()
    return python


def install(folder, python):
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", "--system-site-packages", str(folder)], capture_output=True, text=True, timeout=300,
                          stdin=subprocess.DEVNULL)
    if made.returncode != 0:
        skip(f"no environment of Python can be made ({(made.stdout + made.stderr).strip().splitlines()[0]}); install python3-venv")
    done = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                           "--only-binary", ":all:", "--retries", "1", "-r", str(REQUIREMENTS)],
                          capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return
    if any(sign in done.stderr for sign in UNAVAILABLE) and "DO NOT MATCH" not in done.stderr:
        skip(f"grpcio cannot be had here: {done.stderr.strip().splitlines()[-1][:200]}")
    print(f"{REQUIREMENTS.relative_to(ROOT)}: pip failed: {done.stderr}; correct the file")
    sys.exit(1)


def enter():
    """Goes on only in a Python that has grpcio: begins the program anew in one if this is none."""
    if importlib.util.find_spec("grpc") is not None:
        return
    if "AM_IN_ENVIRONMENT" in os.environ:
        sys.exit("the environment with grpcio has none; remove build/tools/grpcio-*")
    os.environ["AM_IN_ENVIRONMENT"] = "1"
    python = str(installed())
    os.execv(python, [python, "-B", *sys.argv])
