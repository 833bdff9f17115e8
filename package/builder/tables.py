# SPDX-License-Identifier: Apache-2.0
"""The tables and examples of the package's page, made from what the package holds."""

import json

import assets
import cel_input
import component
import description as described
import filestream
import naming
import pictures
import stream_fields
import variables
from sources import load_yaml


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


# ---- Settings -----------------------------------------------------------------------------------------


def _kind(variable):
    if variable["type"] == "select":
        return "one of " + ", ".join(f"`{option['value']}`" for option in variable["options"])
    if variable["type"] == "password":
        return "secret"
    return "list" if variable["multi"] else variable["type"]


def _default(variable):
    default = variable.get("default")
    if variable["type"] == "yaml":
        tiers = variables.plain_default(variable)
        return f"`{json.dumps(tiers)}`" if tiers is not None else ""
    if default is None:
        return ""
    if isinstance(default, list):
        return ", ".join(f"`{item}`" for item in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _meaning(variable):
    text = variable["description"]
    if variable["type"] == "duration":
        text += f" From `{variable['min_duration']}` to `{variable['max_duration']}`."
    return text + (" Required." if variable["required"] else "")


def settings(entries):
    return table(["Setting", "Name", "Type", "Default", "Meaning"],
                 [(v["title"], f"`{v['name']}`", _kind(v), _default(v), _meaning(v)) for v in entries])


def input_settings(root, description):
    del root
    return settings(variables.of_input(description))


def component_settings(root, description):
    del root, description
    return settings(component.of_package() + component.of_input())


def files_settings(root, description):
    del root, description
    return settings(filestream.of_host_files())


def cel_settings(root, description):
    del root
    return settings(cel_input.of_input(description))


def cel_stream_settings(root, description):
    del root
    return "\n\n".join(f"#### {stream['title']}, approximate\n\n{settings(cel_input.of_stream(description, stream['name']))}"
                       for stream in described.streams(description) if stream["name"] in cel_input.STREAMS)


def stream_settings(root, description):
    """For each stream: what is set when the Agent reads its files, and when the host collects it."""
    del root
    out = []
    for stream in described.streams(description):
        out.append(f"#### {stream['title']}\n\n{settings(variables.of_stream(description, stream['name']))}")
    return "\n\n".join(out)


def filestream_settings(root, description):
    del root
    anything = dict(described.streams(description)[0], dataset=naming.dataset("<stream>"))
    return settings(filestream.variables(anything))


# ---- Streams ------------------------------------------------------------------------------------------


def streams(root, description):
    del root
    return table(["Data stream", "Holds", "Read by default every"],
                 [(f"`metrics-{stream['dataset']}-<namespace>`", f"{stream['title']}. {stream['description']}",
                   described.settings(description, stream["name"])["interval"]["default"])
                  for stream in described.streams(description)])


def _flat(entries, prefix=""):
    for entry in entries:
        name = prefix + entry["name"]
        if entry.get("type") in ("group", "nested"):
            yield from _flat(entry.get("fields", []), name + ".")
        else:
            yield name, entry


def fields(root, stream):
    entries = stream_fields.base(root, stream) + load_yaml(root, f"fields/{stream}.yml", "write it")
    rows = [(name, entry.get("description", "").strip(), entry["type"], entry.get("unit", ""), entry.get("metric_type", ""))
            for name, entry in sorted(_flat(entries))]
    return table(["Field", "Description", "Type", "Unit", "Metric type"], rows)


def reference(root, description):
    """For each stream: an example document, and every field."""
    out = []
    for stream in described.streams(description):
        sample = json.dumps(assets.sample(root, stream["name"]), indent=2, ensure_ascii=False)
        out.append(f"### {stream['title']} (`{stream['dataset']}`)\n\n{stream['description']}\n\n"
                   f"An example document:\n\n```json\n{sample}\n```\n\n"
                   f"Fields:\n\n{fields(root, stream['name'])}")
    return "\n\n".join(out)


def preview(root, description):
    """The first dashboard's picture."""
    del description
    return "".join(f"![{shot['title']}](..{shot['src']})" for shot in pictures.screenshots(root)[:1])


# ---- Saved objects ------------------------------------------------------------------------------------


def _attributes(files):
    return [json.loads(content)["attributes"] for path, content in sorted(files.items()) if path.endswith(".json")]


def dashboards(files):
    return table(["Dashboard", "Shows"], [(each["title"], each.get("description", "")) for each in _attributes(files)])


def alerts(files):
    rows = []
    for each in sorted(_attributes(files), key=lambda attributes: attributes["name"]):
        params = each.get("params", {})
        window = f"{params['timeWindowSize']}{params['timeWindowUnit']}" if "timeWindowSize" in params else ""
        rows.append((each["name"], each.get("description", ""), each["schedule"]["interval"], window))
    return table(["Rule template", "Fires when", "Checked every", "Looks back"], rows)
