# SPDX-License-Identifier: Apache-2.0
"""Planted faults of the manifests, the variables and the agent templates."""

from . import add, append, drop, extend, put, remove, replace, together

M, USAGE = "manifest.yml", "data_stream/usage/manifest.yml"
INPUT = (M, "policy_templates", 0, "inputs", "anthropic_metrics")
VARS = INPUT + ("vars",)
STREAM = (USAGE, "streams", "anthropic_metrics")
TEMPLATE = "agent/input/anthropic_metrics.yml.hbs"
STREAM_TEMPLATE = "data_stream/usage/agent/stream/anthropic_metrics.yml.hbs"
POLICY = "policy_templates"
AGENTLESS = {"enabled": True, "organization": "o", "division": "d", "team": "t"}
NEW = {"name": "fresh", "type": "text", "title": "Fresh", "description": "Something new."}


def used(name):
    """Makes the input's template use a variable, so that only what is wrong with it is found."""
    return extend(TEMPLATE, f"{{{{#if {name}}}}}\n{name}: {{{{{name}}}}}\n{{{{/if}}}}\n")


def fresh(**more):
    """A new variable of the input that its template uses."""
    variable = {**NEW, **more}
    return together(append(*VARS, variable), used(variable["name"]))


FAULTS = [
    ("manifest.shape", M, "key colour is unknown", put(M, "colour", "blue")),
    ("manifest.shape", M, "key description is missing", drop(M, "description")),
    ("manifest.shape", M, "format_version", put(M, "format_version", "3.7.0")),
    ("manifest.shape", M, "type: 'input'", put(M, "type", "input")),
    ("manifest.shape", M, "conditions.kibana.version: key", put(M, "conditions", "kibana.version", "^9.4.0")),
    ("manifest.shape", M, "categories[0]", put(M, "categories", 0, "billing")),
    ("manifest.shape", M, "license", put(M, "source", "license", "MIT")),
    ("manifest.shape", M, "owner.type", put(M, "owner", "type", "vendor")),
    ("manifest.shape", M, "key title is missing", drop(*INPUT, "title")),
    ("manifest.shape", M, "key package is unknown", put(*INPUT, "package", "other")),
    ("manifest.shape", M, "is no list", put(M, POLICY, 0, "vars", {"name": "x"})),
    ("manifest.conditions", M, "below 9.4.0", put(M, "conditions", "kibana", "version", "^8.19.0 || ^9.4.0")),
    ("manifest.conditions", M, "no version constraint", put(M, "conditions", "kibana", "version", "newest")),
    ("manifest.conditions", M, "no version constraint", put(M, "conditions", "agent", {"version": "nine"})),
    ("manifest.deployment_modes", M, "no input supports the enabled mode agentless", together(
        put(M, POLICY, 0, "deployment_modes", {"agentless": AGENTLESS}),
        put(M, POLICY, 0, "inputs", 0, "deployment_modes", ["default"]),
        put(M, POLICY, 0, "inputs", 1, "deployment_modes", ["default"]))),
    ("manifest.deployment_modes", M, "names mode agentless", put(*INPUT, "deployment_modes", ["default", "agentless"])),
    ("manifest.deployment_modes", M, "without team",
     put(M, POLICY, 0, "deployment_modes", {"agentless": {"enabled": True, "organization": "o", "division": "d"}})),
    ("manifest.deployment_modes", M, "only mode",
     put(M, POLICY, 0, "deployment_modes", {"default": {"enabled": False}, "agentless": {**AGENTLESS, "release": "beta"}})),
    ("manifest.inputs", M, "two inputs of type filestream", append(
        M, POLICY, 0, "inputs", {"type": "filestream", "title": "Again", "description": "The same again."})),
    ("manifest.inputs", M, "names data stream nowhere", put(M, POLICY, 0, "data_streams", ["usage", "nowhere"])),
    ("manifest.inputs", M, "no data stream has a stream for it", append(
        M, POLICY, 0, "inputs", {"type": "journald", "title": "Journal", "description": "Nothing reads it."})),
    ("validation.shape", "validation.yml", "key skipped is unknown", put("validation.yml", "skipped", ["SVR00009"])),
    ("validation.shape", "validation.yml", "key version is missing",
     drop("validation.yml", "docs_structure_enforced", "version")),
    ("manifest.no_exclusions", "validation.yml", "SVR00009",
     put("validation.yml", "errors", {"exclude_checks": ["SVR00009"]})),
    ("streams.shape", USAGE, "key title is missing", drop(USAGE, "title")),
    ("streams.shape", USAGE, "key colour is unknown", put(USAGE, "colour", "blue")),
    ("streams.shape", USAGE, "index_mode", put(USAGE, "elasticsearch", "index_mode", "standard")),
    ("streams.shape", USAGE, "key look_back_time is unknown",
     put(USAGE, "elasticsearch", "index_template", "settings", {"index": {"look_back_time": "7d"}})),
    ("streams.shape", USAGE, "_embedded_ecs",
     append(USAGE, "elasticsearch", "index_template", "mappings", "dynamic_templates",
                                                     {"_embedded_ecs-host": {"mapping": {"type": "keyword"}}})),
    ("streams.shape", USAGE, "key path_match is unknown",
     append(USAGE, "elasticsearch", "index_template", "mappings", "dynamic_templates",
            {"new": {"path_match": "a.*", "mapping": {"type": "keyword"}}})),
    ("streams.shape", USAGE, "categories of a data stream", put(USAGE, "categories", ["monitoring"])),
    ("streams.templates", USAGE, "is not in agent/stream/",
     together(put(*STREAM, "template_path", "other.yml.hbs"), remove(STREAM_TEMPLATE))),
    ("streams.templates", "data_stream/usage/agent/stream/spare.yml.hbs", "belongs to no stream",
     add("data_stream/usage/agent/stream/spare.yml.hbs", b"a: b\n")),
    ("streams.inputs", USAGE, "which no policy template offers", put(*STREAM, "input", "journald")),
    ("streams.inputs", USAGE, "no stream is enabled", put(USAGE, "streams", "filestream", "enabled", False)),
    ("streams.dataset", USAGE, "dataset is anthropic_metrics.tokens", put(USAGE, "dataset", "anthropic_metrics.tokens")),
    ("streams.lifecycle", USAGE, "is no file of", put(USAGE, "ilm_policy", "metrics-anthropic_metrics.usage-default")),
    ("variables.unique", M, "variable url is declared twice",
     append(*VARS, {"name": "url", "type": "text", "title": "Again", "description": "The same again."})),
    ("variables.secrets", M, "does not state", drop(*VARS, "admin_api_key", "secret")),
    ("variables.secrets", M, "does not state", fresh(name="token_budget")),
    ("variables.secrets", M, "no secret", put(*VARS, "admin_api_key", "secret", False)),
    ("variables.secrets", M, "secret with a default", put(*VARS, "admin_api_key", "default", "sk-ant-example")),
    ("variables.selects", USAGE, "no option", put(*STREAM, "vars", "bucket_width", "default", "2h")),
    ("variables.selects", USAGE, "without options", drop(*STREAM, "vars", "bucket_width", "options")),
    ("variables.selects", M, "options and type text", fresh(options=[{"value": "a", "text": "A"}])),
    ("variables.durations", USAGE, "minimum, default and maximum", put(*STREAM, "vars", "interval", "default", "1s")),
    ("variables.durations", USAGE, "minimum, default and maximum", put(*STREAM, "vars", "interval", "max_duration", "1m")),
    ("variables.durations", USAGE, "without both bounds", drop(*STREAM, "vars", "interval", "min_duration")),
    ("variables.durations", M, "duration bounds and type text", fresh(min_duration="1s")),
    ("variables.defaults", USAGE, "is no duration", put(*STREAM, "vars", "interval", "default", "1d")),
    ("variables.defaults", M, "is no bool", put(*VARS, "enable_request_tracer", "default", "no")),
    ("variables.defaults", M, "multi false", fresh(default=["a", "b"])),
    ("variables.described", M, "no description", drop(*VARS, "url", "description")),
    ("variables.described", USAGE, "no title", drop(*STREAM, "vars", "interval", "title")),
    ("variables.sections", M, "section advanced", put(*VARS, "url", "section", "advanced")),
    ("variables.sections", M, "required by itself", put(*INPUT, "var_groups", [{
        "name": "how", "title": "How", "selector_title": "How to", "options": [{"name": "key",
                                                                                "vars": ["admin_api_key"]}]}])),
    ("variables.reserved", M, "Fleet's own", fresh(name="use_apm")),
    ("templates.parse", STREAM_TEMPLATE, "closes {{#if", replace(STREAM_TEMPLATE, "{{/if}}", "{{/each}}")),
    ("templates.parse", TEMPLATE, "no helper of Fleet", extend(TEMPLATE, "{{#if url}}\nx: {{shout 'url'}}\n{{/if}}\n")),
    ("templates.variables", TEMPLATE, "uses fresh", used("fresh")),
    ("templates.variables", M, "variable fresh is used by no template", append(*VARS, NEW)),
    ("templates.variables", USAGE, "variable fresh is used by no template", append(*STREAM, "vars", NEW)),
    ("templates.used_files", "agent/input/spare.yml.hbs", "no input", add("agent/input/spare.yml.hbs", b"a: b\n")),
]
