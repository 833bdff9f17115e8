# SPDX-License-Identifier: Apache-2.0
"""The package's page: a title, every data stream and alert, no placeholder left, live links."""

import re

from .finding import Finding

PATH = "docs/README.md"
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FENCE = re.compile(r"^```.*?^```\s*$", re.MULTILINE | re.DOTALL)


def pages(package):
    for path in package.paths("docs/*.md") + package.paths("docs/knowledge_base/*.md"):
        yield path, package.text(path)


def title(package):
    if PATH in package.files and not HEADING.match(COMMENT.sub("", package.text(PATH)).lstrip()):
        yield Finding(PATH, "does not begin with a heading", "begin with the package's title")


def placeholders(package):
    for path, text in pages(package):
        for found in sorted(set(re.findall(r"\{\{[^{}\n]*\}\}", FENCE.sub("", text)))):
            yield Finding(path, f"holds the placeholder {found}", "render it, or correct its name")


def links(package):
    for path, text in pages(package):
        anchors = {_anchor(heading) for heading in HEADING.findall(text)}
        for target in LINK.findall(FENCE.sub("", text)):
            if target.startswith("#"):
                if target[1:] not in anchors:
                    yield Finding(path, f"links to {target}, which is no heading of the page", "correct or remove the link")
            elif re.match(r"^[a-z]+:", target):
                if not re.match(r"^https?://[a-z0-9.-]+\.[a-z]+(/|$)", target) and not target.startswith("kbn:/"):
                    yield Finding(path, f"links to {target}", "link to a public page over https")
            elif not _inside(package, path, target.partition("#")[0]):
                yield Finding(path, f"links to {target}, which the package does not hold", "correct or remove the link")


def _anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _inside(package, page, target):
    parts = [] if target.startswith("/") else page.split("/")[:-1]
    for part in target.strip("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts) in package.files


def streams(package):
    """Each data stream has its field table and its example on the page, each field its row."""
    from .fields import declared

    text = package.text(PATH)
    if not text:
        return
    rows = set(re.findall(r"^\| `?([^|`]+?)`? \|", text, re.MULTILINE))
    for stream in package.streams():
        if package.dataset(stream) not in text:
            yield Finding(PATH, f"does not name the data stream {package.dataset(stream)}", "describe it")
        missing = [name for name in declared(package, stream) if name not in rows]
        if missing:
            yield Finding(PATH, f"its field tables lack {', '.join(sorted(missing)[:5])}",
                          f"render the table of {stream} again")


def alerts(package):
    text = package.text(PATH)
    for path in package.paths("kibana/alerting_rule_template/*.json") if text else ():
        name = ((package.read(path) or {}).get("attributes") or {}).get("name")
        if name and f"| {name} |" not in text:
            yield Finding(PATH, f"its alert table lacks '{name}'", "render the table again")


RULES = {
    "documentation.title": title,
    "documentation.placeholders": placeholders,
    "documentation.links": links,
    "documentation.streams": streams,
    "documentation.alerts": alerts,
}
