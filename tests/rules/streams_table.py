# SPDX-License-Identifier: Apache-2.0
"""The table of streams in README.md, between "<!-- streams -->" and "<!-- end -->": what the library describes."""

import re

import tree

PAGE = "README.md"
PART = re.compile(r"(<!-- streams -->\n).*?(<!-- end -->)", re.DOTALL)


def table():
    settings = tree.configuration_schema()["properties"]["streams"]["properties"]
    lines = ["| stream | holds | from | every |", "| --- | --- | --- | --- |"]
    for stream in tree.description()["streams"]:
        source = f"`{stream['endpoint']}`" if "endpoint" in stream else "the collector itself"
        every = settings[stream["name"]]["properties"]["interval"]["default"]
        lines.append(f"| `{stream['dataset']}` | {stream['description']} | {source} | {every} |")
    return "\n".join(lines) + "\n"


def rendered():
    return PART.sub(lambda part: part.group(1) + table() + part.group(2), tree.read(PAGE))
