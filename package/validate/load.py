# SPDX-License-Identifier: Apache-2.0
"""Packages from folders and zips, and what is wrong with the container itself."""

import pathlib
import stat
import zipfile

from .finding import Finding
from .package import BUILT, SOURCE, Package, parse


class NoPackage(Exception):
    """The path holds nothing that can be checked."""


def from_path(path):
    """(package, findings about its container)."""
    path = pathlib.Path(path)
    if path.is_dir():
        if not (path / "manifest.yml").is_file():
            raise NoPackage(f"{path}: has no manifest.yml; name the package's own folder")
        return from_folder(path), []
    if not path.is_file():
        raise NoPackage(f"{path}: does not exist; run make package first")
    try:
        return from_zip(path)
    except zipfile.BadZipFile as error:
        raise NoPackage(f"{path}: {error}; name a package's folder or its zip") from error


def from_folder(folder):
    """A folder named after the version in its manifest is the built form, as under build/packages/<name>/<version>."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return Package(files, BUILT if folder.resolve().name == _version(files) else SOURCE)


def _version(files):
    try:
        return str(parse("manifest.yml", files.get("manifest.yml", b""))["version"])
    except Exception:  # whatever is wrong with the manifest, the rules say it better
        return ""


def from_zip(path):
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        findings = list(container(path.name, entries))
        contents = {entry.filename: archive.read(entry) for entry in entries if not entry.is_dir()}
    files = {name.split("/", 1)[1]: data for name, data in contents.items() if "/" in name}
    package = Package(files, BUILT)
    wanted = f"{package.name}-{package.manifest.get('version', '')}"
    if path.name != f"{wanted}.zip":
        findings.append(Finding(path.name, "is not named after name and version of its manifest", f"call it {wanted}.zip",
                                "archive.name"))
    return package, findings


def container(name, entries):
    """Regular files and folders, each once, in order, with one time: the same tree gives the same bytes."""
    names = [entry.filename for entry in entries]
    for entry in entries:
        place = f"{name}/{entry.filename}"
        mode = entry.external_attr >> 16
        if mode and not (stat.S_ISDIR(mode) if entry.is_dir() else stat.S_ISREG(mode)):
            yield Finding(place, "is neither a regular file nor a folder", "put the file itself there",
                          "archive.regular_files")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield Finding(place, "is compressed in a way that installers do not read", "store or deflate it",
                          "archive.compression")
        if entry.date_time != entries[0].date_time:
            yield Finding(place, f"carries another time than the first entry: {entry.date_time}",
                          "use one fixed time for all",
                          "archive.reproducible")
    if names != sorted(names):
        yield Finding(name, "entries are not in order", "sort them, so that the same tree gives the same bytes",
                      "archive.reproducible")
    for doubled in sorted({n for n in names if names.count(n) > 1}):
        yield Finding(f"{name}/{doubled}", "stands twice", "write it once", "archive.unique")
    folders = {entry.filename for entry in entries if entry.is_dir()}
    for wanted in sorted({"/".join(n.split("/")[:depth]) + "/" for n in names for depth in range(1, n.count("/") + 1)}):
        if wanted.count("/") >= 1 and wanted not in folders and wanted not in names:
            yield Finding(f"{name}/{wanted}", "the folder has no entry of its own", "add one, as installers expect it",
                          "archive.folders")
