# SPDX-License-Identifier: Apache-2.0
"""Which files a package has, what they are called, how large they may be, and that they can be read at all."""

import re

import yaml

from .finding import Finding
from .package import BUILT, SOURCE, parse

MEGABYTE = 1024 * 1024
MAX_FILES, MAX_TOTAL, MAX_FILE, MAX_YAML, MAX_STREAM_FILES = 65_535, 250 * MEGABYTE, 150 * MEGABYTE, 5 * MEGABYTE, 500
STREAM = r"data_stream/(?P<stream>[a-z0-9]{2}|[a-z0-9][a-z0-9_]+[a-z0-9])"
# Where files may be, and how large each may be. What the format knows and this package does not have (transforms, views,
# routing rules, lifecycles) is missing on purpose: a kind of file comes with its rules.
KNOWN = [(re.compile(pattern), limit) for pattern, limit in [
    (r"(manifest|changelog|validation)\.yml", MAX_YAML),
    (r"(LICENSE|NOTICE)\.txt", MAX_FILE),
    (r"docs/[^/]+\.md", MAX_FILE),
    (r"docs/knowledge_base/[^/]+\.md", MAX_FILE),
    (r"img/.+\.(svg|png|jpg|jpeg|gif)", 3 * MEGABYTE),
    (r"agent/input/[^/]+\.yml\.hbs", 2 * MEGABYTE),
    (STREAM + r"/manifest\.yml", MAX_YAML),
    (STREAM + r"/fields/[a-z0-9][a-z0-9_-]*\.yml", MAX_YAML),
    (STREAM + r"/agent/stream/[^/]+\.yml\.hbs", 2 * MEGABYTE),
    (STREAM + r"/elasticsearch/(ingest_pipeline|ilm)/[^/]+\.(yml|json)", MAX_YAML),
    (STREAM + r"/sample_event(_[a-z0-9]+)?\.json", MAX_FILE),
    (r"elasticsearch/ingest_pipeline/[^/]+\.(yml|json)", 3 * MEGABYTE),
    (r"kibana/(dashboard|search|map|lens|tag|visualization)/{package}-(?!.+-(ecs|ECS)\.json$).+\.json", MAX_FILE),
    (r"kibana/(alerting_rule_template|slo_template|index_pattern)/{package}-.+\.json", MAX_FILE),
    (r"kibana/tags\.yml", MAX_YAML),
]]
SOURCE_ONLY = re.compile(
    r"(_dev/(build|deploy|test|benchmark|shared|scripts)|" + STREAM + r"/_dev/(test|deploy|benchmark))/.+")
REQUIRED = {
    "manifest.yml": "write the package's manifest",
    "changelog.yml": "write the package's changelog",
    "docs/README.md": "render the package's page",
    "LICENSE.txt": "put the licence beside the manifest",
}
STREAM_REQUIRED = {
    "manifest.yml": "write the stream's manifest",
    "fields/*.yml": "give the stream its field files",
    "agent/stream/*.yml.hbs": "give the stream a template, so that an agent can be told of it",
    "elasticsearch/ingest_pipeline/default.yml": "give the stream its pipeline, so that documents get their id",
    "sample_event.json": "take one from the expected documents",
}
NEEDS_DASHES = re.compile(r".*elasticsearch/(ingest_pipeline|ilm)/[^/]+\.yml")
MACHINE_CODE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"!<arch>")


def required(package):
    for path, remedy in REQUIRED.items():
        if path not in package.files:
            yield Finding(path, "the file is missing", remedy)
    if not package.streams():
        yield Finding("data_stream", "there is no data stream", "add one; a package without brings nothing")
    for stream in package.streams():
        for pattern, remedy in STREAM_REQUIRED.items():
            if not package.paths(f"data_stream/{stream}/{pattern}"):
                yield Finding(f"data_stream/{stream}/{pattern}", "the file is missing", remedy)


def known(package):
    name = re.escape(package.name)
    patterns = [re.compile(p.pattern.replace("{package}", name)) for p, _ in KNOWN]
    for path in sorted(package.files):
        parts = path.split("/")
        if package.form == BUILT and ("_dev" in parts or path.endswith(".link")):
            yield Finding(path, "belongs to the source form only", "leave it out of the built package")
        elif path.startswith("data_stream/integration/"):
            yield Finding(path, "a data stream may not be called integration", "rename it")
        elif package.form == SOURCE and SOURCE_ONLY.fullmatch(path):
            continue
        elif not any(pattern.fullmatch(path) for pattern in patterns):
            yield Finding(path, "no such file belongs into this package",
                          "remove it, or correct its folder or name (saved objects begin with "
                          "the package's name, data streams are lower case with _)")


def limits(package):
    total = sum(len(data) for data in package.files.values())
    if total > MAX_TOTAL:
        yield Finding("manifest.yml", f"the package has {total} bytes", f"stay below {MAX_TOTAL}")
    if len(package.files) > MAX_FILES:
        yield Finding("manifest.yml", f"the package has {len(package.files)} files", f"stay below {MAX_FILES}")
    for stream in package.streams():
        count = sum(path.startswith(f"data_stream/{stream}/") for path in package.files)
        if count > MAX_STREAM_FILES:
            yield Finding(f"data_stream/{stream}", f"has {count} files", f"stay below {MAX_STREAM_FILES}")
    for path, data in sorted(package.files.items()):
        limit = next((limit for pattern, limit in KNOWN if re.fullmatch(pattern.pattern.replace("{package}", ".*"), path)),
                     MAX_FILE)
        if len(data) > limit:
            yield Finding(path, f"has {len(data)} bytes", f"make it at most {limit}")


def readable(package):
    for path, data in sorted(package.files.items()):
        if not data:
            yield Finding(path, "is empty", "fill it or leave it out")
        elif path.endswith((".yml", ".json")):
            try:
                parse(path, data)
            except (ValueError, yaml.YAMLError) as error:
                yield Finding(path, f"does not parse: {' '.join(str(error).split())}", "correct it")
        elif path.endswith((".md", ".hbs", ".txt", ".svg")):
            try:
                data.decode("utf-8")
            except UnicodeDecodeError as error:
                yield Finding(path, f"is no UTF-8: {error.reason} at byte {error.start}", "write UTF-8")
        if NEEDS_DASHES.fullmatch(path) and not data.startswith(b"---\n"):
            yield Finding(path, "does not begin with a line ---", "begin the document with it")


def no_machine_code(package):
    for path, data in sorted(package.files.items()):
        if data.startswith(MACHINE_CODE) or path.endswith((".so", ".h", ".hpp", ".cpp", ".c", ".o", ".a")):
            yield Finding(path, "is code or a library",
                          "leave it out; the package holds what Kibana installs, nothing that runs")


RULES = {
    "layout.required": required,
    "layout.known": known,
    "layout.limits": limits,
    "layout.readable": readable,
    "layout.no_machine_code": no_machine_code,
}
