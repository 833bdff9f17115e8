# SPDX-License-Identifier: Apache-2.0
"""Planted faults of the manifests, the variables and the agent templates."""

from . import add, altered, append, drop, extend, put, together

M, USAGE = "manifest.yml", "data_stream/usage/manifest.yml"
INPUT = (M, "policy_templates", 0, "inputs", "anthropic_metrics")
VARS = INPUT + ("vars",)
STREAM = (USAGE, "streams", "anthropic_metrics")
TEMPLATE = "agent/input/anthropic_metrics.yml.hbs"
STREAM_TEMPLATE = "data_stream/usage/agent/stream/anthropic_metrics.yml.hbs"
FILES_TEMPLATE = "data_stream/usage/agent/stream/filestream.yml.hbs"
POLICY = "policy_templates"
NEW = {"name": "fresh", "type": "text", "title": "Fresh", "description": "Something new."}


def used(name):
    """Makes the input's template use a variable, so that only what is wrong with it is found."""
    return extend(TEMPLATE, f"{{{{#if {name}}}}}\n{name}: {{{{{name}}}}}\n{{{{/if}}}}\n")


def fresh(**more):
    """A new variable of the input that its template uses."""
    variable = {**NEW, **more}
    return together(append(*VARS, variable), used(variable["name"]))


FAULTS = [
    ("manifest.shape", M, "format_version", put(M, "format_version", "3.7.0")),
    ("manifest.conditions", M, "below 9.4.0", put(M, "conditions", "kibana", "version", "^8.19.0 || ^9.4.0")),
    ("manifest.shape", M, "conditions.kibana.version: 'newest'", put(M, "conditions", "kibana", "version", "newest")),
    ("manifest.shape", M, "key kibana is missing", drop(M, "conditions", "kibana")),
    ("manifest.shape", M, "key source is missing", drop(M, "source")),
    ("manifest.inputs", M, "no data stream has a stream for it", append(
        M, POLICY, 0, "inputs", {"type": "journald", "title": "Journal", "description": "Nothing reads it."})),
    ("manifest.no_exclusions", "validation.yml", "SVR00009",
     put("validation.yml", "errors", {"exclude_checks": ["SVR00009"]})),
    ("manifest.inputs", M, "two policy templates are named", altered(M, lambda root: root[POLICY].append(root[POLICY][0]))),
    ("streams.shape", USAGE, "key type is missing", drop(USAGE, "type")),
    ("streams.shape", USAGE, "type: 'logs'", put(USAGE, "type", "logs")),
    ("streams.templates", "data_stream/usage/agent/stream/spare.yml.hbs", "belongs to no stream",
     add("data_stream/usage/agent/stream/spare.yml.hbs", b"a: b\n")),
    ("streams.inputs", USAGE, "which no policy template offers", put(*STREAM, "input", "journald")),
    ("streams.inputs", USAGE, "is enabled for one of its inputs", altered(
        USAGE, lambda root: root["streams"][0].update(enabled=False))),
    ("streams.inputs", USAGE, "two streams for input filestream",
     altered(USAGE, lambda root: root["streams"].append(root["streams"][0]))),
    ("streams.dataset", USAGE, "dataset is None", drop(USAGE, "dataset")),
    ("streams.dataset", USAGE, "dataset is anthropic_metrics.tokens", put(USAGE, "dataset", "anthropic_metrics.tokens")),
    ("variables.unique", M, "variable url is declared twice",
     append(*VARS, {"name": "url", "type": "text", "title": "Again", "description": "The same again."})),
    ("variables.secrets", M, "no secret", put(*VARS, "admin_api_key", "secret", False)),
    ("variables.secrets", M, "secret with a default", put(*VARS, "admin_api_key", "default", "sk-ant-example")),
    ("variables.selects", USAGE, "no option", put(*STREAM, "vars", "bucket_width", "default", "2h")),
    ("variables.selects", USAGE, "offers a value twice",
     append(*STREAM, "vars", "bucket_width", "options", {"value": "1h", "text": "Again"})),
    ("variables.durations", USAGE, "without both bounds", drop(*STREAM, "vars", "interval", "min_duration")),
    ("variables.defaults", M, "is no bool", put(*VARS, "enable_request_tracer", "default", "no")),
    ("variables.defaults", M, "multi false", fresh(default=["a", "b"])),
    ("variables.described", M, "no description", drop(*VARS, "url", "description")),
    ("variables.described", USAGE, "no title", drop(*STREAM, "vars", "interval", "title")),
    ("variables.groups", M, "lists variable nobody", put(*INPUT, "var_groups", [{
        "name": "how", "title": "How", "selector_title": "How to",
        "options": [{"name": "key", "title": "Key", "vars": ["nobody"]}]}])),
    ("templates.helpers", TEMPLATE, "is a partial", extend(TEMPLATE, "{{> shared}}\n")),
    ("templates.helpers", TEMPLATE, "no helper of Fleet", extend(TEMPLATE, "{{#if url}}\nx: {{shout 'url'}}\n{{/if}}\n")),
    ("templates.variables", TEMPLATE, "uses fresh", used("fresh")),
    ("templates.variables", FILES_TEMPLATE, "uses fresh", extend(FILES_TEMPLATE, "{{#if fresh}}\nfresh: {{fresh}}\n{{/if}}\n")),
    ("templates.variables", M, "variable fresh is used by no template", append(*VARS, NEW)),
    ("templates.variables", USAGE, "variable fresh is used by no template", append(*STREAM, "vars", NEW)),
    ("templates.used_files", "agent/input/spare.yml.hbs", "no input", add("agent/input/spare.yml.hbs", b"a: b\n")),
]
# Said by the official validator too, and what other rules rely on.
BOTH = [
    ("manifest.shape", M, "is no list", put(M, POLICY, 0, "vars", {"name": "x"})),
    ("streams.shape", USAGE, "neither true nor false", put(USAGE, "streams", 0, "enabled", "yes")),
]
