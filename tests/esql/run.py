# SPDX-License-Identifier: Apache-2.0
"""Runs one suite with the parser's packages, which it installs first where they are not yet.

usage: run.py <folder of the packages> <suite.py> [arguments of the suite]

Exit code 77 (skipped) with the reason in one line when the packages cannot be had. They are pure
Python, so any python's pip will do; versions and hashes are in requirements.txt.
"""

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
SKIPPED = 77


def pips():
    """Commands that may be a pip, this python's first."""
    yield [sys.executable, "-m", "pip"]
    for name in ("python3", "pip3", "pip"):
        found = shutil.which(name)
        if found:
            yield [found, "-m", "pip"] if name == "python3" else [found]


def install(folder):
    """None, or why the packages could not be installed. The first pip that runs is the one that is asked."""
    for pip in pips():
        if subprocess.run(pip + ["--version"], capture_output=True).returncode != 0:
            continue
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        options += ["--retries", "1", "--timeout", "20"]
        places = ["--target", str(folder), "--requirement", str(REQUIREMENTS)]
        done = subprocess.run(pip + ["install"] + options + places, capture_output=True, text=True)
        if done.returncode == 0:
            return None
        return "pip could not install them: " + (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return "there is no pip; install python3-pip"


def ensure(folder):
    """None once the packages of requirements.txt are in the folder, or why they are not."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "installed-requirements.sha256"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return None
        shutil.rmtree(folder, ignore_errors=True)
        reason = install(folder)
        if reason is None:
            stamp.write_text(wanted, encoding="utf-8")
        return reason


def main(folder, suite, *arguments):
    folder = pathlib.Path(folder).resolve()
    reason = ensure(folder)
    if reason:
        print(f"{pathlib.Path(suite).name}: skipped: the ES|QL parser's packages are missing: {reason}")
        return SKIPPED
    path = os.pathsep.join([str(folder)] + [p for p in (os.environ.get("PYTHONPATH"),) if p])
    environment = {**os.environ, "PYTHONPATH": path, "AM_ESQL_PARSED": str(folder / "parsed")}
    return subprocess.run([sys.executable, "-B", suite, *arguments], env=environment).returncode


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
