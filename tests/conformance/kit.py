# SPDX-License-Identifier: Apache-2.0
"""The kit and the small plugin that it is tried on, compiled with any header of the ABI."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import tree

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE / "broken_plugin.c"
CC = os.environ.get("AM_CC") or shutil.which("cc")
KIT = tree.BINARY_DIR / "bin" / "beat-plugin-conform"
# Several at once, since most of a check is waiting; limits of time are no subject here.
MANY = ["--jobs", "8", "--patience", "4"]
QUICK = [*MANY, "--instances", "200", "--rounds", "10", "--wait", "5", "--timeout", "60"]


def faults():
    """What the plugin's source can be told to do wrong, in its order; "none" is first."""
    return re.findall(r"^  fault_(\w+)", SOURCE.read_text(encoding="ascii"), re.MULTILINE)


def compile_plugin(target, fault="none", header=tree.ROOT / "abi"):
    flags = ["-Wl,-z,nodelete"] if fault != "is_unmapped" else []
    flags += ["-DEXPORTS_MORE"] if fault == "exports_more" else []
    subprocess.run([CC, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-fPIC", "-shared", f"-DFAULT=fault_{fault}",
                    "-I", str(header), *flags, "-o", str(target), str(SOURCE), "-pthread"], check=True, timeout=120)
    return target


def compile_kit(target, header):
    """As docs/conformance.md says it: the sources, one header, no other library."""
    sources = sorted(str(path) for path in (tree.ROOT / "abi" / "conform").glob("*.c"))
    subprocess.run([CC, "-std=gnu11", "-rdynamic", "-I", str(header), "-o", str(target), *sources, "-ldl", "-pthread"], check=True, timeout=300)
    return target


def write_config(folder):
    path = folder / "config.json"
    path.write_text('{"state":"@STATE@"}\n', encoding="ascii")
    return path


class Tried(unittest.TestCase):
    """A suite with a folder for what it compiles, and a configuration in it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.config = write_config(cls.folder)


def report(plugin, config, *options, kit=None, environment=None):
    """The kit's report; its exit code is what the report says."""
    kit = kit or KIT
    done = subprocess.run([str(kit), str(plugin), "--config", str(config), "--json", *options], capture_output=True, timeout=1500,
                          stdin=subprocess.DEVNULL, env=environment)
    text = done.stdout.decode("ascii")
    if done.returncode not in (0, 1):
        raise AssertionError(f"{kit.name} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    told = json.loads(text)
    if told["conforms"] != (done.returncode == 0):
        raise AssertionError(f"exit code {done.returncode}, and the report says {told['conforms']}")
    return told


def failed(told):
    """Checks that failed, with what they found."""
    return {check["name"]: check["findings"] for check in told["checks"] if check["result"] == "failed"}


def each(function, items, workers=2):
    """The results, in order, made a few at a time."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))
