# SPDX-License-Identifier: Apache-2.0
"""Planted faults of the folder tree, the changelog, the pages, the pictures and the sample events."""

from . import add, altered, drop, put, remove, replace, together

PAGE, LOG, SAMPLE = "docs/README.md", "changelog.yml", "data_stream/usage/sample_event.json"
PIPELINE = "data_stream/usage/elasticsearch/ingest_pipeline/default.yml"
NOT_A_PNG = b"\x89PNX something"


def _without_row(edit):
    page = edit.files[PAGE].decode("utf-8")
    edit.files[PAGE] = "".join(line for line in page.splitlines(True)
                               if not line.startswith("| anthropic.usage.service_tier |")).encode("utf-8")


def _entry(version):
    return {"version": version, "changes": [{"description": "A change.", "type": "bugfix",
                                             "link": "https://github.com/an/example/pull/1"}]}


FAULTS = [
    ("layout.required", "LICENSE.txt", "missing", remove("LICENSE.txt")),
    ("layout.required", SAMPLE, "missing", remove(SAMPLE)),
    ("layout.required", PIPELINE, "missing", remove(PIPELINE)),
    ("layout.known", "plugin/notes.txt", "no such file belongs", add("plugin/notes.txt")),
    ("layout.no_machine_code", "NOTICE.txt", "code or a library", add("NOTICE.txt", b"\x7fELF and more\n")),
    ("history.order", LOG, "not newest first", altered(LOG, lambda log: log.extend([_entry("0.0.1"), _entry("0.0.2")]))),
    ("documentation.title", PAGE, "heading", replace(PAGE, "# ", "")),
    ("documentation.placeholders", PAGE, "{{ fields usage }}",
     replace(PAGE, "## Troubleshooting", "{{ fields usage }}\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "no heading", replace(PAGE, "## Troubleshooting", "[x](#nowhere)\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "does not hold",
     replace(PAGE, "## Troubleshooting", "[x](other.md)\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "links to http://localhost",
     replace(PAGE, "## Troubleshooting", "[x](http://localhost/y)\n\n## Troubleshooting")),
    ("documentation.streams", PAGE, "anthropic.usage.service_tier", _without_row),
    ("images.icon", "manifest.yml", "no icon", together(drop("manifest.yml", "icons"),
                                                         replace(PAGE, "## Troubleshooting", "![logo](../img/logo.svg)\n\n"
                                                                 "## Troubleshooting"))),
    ("images.agree", "manifest.yml", "type image/png", put("manifest.yml", "icons", 0, "type", "image/png")),
    ("images.agree", "manifest.yml", "size 31x32", put("manifest.yml", "icons", 0, "size", "31x32")),
    ("images.genuine", "img/shot.png", "is no png", together(add("img/shot.png", NOT_A_PNG), altered(
        "manifest.yml", lambda manifest: manifest.setdefault("screenshots",
                                                             []).append({"src": "/img/shot.png", "title": "x"})))),
    ("images.genuine", "img/logo.svg", "runs or loads", replace("img/logo.svg", "</svg>", "<script>1</script></svg>")),
    ("images.used", "img/spare.gif", "shown nowhere", add("img/spare.gif", b"GIF89a and so on")),
    ("samples.identity", SAMPLE, "data_stream.type", put(SAMPLE, "data_stream", "type", "logs")),
    ("samples.identity", SAMPLE, "@timestamp", drop(SAMPLE, "@timestamp")),
]
