# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts somewhere, and how a project that is none of ours finds it there."""

import os
import pathlib
import subprocess
import sys

import tree

# Whatever the machine calls its folder of libraries.
PLUGIN = pathlib.Path("lib/anthropic_metrics/libanthropic_metrics.so")
DOCUMENTATION = pathlib.Path("share/doc/anthropic-metrics")


def cmake_install(prefix, *words):
    return subprocess.run(["cmake", "--install", str(tree.BINARY_DIR), "--prefix", str(prefix), "--strip", *words], capture_output=True,
                          text=True, timeout=300, stdin=subprocess.DEVNULL)


def install(prefix, *components):
    """Those components, without what only a debugger wants. Returns the prefix."""
    for component in components:
        done = cmake_install(prefix, "--component", component)
        if done.returncode != 0:
            raise AssertionError(f"cmake --install --component {component} ended with {done.returncode}: {done.stdout + done.stderr}")
    return pathlib.Path(prefix)


def outside(prefix, **more):
    """The environment of a project that builds against the prefix: everything strict, and nothing of this tree."""
    prefix = pathlib.Path(prefix)
    folders = sorted(str(path.parent) for path in prefix.rglob("beat_plugin.pc"))
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "HOME", "TMPDIR", "LANG", "GOCACHE", "GOPATH", "CCACHE_DIR") or name.startswith("LC_")}
    kept["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), kept.get("PATH", os.defpath)])
    strict = "-O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
    return {**kept, "PKG_CONFIG_PATH": os.pathsep.join(folders), "CMAKE_PREFIX_PATH": str(prefix), "CFLAGS": strict, "CXXFLAGS": strict,
            "CC": os.environ.get("AM_CC") or "cc", "CXX": os.environ.get("AM_CXX") or "c++", "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(command, folder, environment, timeout=300):
    """The finished process; a line of text goes to a shell, as a person types it."""
    words = ["bash", "-euc", command] if isinstance(command, str) else [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
