# SPDX-License-Identifier: Apache-2.0
"""Planted faults of the folder tree, the changelog, the pages, the pictures and the sample events."""

from . import add, append, drop, extend, put, remove, replace, together, altered

PAGE, LOG, SAMPLE = "docs/README.md", "changelog.yml", "data_stream/usage/sample_event.json"
PIPELINE = "data_stream/usage/elasticsearch/ingest_pipeline/default.yml"
TEMPLATE = "agent/input/anthropic_metrics.yml.hbs"
NOT_A_PNG = b"\x89PNX something"


def _many_samples(edit):
    for number in range(510):
        edit.files[f"data_stream/usage/sample_event_{number}.json"] = edit.files[SAMPLE]


def _without_row(edit):
    page = edit.files[PAGE].decode("utf-8")
    edit.files[PAGE] = "".join(line for line in page.splitlines(True)
                               if not line.startswith("| anthropic.usage.service_tier |")).encode("utf-8")


def _entry(version):
    return {"version": version, "changes": [{"description": "A change.", "type": "bugfix",
                                             "link": "https://github.com/an/example/pull/1"}]}


def _prepended(entry):
    return altered(LOG, lambda log: log.insert(0, entry))


FAULTS = [
    ("layout.required", LOG, "missing", remove(LOG)),
    ("layout.required", PAGE, "missing", remove(PAGE)),
    ("layout.required", "LICENSE.txt", "missing", remove("LICENSE.txt")),
    ("layout.required", SAMPLE, "missing", remove(SAMPLE)),
    ("layout.known", "plugin/notes.txt", "no such file belongs", add("plugin/notes.txt")),
    ("layout.known", "data_stream/usage/notes.txt", "no such file belongs", add("data_stream/usage/notes.txt")),
    ("layout.known", "data_stream/usage/fields/Upper.yml", "no such file belongs",
     add("data_stream/usage/fields/Upper.yml", b"[]\n")),
    ("layout.known", "docs/notes.txt", "no such file belongs", add("docs/notes.txt")),
    ("layout.known", "docs/knowledge_base/deeper/notes.md", "no such file belongs",
     add("docs/knowledge_base/deeper/notes.md")),
    ("layout.limits", TEMPLATE, "bytes", extend(TEMPLATE, "{{!" + "x" * 3_000_000 + "}}\n")),
    ("layout.limits", "data_stream/usage", "files", _many_samples),
    ("layout.readable", SAMPLE, "does not parse", replace(SAMPLE, "{", "{,")),
    ("layout.readable", "kibana/tags.yml", "is empty", add("kibana/tags.yml", b"")),
    ("layout.readable", "docs/extra.md", "no UTF-8", add("docs/extra.md", b"# \xff\n")),
    ("layout.readable", PIPELINE, "---", replace(PIPELINE, "---\n", "")),
    ("layout.readable", "kibana/tags.yml", "stands twice", add("kibana/tags.yml", b"- text: a\n  text: b\n")),
    ("layout.no_machine_code", "NOTICE.txt", "code or a library", add("NOTICE.txt", b"\x7fELF and more\n")),
    ("history.shape", LOG, "key author is unknown", put(LOG, 0, "author", "me")),
    ("history.shape", LOG, "not one of", put(LOG, 0, "changes", 0, "type", "feature")),
    ("history.shape", LOG, "key link is missing", drop(LOG, 0, "changes", 0, "link")),
    ("history.versions", LOG, "its first entry is", _prepended(_entry("9.9.9"))),
    ("history.versions", LOG, "twice", append(LOG, _entry("0.1.0"))),
    ("history.versions", LOG, "not newest first", append(LOG, _entry("9.9.9"))),
    ("history.links", LOG, "no pull request", put(LOG, 0, "changes", 0, "link", "https://github.com/an/example")),
    ("history.prerelease", "manifest.yml", "below 1.0.0",
     together(put("manifest.yml", "version", "0.1.0-beta1"), put(LOG, 0, "version", "0.1.0-beta1"))),
    ("history.prerelease", "manifest.yml", "has the tag final",
     together(put("manifest.yml", "version", "1.2.0-final"), put(LOG, 0, "version", "1.2.0-final"))),
    ("documentation.sections", PAGE, "Troubleshooting", replace(PAGE, "## Troubleshooting", "## Trouble")),
    ("documentation.placeholders", PAGE, "{{ fields usage }}",
     replace(PAGE, "## Troubleshooting", "{{ fields usage }}\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "no heading", replace(PAGE, "## Troubleshooting", "[x](#nowhere)\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "does not hold",
     replace(PAGE, "## Troubleshooting", "[x](other.md)\n\n## Troubleshooting")),
    ("documentation.links", PAGE, "links to http://localhost",
     replace(PAGE, "## Troubleshooting", "[x](http://localhost/y)\n\n## Troubleshooting")),
    ("documentation.streams", PAGE, "anthropic.usage.service_tier", _without_row),
    ("images.exist", "manifest.yml", "/img/none.svg", append("manifest.yml", "icons", {"src": "/img/none.svg"})),
    ("images.exist", "manifest.yml", "no icon", together(drop("manifest.yml", "icons"),
                                                         replace(PAGE, "## Troubleshooting", "![logo](../img/logo.svg)\n\n"
                                                                 "## Troubleshooting"))),
    ("images.agree", "manifest.yml", "type image/png", put("manifest.yml", "icons", 0, "type", "image/png")),
    ("images.agree", "manifest.yml", "size 31x32", put("manifest.yml", "icons", 0, "size", "31x32")),
    ("images.genuine", "img/shot.png", "is no png", together(add("img/shot.png", NOT_A_PNG), altered(
        "manifest.yml", lambda manifest: manifest.setdefault("screenshots",
                                                             []).append({"src": "/img/shot.png", "title": "x"})))),
    ("images.genuine", "img/logo.svg", "runs or loads", replace("img/logo.svg", "</svg>", "<script>1</script></svg>")),
    ("images.used", "img/spare.gif", "shown nowhere", add("img/spare.gif", b"GIF89a and so on")),
    ("samples.fields", SAMPLE, "declared in no field file", put(SAMPLE, "anthropic", "usage", "unheard_of", 1)),
    ("samples.fields", SAMPLE, "declared as long", put(SAMPLE, "anthropic", "usage", "output_tokens", "7")),
    ("samples.fields", SAMPLE, "declared to be", put(SAMPLE, "event", "module", "other")),
    ("samples.identity", SAMPLE, "data_stream.type", put(SAMPLE, "data_stream", "type", "logs")),
    ("samples.identity", SAMPLE, "@timestamp", drop(SAMPLE, "@timestamp")),
]
