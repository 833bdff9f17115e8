#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches every file below a folder for the paths of the machine that built it, inside of what is packed, too.

usage: build_paths.py FOLDER PATH...

Prints each place where a path stands, and how much was searched. Ends with 1 if there is one, with 2 if there is nothing to search: then
nothing was proven.
"""

import gzip
import io
import os
import pathlib
import sys
import tarfile
import zipfile


def contents(name, octets):
    """(name, octets) of a file and of all that is packed in it."""
    yield name, octets
    if octets[:2] == b"\x1f\x8b":
        try:
            yield from contents(f"{name} unpacked", gzip.decompress(octets))
        except (OSError, EOFError) as error:
            raise ValueError(f"{name}: begins as gzip and cannot be unpacked ({error}); nothing is known of it") from None
    elif octets[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(octets)) as packed:
            for inner in packed.namelist():
                yield from contents(f"{name}: {inner}", packed.read(inner))
    elif octets[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(octets)) as packed:
            for inner in packed:
                if inner.isfile():
                    yield from contents(f"{name}: {inner.name}", packed.extractfile(inner).read())


def search(folder, paths):
    """(findings, files, octets)"""
    wanted = sorted({os.fsencode(form).rstrip(b"/") for path in paths for form in (path, os.path.realpath(path))})
    findings, files, octets = [], 0, 0
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_symlink():
            text = os.fsencode(os.readlink(path))
        elif path.is_file():
            text = path.read_bytes()
        else:
            continue
        files += 1
        for name, part in contents(str(path.relative_to(folder)), text):
            octets += len(part)
            for form in wanted:
                at = part.find(form)
                if at >= 0:
                    end = min((part.find(stop, at) for stop in (b"\0", b"\n", b'"') if part.find(stop, at) >= 0), default=at + 120)
                    findings.append(f"{name}: {part[at:min(end, at + 120)].decode('utf-8', 'replace')} stands at octet {at}")
    return findings, files, octets


def main(arguments):
    if len(arguments) < 2 or "--help" in arguments:
        print(__doc__)
        return 2
    findings, files, octets = search(arguments[0], arguments[1:])
    for finding in findings:
        print(finding)
    print(f"searched for build paths: {files} files, {octets} octets, {len(findings)} findings")
    return 2 if not files else 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
