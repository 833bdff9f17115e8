# SPDX-License-Identifier: Apache-2.0
"""All that `anthropic-metrics setup` installs, in one file of JSON beside the library.

    python3 package/builder/store_assets.py --description FILE --output FILE

    {"package": ..., "version": ...,
     "engines": {"elasticsearch" | "serverless" | "opensearch": {
         "least": [major, minor],            no older one; missing: any
         "pipelines" | "components" | "custom" | "templates": {name: body},
         "former_templates": {name: the one that took its place},
         "lifecycle": {"name", "keep", "delete"},   missing: none; RETENTION in "delete" stands for a time
         "data_streams": {name without namespace: mapping}}},
     "kibana": {"least": [major, minor], "objects": [saved objects], "rules": {id: {"create", "update"}}}}

It is for data sets of any name: PACKAGE_NAME and PACKAGE_TITLE stand in it (naming.py), and whoever installs puts the name
in their place; rules of another name than the tree's get ids of their own, uuid5 of these and the name.

On Elasticsearch names are those that Fleet gives, so that a later installation by Fleet takes over in place.
"""

import argparse
import json
import pathlib
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "package"))  # what is shared with the validator stands beside the builder

import alerts
import dashboards
import description as described
import opensearch
import pipeline
import saved_objects
from fault import PackageFault
from manifests import MAPPINGS
from naming import NAME, TITLE
from opensearch import PRIORITY, RETENTION, ROLLOVER, component, marked, template_name
from sources import load_yaml

LEAST = {"elasticsearch": [8, 19], "opensearch": [2, 14]}
# Fleet brings metrics-*; without Fleet nobody does.
DATA_VIEW = f"{NAME}-documents"
RULE_IDS = uuid.UUID("6d0f5e0c-5a0b-5b1e-9d0a-2f2f3f6f9b11")  # older Kibanas take no id of a rule but a UUID


def lifecycle():
    """Few and large indices on Elasticsearch too, for the reason that opensearch.py gives."""
    hot = {"actions": {"rollover": {"max_age": ROLLOVER["min_index_age"],
                                    "max_primary_shard_size": ROLLOVER["min_primary_shard_size"]}}}
    delete = {"min_age": RETENTION, "actions": {"delete": {}}}
    return {"name": NAME, "keep": {"policy": marked({"phases": {"hot": hot}})},
            "delete": {"policy": marked({"phases": {"hot": hot, "delete": delete}})}}


def of_elasticsearch(root, streams, version, serverless):
    out = {"pipelines": {}, "components": {}, "custom": {}, "templates": {}, "former_templates": {}, "data_streams": {}}
    if not serverless:
        out |= {"least": LEAST["elasticsearch"], "lifecycle": lifecycle()}
    for stream in streams:
        name, inner = template_name(stream), f"{NAME}-{stream['name']}"
        mapping = opensearch.mapping_of_stream(root, stream["name"], elasticsearch=True)
        index = {"default_pipeline": inner, "mapping": opensearch.SETTINGS["mapping"]}
        if not serverless:
            index = {"lifecycle": {"name": NAME}, "auto_expand_replicas": "0-1"} | index
        out["pipelines"][inner] = marked(pipeline.of_stream(root, stream["name"]))
        out["components"][f"{name}@package"] = component(
            {"settings": {"index": index}, "mappings": MAPPINGS | mapping})
        out["custom"][f"{name}@custom"] = component({})
        out["templates"][name] = marked({
            "index_patterns": [f"{name}-*"], "data_stream": {}, "priority": PRIORITY,
            "composed_of": [f"{name}@package", f"{name}@custom"],
        }, version=version, description=stream["title"])
        out["data_streams"][name] = mapping
    return out


def of_opensearch(root, streams, description):
    """The files of the artefact, so that install.sh and setup install the same."""
    files = {path: json.loads(content) for path, content in opensearch.files(root, description).items()
             if path.endswith(".json")}

    def folder(name):
        return {path.partition("/")[2].removesuffix(".json"): content for path, content in files.items()
                if path.startswith(f"{name}/")}

    policies = folder("ism_policies")
    return {
        "least": LEAST["opensearch"],
        "pipelines": folder("ingest_pipelines"),
        "components": folder("component_templates"),
        "custom": folder("custom"),
        "templates": folder("index_templates"),
        "former_templates": {f"{NAME}-{stream['name']}": template_name(stream) for stream in streams},
        "lifecycle": {"name": NAME, "keep": policies[NAME], "delete": policies[f"{NAME}-retention"]},
        "data_streams": {template_name(stream): files[f"mappings/{NAME}-{stream['name']}.json"] for stream in streams},
    }


def objects(root, description):
    """Saved objects as Kibana imports them, on a data view of their own."""
    view = {"type": "index-pattern", "id": DATA_VIEW, "references": [], "coreMigrationVersion": "8.8.0",
            "typeMigrationVersion": "8.0.0",
            "attributes": {"title": f"metrics-{NAME}.*-*", "name": TITLE, "timeFieldName": "@timestamp"}}
    out = [view]
    for content in dashboards.files(root, description).values():
        saved = json.loads(saved_objects.encoded(content))
        for reference in saved["references"]:
            if reference["type"] == "index-pattern" and reference["id"] == dashboards.DATA_VIEW:
                reference["id"] = DATA_VIEW
        # Fleet's objects are managed, and read-only in Kibana; these are the user's.
        out.append({name: value for name, value in saved.items() if name != "managed"})
    return out


def rules(root):
    """{id: what Kibana is asked to create, switched off, and to update}"""
    out = {}
    for slug, alert in alerts.load(root).items():
        made = alerts.template(slug, alert)["attributes"]
        update = {"name": made["name"], "tags": made["tags"], "schedule": made["schedule"], "actions": [],
                  "params": made["params"], "alert_delay": made["alertDelay"], "artifacts": made["artifacts"]}
        create = {"rule_type_id": made["ruleTypeId"], "consumer": "stackAlerts", "enabled": False}
        out[str(uuid.uuid5(RULE_IDS, slug))] = {"create": create | update, "update": update}
    return out


def least_kibana(root):
    said = load_yaml(root, "manifest.yml", "restore it")["conditions"]["kibana"]["version"]
    major, minor, *_ = said.lstrip("^>=~").split(".")
    return [int(major), int(minor)]


def content(root, description):
    version = load_yaml(root, "manifest.yml", "restore it")["version"]
    streams = described.streams(description)
    return {
        "package": NAME,
        "version": version,
        "engines": {
            "elasticsearch": of_elasticsearch(root, streams, version, serverless=False),
            "serverless": of_elasticsearch(root, streams, version, serverless=True),
            "opensearch": of_opensearch(root, streams, description),
        },
        "kibana": {"least": least_kibana(root), "objects": objects(root, description), "rules": rules(root)},
    }


def encoded(value):
    return (json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8")


def main(arguments):
    parser = argparse.ArgumentParser(description="Makes the file of all that 'anthropic-metrics setup' installs.")
    parser.add_argument("--description", type=pathlib.Path, required=True, metavar="FILE",
                        help="what 'anthropic-metrics export description' printed")
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="FILE")
    given = parser.parse_args(arguments)
    try:
        made = encoded(content(ROOT, described.load(given.description)))
        given.output.write_bytes(made)
    except (PackageFault, OSError) as fault:
        print(f"assets: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
