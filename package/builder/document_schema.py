# SPDX-License-Identifier: Apache-2.0
"""schemas/<stream>.schema.json, made of fields/<stream>.yml. What all streams share is in schemas/base.schema.json."""

import json

import stream_fields

REQUIRED = ["@timestamp", "anthropic", "data_stream", "ecs", "event", "input", "organization", "tags"]
# Every report has these; how they look is said in base.schema.json.
OF_REPORTS = {"revision", "group_by"}
WIDTH = 110


def of_stream(root, stream):
    """The schema of the stream's documents."""
    own = stream_fields.load(root, stream)
    dataset = {"pattern": rf"\.{stream}$"}
    event = {"dataset": dataset, "category": {"const": [own.said("category") or "api"]}}
    rules, kinds, error = [_base("original_is_tagged")], {}, {}
    if own.said("set_aside") == "never":
        event |= {"kind": {"const": "metric"}, "type": {"const": ["info"]}}
    else:
        rules += [_base("set_aside"), _measured_or_set_aside(stream)]
        kinds = {"measured": {"required": _required(own, "measured")}, "set_aside": _set_aside(own)}
        error = {"error": _base("error")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{stream}.schema.json",
        "$comment": f"Made of fields/{stream}.yml by make update-golden; change that file.",
        "title": f"A document of the stream {stream}",
        "description": own.description,
        "type": "object",
        "required": REQUIRED,
        "additionalProperties": False,
        "allOf": rules,
        "properties": {
            "@timestamp": _base("timestamp"),
            "anthropic": _object({**_names(root, stream), stream: {"$ref": f"#/$defs/{stream}"}}, [stream]),
            "data_stream": {"allOf": [_base("data_stream"), {"properties": {"dataset": dataset}}]},
            "ecs": _base("ecs"),
            **error,
            "event": {"allOf": [_base("event"), {"properties": event}]},
            "input": _base("input"),
            "organization": _base("organization"),
            "tags": _base("tags"),
        },
        "$defs": {**kinds, stream: {**_alone_or(_group(own, own), own), **_further(own), **_corrections(own)}},
    }


def _names(root, stream):
    """What fields/base.yml knows below anthropic: what things are called that the document is about."""
    groups = {}
    for entry in stream_fields.base(root, stream):
        _, *group, name = ["", *entry["name"].split(".")]
        if group[:1] == ["anthropic"]:
            one = {"type": "array", "items": _base("keyword")} if entry.get("document", {}).get("list") else _base("keyword")
            groups.setdefault(group[1], {})[name] = {**one, "description": entry["description"]}
    return {group: {**_object(members, []), "minProperties": 1} for group, members in groups.items()}


def text(root, stream):
    """The schema as it stands in the tree."""
    return _written(of_stream(root, stream), "", "") + "\n"


def _base(name):
    return {"$ref": f"base.schema.json#/$defs/{name}"}


def _object(properties, required):
    return {"type": "object", **({"required": required} if required else {}), "additionalProperties": False,
            "properties": properties}


def _required(group, when):
    return [field.name for field in group.fields if field.said("required") == when]


def _group(group, own):
    return _object({field.name: _described(field, own, group) for field in group.fields}, _required(group, "always"))


def _alone_or(schema, own):
    """A group that stands alone has documents without anything beside it; the others have all that is required."""
    alone = [field.name for field in own.fields if field.said("alone")]
    if not alone:
        return schema
    required = schema.pop("required", [])
    others = dict.fromkeys((field.name for field in own.fields if field.name not in alone), False)
    return {**schema, "if": {"anyOf": [{"required": [name]} for name in alone]}, "then": {"properties": others},
            "else": {"required": required}}


def _described(field, own, group):
    return {**_property(field, own, group), "description": field.description}


def _property(field, own, group):
    if field.name in OF_REPORTS:
        return _base(field.name)
    if field.is_group:
        one = _group(field, own)
    elif field.kind == "long":
        one = _base("count" if _may_be_negative(field, own, group) else "natural")
    elif field.kind == "double":
        one = {"type": "number"} if _may_be_negative(field, own, group) else {"type": "number", "minimum": 0}
    elif field.kind == "boolean":
        one = {"type": "boolean"}
    elif field.said("values"):
        one = {"enum": field.said("values")}
    else:
        one = _base("timestamp" if field.kind == "date" else "decimal" if field.said("decimal") else "keyword")
    return {"type": "array", "items": one} if field.said("list") else one


def _may_be_negative(field, own, group):
    """Measures of corrections are differences; what is below them is true now."""
    return field.said("signed") or (group is own and own.has("revision"))


def _further(own):
    if not own.said("open"):
        return {}
    return {"additionalProperties": {
        **_base("keyword"), "description": "A dimension that was asked for and that this release does not know by name."}}


def _corrections(own):
    """What holds for revision 0, and what for a correction."""
    if not own.has("revision"):
        return {}
    corrected = _required(own, "corrected")
    first = {field.name: {"minimum": 0} for field in own.fields
             if field.kind in ("long", "double") and field.name not in OF_REPORTS and not field.said("signed")}
    return {"if": {"properties": {"revision": {"const": 0}}},
            "then": {"properties": {**first, **dict.fromkeys(corrected, False)}},
            "else": {"required": corrected}}


def _measured_or_set_aside(stream):
    def own(kind):
        return {"properties": {"anthropic": {"properties": {stream: {"$ref": f"#/$defs/{kind}"}}}}}

    return {"if": {"properties": {"event": {"properties": {"kind": {"const": "metric"}}}}},
            "then": own("measured"), "else": own("set_aside")}


def _set_aside(own):
    return {"$comment": "What could be read of it, but nothing that could be added up.",
            "properties": {field.name: False for field in own.fields if _adds_up(field)}}


def _adds_up(field):
    return field.is_number or field.said("decimal") or any(_adds_up(inner) for inner in field.fields)


def _written(value, before, indent):
    """JSON in which what fits into a line is in one."""
    line = json.dumps(value)
    if not isinstance(value, (dict, list)) or (indent and len(indent) + len(before) + len(line) <= WIDTH):
        return before + line
    if isinstance(value, dict):
        opened, closed = "{}"
        inner = [_written(item, json.dumps(key) + ": ", indent + "  ") for key, item in value.items()]
    else:
        opened, closed = "[]"
        inner = [_written(item, "", indent + "  ") for item in value]
    return before + opened + "\n" + ",\n".join(f"{indent}  {item}" for item in inner) + "\n" + indent + closed
