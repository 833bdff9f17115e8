# SPDX-License-Identifier: Apache-2.0
"""docs/README.md of the package: docs/package/README.md with its {{ placeholders }} filled in."""

import re

import parts
import tables
from fault import PackageFault
from sources import load_yaml, text

PAGE = "docs/package/README.md"
PLACEHOLDER = re.compile(r"\{\{ *(?P<name>[a-z ]+?) *\}\}")
FROM_TREE = {
    "streams": tables.streams,
    "input settings": tables.input_settings,
    "component settings": tables.component_settings,
    "files settings": tables.files_settings,
    "filestream settings": tables.filestream_settings,
    "cel settings": tables.cel_settings,
    "cel stream settings": tables.cel_stream_settings,
    "stream settings": tables.stream_settings,
    "reference": tables.reference,
    "preview": tables.preview,
    "version": lambda root, description: load_yaml(root, "manifest.yml", "restore it")["version"],
}
FROM_OBJECTS = {"dashboards": tables.dashboards, "alerts": tables.alerts}
NOTICE = "<!-- Made from docs/package/README.md by package/builder; change that one. -->\n\n"


def files(root, description):
    def filled(found):
        name = found.group("name")
        if name in FROM_TREE:
            return FROM_TREE[name](root, description)
        if name in FROM_OBJECTS:
            return FROM_OBJECTS[name](parts.made(name, root, description))
        line = page.count("\n", 0, found.start()) + 1
        known = ", ".join(sorted([*FROM_TREE, *FROM_OBJECTS]))
        raise PackageFault(f"{PAGE}:{line}: no placeholder '{name}'; use one of {known}")

    page = text(root, PAGE, "write it; it is the package's page in Kibana")
    return {"docs/README.md": (NOTICE + PLACEHOLDER.sub(filled, page)).encode("utf-8")}
