# SPDX-License-Identifier: Apache-2.0
"""Finds a Java and the engines' files. What is not there is no failure: Unavailable says so in one line."""

import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BINARY_DIR = pathlib.Path(os.environ.get("AM_BINARY_DIR", HERE.parents[1] / "build" / "dev"))
USUAL_FOLDERS = ("/usr/lib/jvm", "/usr/java", "/opt/java", "/opt", "/usr/local/java")


class Unavailable(Exception):
    """Why an engine cannot be had on this machine."""


def _homes():
    """Folders that hold bin/java, the likeliest first."""
    if home := os.environ.get("JAVA_HOME"):
        yield pathlib.Path(home)
    if program := shutil.which("java"):
        yield pathlib.Path(program).resolve().parents[1]
    for folder in USUAL_FOLDERS:
        yield from sorted(pathlib.Path(folder).glob("*"))


@functools.lru_cache(maxsize=None)
def _major(home):
    """The Java version at home, 0 if there is none."""
    program = home / "bin" / "java"
    try:
        said = (home / "release").read_text(encoding="utf-8")
        found = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', said)
    except OSError:
        found = None
    if not program.exists():
        return 0
    if not found:
        run = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60)
        found = re.search(r'version "(?:1\.)?(\d+)', run.stderr)
    return int(found.group(1)) if found else 0


def home(least, program="java"):
    """The first Java of at least that version that has the program: JAVA_HOME, java on the path, the usual folders."""
    seen = set()
    for candidate in _homes():
        version = _major(candidate) if (candidate / "bin" / program).exists() else 0
        if version >= least:
            return candidate
        seen.add(version)
    there = ", ".join(str(version) for version in sorted(seen - {0})) or "none"
    kind = "Java" if program == "java" else f"Java with {program}"
    raise Unavailable(f"no {kind} of version {least} or newer (found: {there}); install one, or set JAVA_HOME")


def artefacts(engine):
    """The folder with what tests/engine/<engine>.pom.xml names; resolved once, then kept in the build folder."""
    pom = HERE / f"{engine}.pom.xml"
    content = pom.read_bytes()
    folder = BINARY_DIR / "engine" / f"{engine}-{hashlib.sha256(content).hexdigest()[:12]}"
    if folder.exists():
        return folder
    maven = shutil.which("mvn")
    if not maven:
        raise Unavailable("no mvn on the path; install Maven to resolve the engines")
    unfinished = folder.with_name(folder.name + f".{os.getpid()}")
    command = [maven, "-B", "-q", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}"]
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    text = ""
    for offline in (["-o"], []):
        run = subprocess.run(command + offline, capture_output=True, text=True, timeout=600, env=_with_java(least=11))
        if run.returncode == 0:
            try:
                unfinished.rename(folder)
            except OSError:
                shutil.rmtree(unfinished, ignore_errors=True)  # another run was quicker
            return folder
        text = run.stdout + run.stderr
    shutil.rmtree(unfinished, ignore_errors=True)
    reason = re.search(r"ERROR\W+(.{0,200})", text)
    raise Unavailable(f"Maven could not resolve {pom.name}: {reason.group(1) if reason else text[-200:]}")


def _with_java(least):
    return dict(os.environ, JAVA_HOME=str(home(least)))
