# SPDX-License-Identifier: Apache-2.0
"""The artefact for OpenSearch: what Fleet installs from the Elastic package, as files that curl can put.

component_templates/  mappings from fields/, one for what all streams share and one per stream, and settings
index_templates/      one per stream: data streams, pattern, default pipeline
ingest_pipelines/     those that ingest_pipelines/ is the parts of
ism_policies/         when a data stream begins a new index, and when old ones are deleted
mappings/             all of a stream's fields, for data streams that are there already
custom/               an empty template that is the user's
install.sh, README.md from package/opensearch/

Whatever else installs into an OpenSearch takes these files, so that there is one truth.
"""

import hashlib
import json

import description as described
import pipeline
import stream_fields
from fault import PackageFault
from manifests import MAPPINGS
from naming import NAME, TITLE
from sources import dump_json, load_yaml, read, text

SOURCES = "package/opensearch"
# Above the templates that engines and shippers bring for metrics-*-*. Equal to that of Elastic's packages on
# purpose: an engine refuses two templates of one priority for one pattern, so no store gets both by mistake.
PRIORITY = 200
# A repeat is recognised by its id within one backing index only, so an index lives far longer than anything is
# sent again: the look-back is 35 days, a host that was away comes back within days. 20 GB are about 30 million
# documents.
ROLLOVER = {"min_index_age": "90d", "min_primary_shard_size": "20gb"}
# Longer text is kept and not indexed, as Fleet has it; beyond 32 KB the engine would refuse the document.
IGNORE_ABOVE = 1024
SETTINGS = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    # A field that nobody knows and that changes its type is left out of the search (and listed in _ignored); the
    # document is kept. The pipelines refuse measures that are wrong, so no sum loses one this way.
    "mapping": {"ignore_malformed": True},
}
RETENTION = "RETENTION"  # install.sh puts the time in place of it


def mapping(entry, place, elasticsearch=False):
    """The mapping of one field, without what OpenSearch does not know; unit and metric type go to meta."""
    kind = entry.get("type")
    if kind == "group":
        return {"properties": properties(entry.get("fields", []), place, elasticsearch)}
    if not kind:
        raise PackageFault(f"{place}: no type; give it one")
    out = {"type": kind}
    if kind == "constant_keyword" and elasticsearch:
        out |= {"value": entry["value"]} if "value" in entry else {}
    elif kind == "constant_keyword":
        # OpenSearch wants the value in the mapping; where it differs from stream to stream there is none.
        out = {"type": kind, "value": entry["value"]} if "value" in entry else {"type": "keyword"}
    if out["type"] == "keyword" and entry.get("index", True):
        out["ignore_above"] = IGNORE_ABOVE
    out |= {name: entry[name] for name in ("index", "doc_values", "ignore_above") if name in entry}
    if entry["name"] == "@timestamp":
        out["ignore_malformed"] = False  # a data stream insists on it
    meta = {name: entry[name] for name in ("metric_type", "unit") if name in entry}
    return out | ({"meta": meta} if meta else {})


def properties(entries, place, elasticsearch=False):
    """Mapping properties of a list of fields, dotted names unfolded into objects."""
    out = {}
    for entry in entries:
        *parents, leaf = entry["name"].split(".")
        target = out
        for parent in parents:
            target = target.setdefault(parent, {"properties": {}})["properties"]
        made = mapping(entry, f"{place}: {entry['name']}", elasticsearch)
        if leaf in target and "properties" in made:
            target[leaf]["properties"].update(made["properties"])
        elif leaf in target:
            raise PackageFault(f"{place}: {entry['name']}: defined twice; keep one")
        else:
            target[leaf] = made
    return out


def mappings_of(root, name):
    path = f"fields/{name}.yml"
    return properties(load_yaml(root, path, "define the fields of the stream's documents there"), path)


def all_mappings_of(root, name, elasticsearch=False):
    """Of a stream's fields and those that all streams have."""
    fields = stream_fields.base(root, name) + load_yaml(root, f"fields/{name}.yml", "")
    return properties(fields, f"fields/{name}.yml with base.yml", elasticsearch)


def template_name(stream):
    """As Fleet names it, on every engine: what a data stream's `template` says when setup was run."""
    return f"{stream['type']}-{stream['dataset']}"


def policy(retention):
    states = [{"name": "write", "actions": [{"rollover": ROLLOVER}], "transitions": []}]
    if retention:
        states[0]["transitions"] = [{"state_name": "delete", "conditions": {"min_rollover_age": RETENTION}}]
        states.append({"name": "delete", "actions": [{"delete": {}}], "transitions": []})
    return {
        "policy": {
            "description": f"{TITLE}: few and large indices, so that a repeated document meets its id"
                           + (f"; deleted {RETENTION} after the next one began" if retention else "; kept for ever"),
            "default_state": "write",
            "states": states,
            "ism_template": [{"index_patterns": [f"metrics-{NAME}.*"], "priority": 100}],
        }
    }


def digest(value):
    """Tells what is installed from what would be, whatever the engine makes of it when asked."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()[:16]


def marked(body, **more):
    """With whose it is, and of which content."""
    meta = dict(body.get("_meta", {}), package=NAME, **more)
    return dict(body, _meta=dict(meta, digest=digest([body, more])))


def mapping_of_stream(root, name, elasticsearch=False):
    """All of it, as an index has it. The mark lets a data stream say which mapping it has."""
    return marked({"properties": all_mappings_of(root, name, elasticsearch)})


def component(content):
    return marked({"template": content})


def index_template(stream, version):
    return marked({
        "index_patterns": [f"{stream['type']}-{stream['dataset']}-*"],
        "data_stream": {},
        "priority": PRIORITY,
        "composed_of": [f"{NAME}-settings", f"{NAME}-base", f"{NAME}-{stream['name']}", f"{NAME}-custom"],
        "template": {"settings": {"index": {"default_pipeline": f"{NAME}-{stream['name']}"}}},
    }, version=version, description=stream["title"])


def files(root, description):
    """{path in the artefact: bytes}."""
    version = load_yaml(root, "manifest.yml", "restore it")["version"]
    streams = described.streams(description)
    out = {
        "LICENSE.txt": read(root, "LICENSE", "restore it"),
        f"component_templates/{NAME}-settings.json": dump_json(component({"settings": {"index": SETTINGS}})),
        f"component_templates/{NAME}-base.json": dump_json(component(
            {"mappings": dict(MAPPINGS, properties=mappings_of(root, "base"))})),
        f"custom/{NAME}-custom.json": dump_json(component({})),
        f"ism_policies/{NAME}.json": dump_json(policy(retention=False)),
        f"ism_policies/{NAME}-retention.json": dump_json(policy(retention=True)),
    }
    for stream in streams:
        name = f"{NAME}-{stream['name']}.json"
        own = {"properties": mappings_of(root, stream["name"])}
        mapped = mapping_of_stream(root, stream["name"])
        own["_meta"] = mapped["_meta"]
        out[f"component_templates/{name}"] = dump_json(component({"mappings": own}))
        out[f"index_templates/{template_name(stream)}.json"] = dump_json(index_template(stream, version))
        out[f"ingest_pipelines/{name}"] = dump_json(pipeline.of_stream(root, stream["name"]))
        out[f"mappings/{name}"] = dump_json(mapped)
    rows = [f"| `{s['type']}-{s['dataset']}-*` | `{NAME}-{s['name']}` | {s['title']} |" for s in streams]
    places = {"version": version, "streams": "\n".join(rows), "rollover age": ROLLOVER["min_index_age"],
              "rollover size": ROLLOVER["min_primary_shard_size"]}
    page = text(root, f"{SOURCES}/README.md", "restore it")
    for name, value in places.items():
        page = page.replace("{{ " + name + " }}", value)
    if "{{" in page:
        raise PackageFault(f"{SOURCES}/README.md: a placeholder that is none of {', '.join(places)}; correct it")
    out["README.md"] = page.encode("utf-8")
    out["install.sh"] = read(root, f"{SOURCES}/install.sh", "restore it")
    return out
