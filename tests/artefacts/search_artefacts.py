#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Searches everything below the given folders for the canary key of the tests, in every form it could take.

usage: search_artefacts.py [--key KEY] FOLDER...

--key: for this one instead, as it is told apart by its end (the simulator's, which is public but no part of a document).
Prints each place where it stands, and how much was searched. Ends with 1 if there is one, with 2 if a folder is
missing: then nothing was proven. Compressed files are looked into.
"""
import base64
import gzip
import pathlib
import sys

CORE = b"CANARY-0123456789abcdefghijklmnopqrstuvwxyz"


def forms(key=CORE):
    """Name and octets of each form. Base64 is cut to what depends on the key alone, whatever stands around it."""
    found = [("as it is", key), ("backwards", key[::-1]), ("in hexadecimal", key.hex().encode()),
             ("in HEXADECIMAL", key.hex().upper().encode()), ("in UTF-16", key.decode().encode("utf-16-le")),
             ("in UTF-16 BE", key.decode().encode("utf-16-be")),
             ("percent-encoded throughout", "".join(f"%{octet:02X}" for octet in key).encode())]
    for before in range(3):
        text = b"\0" * before + key
        text = text[:len(text) // 3 * 3]
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            found.append((f"in {name}, {before} octets off", encode(text)[4 if before else 0:]))
    return found


def contents(path):
    """The file's octets, and those inside if it is compressed."""
    octets = path.read_bytes()
    yield octets
    if octets[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(octets)
        except (OSError, EOFError):
            pass  # Cut short, as many a test does; its beginning was searched as it is.


def search(folders, key=CORE):
    """(findings, files, octets)"""
    findings, files, octets = [], 0, 0
    wanted = forms(key)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            files += 1
            for text in contents(path):
                octets += len(text)
                for name, form in wanted:
                    at = text.find(form)
                    if at >= 0:
                        findings.append(f"{path}: the key stands {name} at octet {at}")
    return findings, files, octets


def main(arguments):
    key = CORE
    if arguments[:1] == ["--key"] and len(arguments) > 1:
        key, arguments = arguments[1].encode(), arguments[2:]
    folders = [pathlib.Path(argument) for argument in arguments]
    if not folders or "-h" in arguments or "--help" in arguments:
        print(__doc__)
        return 2
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if missing:
        print(f"{', '.join(missing)}: no such folder; run the tests first, they write it")
        return 2
    findings, files, octets = search(folders, key)
    for finding in findings:
        print(finding)
    print(f"artefacts searched for the key: {files} files, {octets} octets, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
