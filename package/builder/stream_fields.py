# SPDX-License-Identifier: Apache-2.0
"""fields/<stream>.yml, the one list of a stream's fields. The mapping, the checks of the ingest pipeline and the schema
of the stream's documents follow from it.

What Elastic's format of fields cannot say stands under `document`, which the package is built without:

    required: always      in every document of the stream, or in every member of its group
    required: measured    in every measurement; a row that was set aside may lack it
    required: corrected   in every correction (revision above 0), and only there
    signed: true          the number may be below 0; without it only differences in corrections may
    decimal: true         text that is an exact decimal number
    values: [a, b]        one of these
    list: true            a list
    alone: true           a group that documents of their own hold, which then lack what else is required

and of the group that holds the stream's own fields:

    category: api         event.category of its documents (api, if nothing is said)
    open: true            texts that are not listed are dimensions that somebody asked for
    set_aside: never      no document stands for a row that could not be read
"""

import typing

from fault import PackageFault
from sources import load_yaml

REQUIRED = ("always", "measured", "corrected")
OF_FIELDS = {"required", "signed", "decimal", "values", "list", "alone"}
OF_THE_GROUP = {"category", "open", "set_aside"}


class Field(typing.NamedTuple):
    name: str  # within its group
    kind: str
    description: str
    document: dict
    fields: tuple

    def said(self, fact):
        return self.document.get(fact)

    @property
    def is_group(self):
        return self.kind == "group"

    @property
    def is_number(self):
        return self.kind in ("long", "double")

    def has(self, name):
        return any(field.name == name for field in self.fields)


def streams(root):
    """The names of the streams, sorted: each has its fields here."""
    return sorted({path.stem for path in (root / "fields").glob("*.yml")} - {"base"})


def base(root, stream):
    """The fields of every stream, for this one: what others say of its things in passing, it says itself."""
    entries = load_yaml(root, "fields/base.yml", "restore it; every stream has these fields")
    return [entry for entry in entries if not entry["name"].startswith(f"anthropic.{stream}.")]


def load(root, stream):
    """The group anthropic.<stream> with the stream's own fields."""
    path = f"fields/{stream}.yml"
    wanted = f"anthropic.{stream}"
    for entry in load_yaml(root, path, "define the fields of the stream's documents there") or []:
        if entry.get("name") == wanted and entry.get("type") == "group":
            return _field(entry, path, wanted, OF_THE_GROUP)
    raise PackageFault(f"{path}: no group {wanted}; put the stream's own fields below it")


def _field(entry, path, place, known):
    document = entry.get("document", {})
    for fact in document:
        if fact not in known:
            raise PackageFault(f"{path}: {place}: 'document' says '{fact}'; it knows {', '.join(sorted(known))}")
    if document.get("required", "always") not in REQUIRED:
        raise PackageFault(f"{path}: {place}: required is '{document['required']}'; use one of {', '.join(REQUIRED)}")
    fields = tuple(_field(inner, path, f"{place}.{inner['name']}", OF_FIELDS) for inner in entry.get("fields", []))
    return Field(entry["name"], entry["type"], str(entry.get("description", "")).strip(), document, fields)


def for_package(entries):
    """The entries as Elastic's format has them."""
    return [{key: for_package(value) if key == "fields" else value for key, value in entry.items() if key != "document"}
            for entry in entries]
