# SPDX-License-Identifier: Apache-2.0
"""The changelog and the version: closed shape, one order, one head that the manifest names."""

import re

from .finding import Finding
from .manifest import VERSION
from .package import entries
from .shape import items, record, text

PATH = "changelog.yml"
CHANGELOG = items(record(
    ["version", "changes"], version=text(VERSION), changes=items(record(
        ["description", "type", "link"], description=text(), link=text("^https?://"),
        type=text(choices={"breaking-change", "bugfix", "enhancement", "deprecation"})), least=1)), least=1)
TAGS = re.compile(r"^(next|SNAPSHOT|(beta|rc|preview)([0-9]|[.-][0-9A-Za-z])?[0-9A-Za-z.-]*)$")


def order(version):
    """Sorts as versions do: numbers first, a release after its pre-releases."""
    core, _, tag = version.partition("+")[0].partition("-")
    return [int(part) for part in core.split(".")], tag == "", [
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|[^\d.]+", tag)]


def shape(package):
    if PATH not in package.files:
        return  # layout says so
    for place, fact, remedy in CHANGELOG(package.read(PATH), ""):
        yield Finding(PATH, f"{place}: {fact}" if place else fact, remedy)


def versions(package):
    found = [str(entry.get("version")) for entry in entries(package.read(PATH))]
    if not found or not all(re.match(VERSION, version) for version in found):
        return  # shape says so
    version = str(package.manifest.get("version"))
    if found[0] != version and not (found[0].endswith("-next") and version in found[1:2]):
        yield Finding(PATH, f"its first entry is {found[0]}, the manifest's version {version}",
                      "add an entry, or correct the version")
    for doubled in sorted({v for v in found if found.count(v) > 1}):
        yield Finding(PATH, f"names version {doubled} twice", "merge the entries")
    if len(set(found)) == len(found) and found != sorted(found, key=order, reverse=True):
        yield Finding(PATH, "is not newest first", "put it in order")


def links(package):
    for entry in entries(package.read(PATH)):
        for change in entries(entry.get("changes")):
            link = str(change.get("link"))
            if "github.com" in link and not re.search(r"/(issues|pull)/[1-9][0-9]*$", link):
                yield Finding(PATH, f"{entry.get('version')}: {link} ends in no issue and no pull request",
                              "link one by its number")


def prerelease(package):
    version = str(package.manifest.get("version"))
    if not re.match(VERSION, version):
        return
    tag = version.partition("+")[0].partition("-")[2]
    if tag and version.startswith("0."):
        yield Finding("manifest.yml", f"version {version} is below 1.0.0 and has a tag",
                      "remove the tag; such versions are previews anyway")
    elif tag and not TAGS.match(tag):
        yield Finding("manifest.yml", f"version {version} has the tag {tag}",
                      "use next, SNAPSHOT, or beta, rc, preview with a number")


RULES = {
    "history.shape": shape,
    "history.versions": versions,
    "history.links": links,
    "history.prerelease": prerelease,
}
