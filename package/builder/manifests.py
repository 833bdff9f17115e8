# SPDX-License-Identifier: Apache-2.0
"""manifest.yml of the package and of each data stream.

What a person decides stands in the tree's manifest.yml; variables and data streams follow from the
library's description, pictures from the files that are there.
"""

import cel_input
import component
import description as described
import filestream
import naming
import pictures
import variables
from fault import PackageFault
from sources import dump_yaml, load_yaml

MANIFEST = "manifest.yml"
INPUT = "anthropic_metrics"
HOST_FILES = "host_files"
# Unknown fields, such as a grouping that the API gains, become keywords whatever their text looks like.
MAPPINGS = {
    "date_detection": False,
    "dynamic_templates": [
        {"unknown_text_as_keyword": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 1024}}},
    ],
}


def _root(root, description):
    manifest = load_yaml(root, MANIFEST, "it is the package's manifest; restore it")
    for key in ("name", "version", "policy_templates"):
        if not isinstance(manifest, dict) or not manifest.get(key):
            raise PackageFault(f"{MANIFEST}: has no '{key}'; restore it, the package is made from it")
    said = description["manifest"].get("version")
    if said != manifest["version"]:
        raise PackageFault(f"{MANIFEST}: version {manifest['version']}, and the library says {said}; build the library again")
    manifest |= {"name": naming.NAME, "title": naming.TITLE}
    manifest["icons"] = pictures.icons(root)
    if shots := pictures.screenshots(root):
        manifest["screenshots"] = shots
    for template in manifest["policy_templates"]:
        for entry in template["inputs"]:
            _complete(entry, template["name"], description)
    manifest["vars"] = component.of_package()
    return manifest


def _complete(entry, tile, description):
    """What an input of a tile has beyond its texts."""
    if entry["type"] == INPUT:
        entry["template_path"] = f"{INPUT}.yml.hbs"
        entry["vars"] = variables.of_input(description) + component.of_input()
    elif entry["type"] == cel_input.INPUT:
        entry["vars"] = cel_input.of_input(description)
    elif tile == HOST_FILES:
        entry["vars"] = filestream.of_host_files()


def _stream(stream, description):
    on = described.on_by_default(description, stream["name"])
    streams = [
        {
            "input": "filestream",
            "template_path": "filestream.yml.hbs",
            "title": f"{stream['title']} from files",
            "description": f"Ships what was collected into files. {stream['description']}",
            "enabled": on,
            "vars": filestream.variables(stream),
        },
        {
            "input": INPUT,
            "template_path": f"{INPUT}.yml.hbs",
            "title": stream["title"],
            "description": stream["description"],
            "enabled": on,
            "vars": variables.of_stream(description, stream["name"]),
        },
    ]
    if stream["name"] in cel_input.STREAMS:
        # Off until somebody switches it on: Kibana turns on what all tiles offer where none was chosen.
        streams.append({
            "input": cel_input.INPUT,
            "template_path": f"{cel_input.INPUT}.yml.hbs",
            "title": f"{stream['title']}, approximate",
            "description": f"Read once from a stock Agent, never corrected. {stream['description']}",
            "enabled": False,
            "vars": cel_input.of_stream(description, stream["name"]),
        })
    return {
        "title": stream["title"],
        "type": stream["type"],
        "dataset": stream["dataset"],
        "elasticsearch": {"index_template": {"mappings": MAPPINGS}},
        "streams": streams,
    }


def files(root, description):
    out = {MANIFEST: dump_yaml(_root(root, description))}
    for stream in described.streams(description):
        out[f"data_stream/{stream['name']}/manifest.yml"] = dump_yaml(_stream(stream, description))
    return out
