# SPDX-License-Identifier: Apache-2.0
"""What the checks of this folder share: where the tree is, what is in it, and how a finding reads.

A finding is one sentence that names the file, the fact and the remedy; a test collects all of them
before it fails, so that one run shows everything.
"""

import functools
import json
import os
import pathlib
import re
import unittest
import warnings

import naming
import pipeline as _pipeline
import yaml
from validate.samples import leaves  # noqa: F401  one way to unfold a document, for us and the validator

ROOT = pathlib.Path(__file__).resolve().parents[2]

BINARY_DIR = pathlib.Path(os.environ.get("AM_BINARY_DIR", ROOT / "build" / "dev"))
FOREIGN = {".git", ".cache", ".ccache", ".vscode", ".idea", "build", "__pycache__", ".venv"}


@functools.lru_cache(maxsize=None)
def files(*suffixes):
    """Every file of the tree, build folders excepted, as paths relative to ROOT, sorted."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in FOREIGN)
        for name in names:
            if name not in FOREIGN and (not suffixes or name.endswith(suffixes)):  # a worktree's .git is a file
                found.append((pathlib.Path(folder) / name).relative_to(ROOT))
    return sorted(found)


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def load_json(path):
    return json.loads(read(path))


def description():
    """What the built library says of itself: manifest, configuration and streams."""
    built = BINARY_DIR / "description.json"
    if not built.exists():
        raise unittest.SkipTest(f"{built} is not built; build the tree first")
    return json.loads(built.read_text(encoding="utf-8"))


def configuration_schema():
    """The schema of the configuration as the built library describes it, streams included."""
    return description()["configuration"]


def load_yaml(path):
    return yaml.safe_load(read(path))


def streams():
    """Names of the streams: the source files that hold a registration."""
    registration = re.compile(r"^const Registration\b", re.MULTILINE)
    folder = ROOT / "plugin" / "streams"
    return sorted(p.stem for p in folder.glob("*.cpp") if registration.search(p.read_text(encoding="utf-8")))


def validator(name):
    """A validator for schemas/<name>; it finds the schema's siblings by their $id."""
    return checker(name, configuration_schema() if name == "configuration.schema.json" else load_json(f"schemas/{name}"))


def checker(name, schema):
    """The same for any schema of documents."""
    import jsonschema

    base = load_json("schemas/base.schema.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # RefResolver is old and the only form that all our systems have.
        resolver = jsonschema.RefResolver(base_uri=name, referrer=schema, store={"base.schema.json": base, name: schema})
        return jsonschema.Draft202012Validator(schema, resolver=resolver)


def faults(checker, document):
    """What the schema has against the document, each fault with its place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(document)]


def named(made):
    """What the builder made, under the name that the tree's package has."""
    return naming.named(made, naming.default(ROOT))


def pipeline(stream):
    """The stream's ingest pipeline, put together of its parts."""
    return named(_pipeline.of_stream(ROOT, stream))


def golden_documents():
    """(file, line number, document) of every expected document under tests/fixtures."""
    for path in sorted((ROOT / "tests" / "fixtures").rglob("*.ndjson")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                yield path.relative_to(ROOT), number, json.loads(line)


def declared_fields(*names):
    """{dotted name: definition} of the given field files, groups unfolded; groups themselves excluded."""
    flat = {}

    def walk(entries, prefix):
        for entry in entries:
            name = prefix + entry["name"]
            if entry.get("type") in ("group", "nested"):
                walk(entry.get("fields", []), name + ".")
            else:
                flat[name] = entry

    for name in names:
        walk(named(load_yaml(f"fields/{name}.yml")), "")
    return flat


class TreeTest(unittest.TestCase):
    maxDiff = None

    def report(self, findings):
        """Fails with all findings, a line each."""
        if findings:
            self.fail("\n" + "\n".join(f"  {finding}" for finding in findings))
