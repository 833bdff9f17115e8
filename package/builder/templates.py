# SPDX-License-Identifier: Apache-2.0
"""The Handlebars templates that turn variables into a policy, made from the same list of variables.

Text is always quoted: 2026-01-01 would otherwise be read as a date, and 0123 as a number. A list that
somebody emptied is sent as an empty one if its default is not, since the library would take its default.
YAML comes before text and constants have no double quotes: Fleet joins lines between double quotes wherever
they stand, so a single one in somebody's text must have none after it.
"""

import cel_input
import component
import description as described
import variables

INPUT = "anthropic_metrics"

FILESTREAM = """\
processors:
- drop_fields:
    fields: [log]
    ignore_missing: true
{{#if processors}}
{{processors}}
{{/if}}
# One JSON document per line. Its id is that of the store's document, so a line read twice counts once.
paths:
{{#if paths}}
{{#each paths as |path|}}
- {{escape_string path}}
{{/each}}
{{else}}
{{#if documents_path}}
- '{{escape_multiline_string documents_path}}/metrics-$dataset-*.ndjson*'
{{else}}
- '{{escape_multiline_string state_path}}/documents/metrics-$dataset-*.ndjson*'
{{/if}}
{{/if}}
# A rotated file keeps its first bytes, and with them its place in the Agent's register.
prospector.scanner.fingerprint.enabled: true
file_identity.fingerprint: ~
# The register forgets a file once the host has removed it. Nothing is ignored for its age: an Agent that was
# away for a week still reads what it missed.
clean_removed: true
clean_inactive: -1
parsers:
- ndjson:
    target: ''
    overwrite_keys: true
    expand_keys: true
    add_error_key: true
    document_id: event.id
# The documents describe an organization, not the machine that ships them.
publisher_pipeline.disable_host: true
{{#if tags}}
tags:
{{#each tags as |tag|}}
- {{escape_string tag}}
{{/each}}
{{/if}}
"""


def setting(variable):
    """The lines that put one variable into the policy."""
    name, kind = variable["name"], variable["type"]
    if variable.get("multi"):
        empty = f"{{{{else}}}}\n{name}: []\n" if variable.get("default") else ""
        return (f"{{{{#if {name}}}}}\n{name}:\n{{{{#each {name} as |item|}}}}\n- {{{{escape_string item}}}}\n{{{{/each}}}}\n"
                f"{empty}{{{{/if}}}}\n")
    if kind == "bool":
        return f"{{{{#if {name}}}}}\n{name}: true\n{{{{else}}}}\n{name}: false\n{{{{/if}}}}\n"
    value = f"{{{{{name}}}}}" if kind in ("yaml", "integer") else f"{{{{escape_string {name}}}}}"
    return f"{{{{#if {name}}}}}\n{name}: {value}\n{{{{/if}}}}\n"


def _rendered(entries):
    ordered = sorted(entries, key=lambda variable: variable["type"] != "yaml")
    return "".join(setting(variable) for variable in ordered).encode("ascii")


def files(root, description):
    own = component.of_package() + component.of_input()
    out = {f"agent/input/{INPUT}.yml.hbs": component.RUNTIME.encode("ascii") + _rendered(variables.of_input(description) + own)}
    for stream in described.streams(description):
        folder = f"data_stream/{stream['name']}/agent/stream"
        out[f"{folder}/filestream.yml.hbs"] = FILESTREAM.replace("$dataset", stream["dataset"]).encode("ascii")
        out[f"{folder}/{INPUT}.yml.hbs"] = _rendered(variables.of_stream(description, stream["name"]))
        if stream["name"] in cel_input.STREAMS:
            out[f"{folder}/{cel_input.INPUT}.yml.hbs"] = cel_input.template(root, stream["name"])
    return out
