# SPDX-License-Identifier: Apache-2.0
"""Which files a package of ours has, beyond those that the format demands."""

from .finding import Finding

KNOWN = {"manifest.yml", "changelog.yml", "validation.yml", "LICENSE.txt", "NOTICE.txt", "docs", "img", "agent", "data_stream",
         "kibana"}
STREAM_REQUIRED = {
    "elasticsearch/ingest_pipeline/default.yml": "give the stream its pipeline, so that documents get their id",
    "sample_event.json": "take one from the expected documents",
}
MACHINE_CODE = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"!<arch>")


def required(package):
    if "LICENSE.txt" not in package.files:
        yield Finding("LICENSE.txt", "the file is missing", "put the licence beside the manifest")
    if not package.streams():
        yield Finding("data_stream", "there is no data stream", "add one; a package without brings nothing")
    for stream in package.streams():
        for name, remedy in STREAM_REQUIRED.items():
            if f"data_stream/{stream}/{name}" not in package.files:
                yield Finding(f"data_stream/{stream}/{name}", "the file is missing", remedy)


def known(package):
    """The format lets anything stand beside what it knows."""
    for path in sorted(package.files):
        if path.split("/")[0] not in KNOWN:
            yield Finding(path, "no such file belongs into this package", "remove it, or correct its folder")


def no_machine_code(package):
    for path, data in sorted(package.files.items()):
        if data.startswith(MACHINE_CODE) or path.endswith((".so", ".h", ".hpp", ".cpp", ".c", ".o", ".a")):
            yield Finding(path, "is code or a library",
                          "leave it out; the package holds what Kibana installs, nothing that runs")


RULES = {
    "layout.required": required,
    "layout.known": known,
    "layout.no_machine_code": no_machine_code,
}
