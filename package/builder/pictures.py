# SPDX-License-Identifier: Apache-2.0
"""The logo, and a screenshot entry for every other picture in package/kibana/img."""

import re
import struct

import naming
from board import SLUGS
from fault import PackageFault
from sources import load_yaml, read

FOLDER = "package/kibana/img"
LOGO = "logo.svg"
KINDS = {".png": "image/png", ".svg": "image/svg+xml"}


def files(root, description):
    """Every picture, where the package has it."""
    del description
    read(root, f"{FOLDER}/{LOGO}", "draw one; the manifest shows it as the icon")
    return {f"img/{path.name}": path.read_bytes() for path in _all(root)}


def _all(root):
    found = sorted(path for path in (root / FOLDER).glob("*") if path.is_file())
    for path in found:
        if path.suffix not in KINDS:
            raise PackageFault(f"{FOLDER}/{path.name}: not a picture the package can show; use {' or '.join(sorted(KINDS))}")
    return found


def icons(root):
    read(root, f"{FOLDER}/{LOGO}", "draw one; the manifest shows it as the icon")
    return [{"src": f"/img/{LOGO}", "title": naming.TITLE, "size": "32x32", "type": KINDS[".svg"]}]


def screenshots(root):
    """A picture named like a dashboard shows that dashboard with simulated data. In the dashboards' order."""
    out = []
    shots = [path for path in _all(root) if path.name != LOGO]
    for path in sorted(shots, key=lambda path: SLUGS.index(path.stem) if path.stem in SLUGS else len(SLUGS)):
        width, height = _size(path)
        out.append({"src": f"/img/{path.name}", "title": f"{_title(root, path)} (simulated data)",
                    "size": f"{width}x{height}", "type": KINDS[path.suffix]})
    return out


def _title(root, path):
    dashboard = f"package/kibana/dashboards/{path.stem}.yml"
    if not (root / dashboard).exists():
        raise PackageFault(f"{FOLDER}/{path.name}: there is no {dashboard}; a picture shows a dashboard and is named like it")
    return re.sub(r"^\[[^\]]*\]\s*", "", load_yaml(root, dashboard, "write it")["title"])


def _size(path):
    content = path.read_bytes()
    if path.suffix == ".png":
        if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
            raise PackageFault(f"{FOLDER}/{path.name}: not a PNG; draw it again")
        return struct.unpack(">II", content[16:24])
    found = re.search(rb'<svg[^>]*\swidth="(\d+)"[^>]*\sheight="(\d+)"', content)
    if not found:
        raise PackageFault(f"{FOLDER}/{path.name}: the svg element has no width and height in pixels; give it both")
    return int(found.group(1)), int(found.group(2))
