# SPDX-License-Identifier: Apache-2.0
"""Environments of Python with modules from PyPI, in the versions and with the checksums of a requirements file, below build/tools. Where
they cannot be had, the test that wants one is skipped with the reason."""

import fcntl
import hashlib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
# What pip says for want of a network, a mirror or a wheel for this machine. A wrong checksum is none of these.
UNAVAILABLE = ("No matching distribution", "Could not find a version", "Network is unreachable", "Connection refused",
               "NewConnectionError", "ConnectTimeout", "Temporary failure in name resolution", "Max retries exceeded", "ReadTimeout", "SSLError")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def installed(name, requirements, python=sys.executable, system_packages=False, from_sources=()):
    """The Python of an environment of that Python that has what the requirements file names. from_sources: what has no wheels."""
    said = subprocess.run([str(python), "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True, text=True, timeout=60,
                          check=True, stdin=subprocess.DEVNULL)
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = ROOT / "build" / "tools" / f"{name}-{said.stdout.strip()}-{digest}"
    inside, ready = folder / "bin" / "python", folder / "ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests start side by side
        if not ready.exists():
            install(name, requirements, folder, str(python), system_packages, from_sources)
            ready.touch()
    return inside


def install(name, requirements, folder, python, system_packages, from_sources):
    made = subprocess.run([python, "-m", "venv", "--clear", *["--system-site-packages"] * system_packages, str(folder)], capture_output=True,
                          text=True, timeout=300, stdin=subprocess.DEVNULL)
    if made.returncode != 0:
        skip(f"no environment of Python can be made ({(made.stdout + made.stderr).strip().splitlines()[0]}); install python3-venv")
    sources = [word for module in from_sources for word in ("--no-binary", module)]
    done = subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes",
                           "--only-binary", ":all:", *sources, "--retries", "1", "-r", str(requirements)],
                          capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return
    if any(sign in done.stderr for sign in UNAVAILABLE) and "DO NOT MATCH" not in done.stderr:
        skip(f"{name} cannot be had here: {done.stderr.strip().splitlines()[-1][:200]}")
    print(f"{requirements.relative_to(ROOT)}: pip failed: {done.stderr}; correct the file")
    sys.exit(1)
