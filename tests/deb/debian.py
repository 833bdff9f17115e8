# SPDX-License-Identifier: Apache-2.0
"""The Debian package under test, as its tests find it, and other ones that are made from it."""

import os
import pathlib
import shutil
import subprocess
import unittest

import tree

NAME = "anthropic-metrics"


def built():
    """The package: AM_DEB, or what CPack made of the build folder."""
    named = os.environ.get("AM_DEB")
    found = [pathlib.Path(named)] if named else sorted((tree.BINARY_DIR / "packages").glob(f"{NAME}_*.deb"))
    if len(found) != 1:
        raise unittest.SkipTest(f"{tree.BINARY_DIR}/packages has {len(found)} packages; let the test 'deb: built' make one")
    return found[0]


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], capture_output=True, text=True, check=True).stdout.strip()


def listing(package):
    """{path: (type and mode, owner)}; folders end in a slash."""
    text = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout
    entries = {}
    for line in text.splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        entries[path.removeprefix(".")] = (mode, owner)
    return entries


def unpacked(package, folder):
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    return pathlib.Path(folder)


def remade(package, folder, edit):
    """The package again after edit(folder with its contents and DEBIAN/). Its file."""
    folder = pathlib.Path(folder)
    content, file = folder / "content", folder / "remade.deb"
    unpacked(package, content)
    edit(content)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", content, file], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(content)
    return file


def with_field(name, change):
    """An edit: a field of the control file becomes change(what it was)."""
    def edit(content):
        control = content / "DEBIAN" / "control"
        lines = control.read_text().splitlines()
        control.write_text("".join((f"{name}: {change(line.partition(': ')[2])}" if line.startswith(f"{name}: ") else line) + "\n"
                                   for line in lines))
    return edit
