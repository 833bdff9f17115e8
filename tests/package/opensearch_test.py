# SPDX-License-Identifier: Apache-2.0
"""The artefact for OpenSearch: complete, made of the tree, and free of what only Elasticsearch knows."""

import json
import pathlib
import shutil
import tempfile
import unittest

import artefact
import assets  # noqa: I001  (artefact says where it is)
import tree
import yaml
from artefact import opensearch  # noqa: I001  (artefact says where it is)

NAME = "anthropic_metrics"
MAPPING_PARAMETERS = {"type", "properties", "meta", "index", "doc_values", "ignore_above", "ignore_malformed", "value"}
TYPES = {"keyword", "constant_keyword", "text", "date", "long", "double", "boolean", "ip"}
LOOK_BACK_DAYS = 35  # the longest tier, of cost; see the settings of the streams


def entries(properties, prefix=""):
    """(dotted name, mapping) of every object and field of a mapping."""
    for name, entry in properties.items():
        yield prefix + name, entry
        yield from entries(entry.get("properties", {}), f"{prefix}{name}.")


class Artefact(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.files = artefact.files()
        cls.json = {path: json.loads(content) for path, content in cls.files.items() if path.endswith(".json")}

    def test_every_stream_has_its_parts(self):
        findings = []
        for stream in tree.streams():
            wanted = [f"{folder}/{NAME}-{stream}.json" for folder in ("component_templates", "ingest_pipelines", "mappings")]
            findings += [f"{path} is not made; see package/builder/opensearch.py"
                         for path in [*wanted, f"index_templates/metrics-{NAME}.{stream}.json"] if path not in self.json]
        self.report(findings)

    def test_index_templates_name_parts_that_are_there(self):
        for stream in tree.streams():
            template = self.json[f"index_templates/metrics-{NAME}.{stream}.json"]
            self.assertEqual(template["index_patterns"], [f"metrics-anthropic_metrics.{stream}-*"])
            self.assertEqual(template["data_stream"], {})
            pipeline = template["template"]["settings"]["index"]["default_pipeline"]
            self.assertIn(f"ingest_pipelines/{pipeline}.json", self.json)
            made = {path.rpartition("/")[2] for path in self.json if path.startswith(("component_templates/", "custom/"))}
            self.assertLessEqual({f"{name}.json" for name in template["composed_of"]}, made)
            self.assertEqual(template["_meta"]["version"], tree.load_yaml("manifest.yml")["version"])

    def test_pipelines_are_those_of_the_elastic_package(self):
        package = tree.named(assets.files(tree.ROOT, artefact.description()))
        for stream in tree.streams():
            self.assertEqual(self.json[f"ingest_pipelines/{NAME}-{stream}.json"],
                             yaml.safe_load(package[f"data_stream/{stream}/elasticsearch/ingest_pipeline/default.yml"]))

    def test_mappings_are_portable(self):
        findings = []
        for path, content in self.json.items():
            properties = content.get("template", {}).get("mappings", {}).get("properties") or content.get("properties")
            for name, entry in entries(properties or {}):
                findings += [f"{path}: {name}: {parameter} is not known to OpenSearch; leave it out"
                             for parameter in entry.keys() - MAPPING_PARAMETERS]
                if "properties" not in entry and entry["type"] not in TYPES:
                    findings.append(f"{path}: {name}: type {entry['type']}; use one that both engines have")
                if entry.get("type") == "constant_keyword" and "value" not in entry:
                    findings.append(f"{path}: {name}: constant_keyword without the value that OpenSearch wants; use keyword")
                if not all(isinstance(value, str) for value in entry.get("meta", {}).values()):
                    findings.append(f"{path}: {name}: meta holds text only")
        self.report(findings)

    def test_every_field_is_mapped_once_and_keeps_its_unit(self):
        for stream in tree.streams():
            declared = tree.declared_fields("base", stream)
            mapped = {name: entry for name, entry in entries(self.json[f"mappings/{NAME}-{stream}.json"]["properties"])
                      if "properties" not in entry}
            self.assertEqual(mapped.keys(), declared.keys())
            parts = [name for part in ("base", stream) for name, entry in entries(
                self.json[f"component_templates/{NAME}-{part}.json"]["template"]["mappings"]["properties"])
                if "properties" not in entry and not (part == "base" and name.startswith(f"anthropic.{stream}."))]
            self.assertEqual(sorted(parts), sorted(declared))
            for name, field in declared.items():
                meta = {key: field[key] for key in ("metric_type", "unit") if key in field}
                self.assertEqual(mapped[name].get("meta", {}), meta, name)

    def test_an_index_outlives_whatever_is_sent_again(self):
        policy = self.json[f"ism_policies/{NAME}.json"]["policy"]
        (write,) = policy["states"]
        age = write["actions"][0]["rollover"]["min_index_age"]
        self.assertGreater(int(age.removesuffix("d")), 2 * LOOK_BACK_DAYS)
        self.assertEqual(write["transitions"], [])
        self.assertEqual(policy["ism_template"][0]["index_patterns"], [f"metrics-{NAME}.*"])
        kept = self.json[f"ism_policies/{NAME}-retention.json"]["policy"]
        self.assertEqual([state["name"] for state in kept["states"]], ["write", "delete"])
        self.assertEqual(kept["states"][0]["transitions"][0]["conditions"], {"min_rollover_age": opensearch.RETENTION})

    def test_the_page_names_version_streams_and_horizon(self):
        page = self.files["README.md"].decode("utf-8")
        for needed in [tree.load_yaml("manifest.yml")["version"], "90d", "20gb",
                       *(f"metrics-anthropic_metrics.{stream}-*" for stream in tree.streams())]:
            self.assertIn(needed, page)


class MissingParts(tree.TreeTest):
    """The tree without one part: the build stops and names it."""

    def fault_without(self, path, change=None):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("fields", "ingest_pipelines", "package/opensearch"):
                shutil.copytree(tree.ROOT / name, root / name)
            for name in ("manifest.yml", "LICENSE"):
                shutil.copy(tree.ROOT / name, root / name)
            if change is None:
                (root / path).unlink()
            else:
                (root / path).write_text(change, encoding="utf-8")
            with self.assertRaises(opensearch.PackageFault) as fault:
                opensearch.files(root, artefact.description())
            return str(fault.exception)

    def test_a_missing_file_is_named(self):
        for path in ("fields/usage.yml", "fields/base.yml", "ingest_pipelines/cost.yml", "LICENSE", "manifest.yml",
                     "package/opensearch/install.sh", "package/opensearch/README.md"):
            self.assertTrue(self.fault_without(path).startswith(f"{path}: the file is missing; "), path)

    def test_a_broken_file_is_named(self):
        self.assertIn("fields/cost.yml: anthropic.cost: no type", self.fault_without("fields/cost.yml", "- name: anthropic.cost\n"))
        twice = "- {name: a.b, type: long}\n- {name: a.b, type: long}\n"
        self.assertIn("a.b: defined twice", self.fault_without("fields/cost.yml", twice))
        self.assertIn("not YAML", self.fault_without("ingest_pipelines/usage.yml", "a: [\n"))
        self.assertIn("placeholder", self.fault_without("package/opensearch/README.md", "{{ colour }}\n"))


if __name__ == "__main__":
    unittest.main()
