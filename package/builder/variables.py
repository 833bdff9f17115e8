# SPDX-License-Identifier: Apache-2.0
"""The package's variables, made from the library's configuration schema.

A setting that the library gains appears in the package by itself: its schema decides the type. Only
those below are left out, each for its reason.
"""

import yaml

import description as described
from sources import dump_yaml

# Settings of the input that are no variables of the package.
LEFT_OUT = {
    "namespace": "Fleet asks for it itself and sends it as data_stream.namespace",
    "streams": "every stream is a data stream of the package, with variables of its own",
    "state": "a folder of the machine, which the host chooses below its --path.data",
    "batch": "between host and library; its defaults suit every output of the host",
    "history": "how fast backfill_from is followed; its defaults are within what the API's documents take",
    "tracer": "a file of the machine, beside the state unless the host's policy says otherwise",
    "acknowledge": "the host acknowledges explicitly and sets it so",
    "re_emit": "only for hosts that do not acknowledge",
    "tags": "asked for each data stream, as Fleet's users expect it",
    "preserve_original_event": "asked for each data stream, as Fleet's users expect it",
    "personal_data": "asked for each data stream that may say who a person is",
}
# The same for the settings of a stream.
STREAM_LEFT_OUT = {
    "enabled": "the switch that Fleet shows beside the data stream",
    "namespace": LEFT_OUT["namespace"],
    "dataset": "Fleet sends the data stream's own as data_stream.dataset",
}
# What Fleet stores encrypted has to be said wherever a name could be taken for a secret's.
SECRET_NAMES = ("access_key", "api_key", "passphrase", "password", "secret", "token")

def _type(schema):
    if schema.get("$ref", "").endswith("/duration"):
        return "duration"
    if schema.get("x-secret"):
        return "password"
    if "enum" in schema:
        return "select"
    if schema.get("format") == "uri":
        return "url"
    if schema["type"] == "array":
        return "text" if schema["items"].get("type") == "string" else "yaml"
    return {"boolean": "bool", "integer": "integer", "string": "text", "object": "yaml"}[schema["type"]]


def _default(kind, schema):
    default = schema.get("default")
    if default not in (None, "", [], {}):
        return dump_yaml(default).decode("utf-8") if kind == "yaml" else default
    if kind != "yaml":
        return None
    # The form shows what could be written, as comments.
    example = dump_yaml(schema["examples"][0]).decode("utf-8")
    return "".join(f"# {line}\n" for line in example.splitlines())


def plain_default(variable):
    """What a variable of type yaml means if nobody touches it: a value, or None."""
    return yaml.safe_load(variable.get("default") or "")


def variable(name, schema, required=False):
    """One setting as a variable of a package manifest."""
    kind = _type(schema)
    out = {
        "name": name,
        "type": kind,
        "title": schema["title"],
        "description": schema["description"],
        "multi": kind == "text" and schema["type"] == "array",
        "required": required,
        "show_user": bool(schema.get("x-show-user", required)),
    }
    if kind == "password" or (any(word in name for word in SECRET_NAMES) and not name.endswith(("_file", "_url"))):
        out["secret"] = bool(schema.get("x-secret"))
    if kind == "duration":
        out["min_duration"], out["max_duration"] = schema["x-minimum"], schema["x-maximum"]
    if kind == "url":
        out["url_allowed_schemes"] = ["https", "http"]
    if kind == "select":
        titles = schema.get("x-titles", schema["enum"])
        out["options"] = [{"value": value, "text": text} for value, text in zip(schema["enum"], titles)]
    if (default := _default(kind, schema)) is not None:
        out["default"] = default
    return out


def of_input(description):
    """Variables of the input anthropic_metrics that hold for all its streams."""
    required = description["configuration"].get("required", [])
    return [variable(name, schema, name in required)
            for name, schema in described.settings(description).items() if name not in LEFT_OUT]


def of_stream(description, stream):
    """Variables of one stream of the input anthropic_metrics."""
    return [variable(name, schema)
            for name, schema in described.settings(description, stream).items() if name not in STREAM_LEFT_OUT]
