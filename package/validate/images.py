# SPDX-License-Identifier: Apache-2.0
"""Pictures: there is an icon, each is what the manifest says of it, harmless, and shown somewhere."""

import re
import struct

from .finding import Finding

KINDS = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif"}


def _owners(package):
    yield "manifest", package.manifest
    for template in package.policy_templates():
        yield f"policy template {template.get('name')}", template


def _named(package):
    for place, owner in _owners(package):
        for kind in ("icons", "screenshots"):
            for number, picture in enumerate(owner.get(kind) or []):
                if isinstance(picture, dict):
                    yield f"{place}: {kind}[{number}]", str(picture.get("src", "")).lstrip("/"), picture


def measured(data, kind):
    """(width, height) of a PNG or an SVG, None where it cannot be told."""
    if kind == "png" and data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    if kind == "svg":
        head = re.search(rb"<svg\b[^>]*>", data)
        sizes = [re.search(rb'\b' + name + rb'="([0-9.]+)(px)?"', head.group(0))
                 for name in (b"width", b"height")] if head else []
        if len(sizes) == 2 and all(sizes):
            return tuple(round(float(size.group(1))) for size in sizes)
    return None


def icon(package):
    if not package.manifest.get("icons"):
        yield Finding("manifest.yml", "has no icon", "name one in icons")


def agree(package):
    for place, path, picture in _named(package):
        data, kind = package.files.get(path), path.rpartition(".")[2].lower()
        if data is None:
            continue
        if picture.get("type") and picture["type"] != KINDS.get(kind):
            yield Finding("manifest.yml", f"{place}: type {picture['type']} of a .{kind}", f"write {KINDS.get(kind)}")
        if picture.get("size") and (size := measured(data, kind)) and picture["size"] != f"{size[0]}x{size[1]}":
            yield Finding("manifest.yml", f"{place}: size {picture['size']}, and the picture has {size[0]}x{size[1]}",
                          "correct one of them")


def genuine(package):
    for path, data in sorted(package.files.items()):
        if not path.startswith("img/"):
            continue
        kind = path.rpartition(".")[2].lower()
        starts = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "gif": b"GIF8"}.get(kind)
        if (starts and not data.startswith(starts)) or (kind == "svg" and not re.search(rb"<svg[\s>]", data[:2000])):
            yield Finding(path, f"is no {kind}", "replace it by a picture of that kind")
        if kind == "svg" and re.search(rb"<script|\bon\w+=|(?:href|src)=[\"']https?:", data):
            yield Finding(path, "runs or loads something",
                          "remove scripts, handlers and links; it is shown inside of Kibana")


def used(package):
    named = {path for _, path, _ in _named(package)}
    pages = "".join(package.text(path) for path in package.files if path.endswith(".md"))
    for path in sorted(package.files):
        if path.startswith("img/") and path not in named and path.rpartition("/")[2] not in pages:
            yield Finding(path, "is shown nowhere", "name it in the manifest or on a page, or remove it")


RULES = {
    "images.icon": icon,
    "images.agree": agree,
    "images.genuine": genuine,
    "images.used": used,
}
