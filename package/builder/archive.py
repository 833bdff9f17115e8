# SPDX-License-Identifier: Apache-2.0
"""A zip whose bytes follow from its content alone: sorted entries, fixed times and modes, nothing compressed
(compressors of different versions write different bytes)."""

import io
import os
import stat
import time
import zipfile

from fault import PackageFault

# The first moment a zip can name.
EARLIEST = (1980, 1, 1, 0, 0, 0)


def moment():
    """The time of all entries: SOURCE_DATE_EPOCH, in the manner of reproducible-builds.org, or the earliest."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not given:
        return EARLIEST
    if not given.isdigit():
        raise PackageFault(f"SOURCE_DATE_EPOCH: '{given}' is not a number of seconds; correct or unset it")
    return max(EARLIEST, time.gmtime(int(given))[:6])


def _folders(names):
    found = set()
    for name in names:
        while "/" in name:
            name = name.rpartition("/")[0]
            found.add(name + "/")
    return found


def zipped(files, top):
    """The bytes of a zip with one top folder and the files {relative path: content} below it."""
    content = {f"{top}/{name}": data for name, data in files.items()}
    when = moment()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(content.keys() | _folders(content)):
            entry = zipfile.ZipInfo(name, when)
            entry.create_system = 3  # modes are Unix ones on every system
            folder = name.endswith("/")
            mode = (stat.S_IFDIR | 0o755) if folder else (stat.S_IFREG | 0o644)
            entry.external_attr = (mode << 16) | (0x10 if folder else 0)
            out.writestr(entry, b"" if folder else content[name])
    return buffer.getvalue()
