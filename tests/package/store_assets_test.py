# SPDX-License-Identifier: Apache-2.0
"""The file that `setup` installs from: complete, whole in itself, and of the form that engines and Kibana take."""

import json
import re
import unittest
import uuid

import alerts
import artefact
import store_assets
import tree

NAME = "anthropic_metrics"


def fields(properties, prefix=""):
    """{dotted name: mapping}"""
    out = {}
    for name, entry in properties.items():
        inner = entry.get("properties")
        out |= fields(inner, f"{prefix}{name}.") if inner is not None else {prefix + name: entry}
    return out


class Assets(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.made = tree.named(store_assets.content(tree.ROOT, artefact.description()))
        cls.engines, cls.kibana = cls.made["engines"], cls.made["kibana"]

    def test_equal_trees_make_equal_bytes(self):
        again = store_assets.encoded(tree.named(store_assets.content(tree.ROOT, artefact.description())))
        self.assertEqual(store_assets.encoded(self.made), again)
        self.assertEqual(json.loads(again), self.made)

    def test_every_stream_is_there_on_every_engine(self):
        for engine, parts in self.engines.items():
            with self.subTest(engine):
                names = sorted(f"metrics-{NAME}.{stream}" for stream in tree.streams())
                self.assertEqual(sorted(parts["templates"]), names)
                self.assertEqual(sorted(parts["data_streams"]), names)
                self.assertEqual(sorted(parts["pipelines"]), sorted(f"{NAME}-{stream}" for stream in tree.streams()))

    def test_templates_name_only_what_is_installed_with_them(self):
        for engine, parts in self.engines.items():
            for name, template in parts["templates"].items():
                with self.subTest(f"{engine}: {name}"):
                    self.assertEqual(template["index_patterns"], [f"{name}-*"])
                    self.assertEqual(template["data_stream"], {})
                    composed = [(parts["components"] | parts["custom"])[part]["template"] for part in template["composed_of"]]
                    index = {}
                    for content in [*composed, template.get("template", {})]:
                        index |= content.get("settings", {}).get("index", {})
                    self.assertIn(index["default_pipeline"], parts["pipelines"])
                    self.assertEqual(template["composed_of"][-1], next(n for n in parts["custom"] if n in template["composed_of"]))
                    if engine == "elasticsearch":
                        self.assertEqual(index["lifecycle"]["name"], parts["lifecycle"]["name"])

    def test_components_give_the_mapping_that_data_streams_are_compared_with(self):
        for engine, parts in self.engines.items():
            for name, mapping in parts["data_streams"].items():
                with self.subTest(f"{engine}: {name}"):
                    mapped, meta = {}, {}
                    for part in parts["templates"][name]["composed_of"]:
                        mappings = (parts["components"] | parts["custom"])[part]["template"].get("mappings", {})
                        mapped |= fields(mappings.get("properties", {}))
                        meta |= mappings.get("_meta", {})
                    self.assertEqual(mapped, fields(mapping["properties"]))
                    self.assertEqual(meta, mapping["_meta"])

    def test_on_elasticsearch_constants_are_constants(self):
        mapped = fields(self.engines["elasticsearch"]["data_streams"][f"metrics-{NAME}.usage"]["properties"])
        self.assertEqual(mapped["data_stream.dataset"], {"type": "constant_keyword"})
        self.assertEqual(mapped["event.module"], {"type": "constant_keyword", "value": NAME})

    def test_serverless_has_no_lifecycle_and_no_settings_that_it_refuses(self):
        self.assertNotIn("lifecycle", self.engines["serverless"])
        text = json.dumps(self.engines["serverless"])
        for refused in ("lifecycle", "number_of_shards", "auto_expand_replicas"):
            self.assertNotIn(f'"{refused}"', text)

    def test_retention_is_a_word_to_be_replaced(self):
        for engine in ("elasticsearch", "opensearch"):
            lifecycle = self.engines[engine]["lifecycle"]
            self.assertNotIn("RETENTION", json.dumps(lifecycle["keep"]))
            self.assertIn('"RETENTION', json.dumps(lifecycle["delete"]).replace('"description": "Anthropic Metrics', ""))

    def test_what_is_ours_says_so_and_of_which_content_it_is(self):
        for engine, parts in self.engines.items():
            for kind in ("components", "custom", "templates"):
                digests = {body["_meta"]["digest"] for body in parts[kind].values()}
                self.assertEqual({body["_meta"]["package"] for body in parts[kind].values()}, {NAME})
                if kind != "custom":
                    self.assertEqual(len(digests), len(parts[kind]), f"{engine}: {kind}: two of one digest")

    def test_saved_objects_need_nothing_that_is_not_among_them(self):
        there = {(saved["type"], saved["id"]) for saved in self.kibana["objects"]}
        self.report([f"{saved['id']} refers to {reference['type']} {reference['id']}, which is not imported with it"
                     for saved in self.kibana["objects"] for reference in saved["references"]
                     if (reference["type"], reference["id"]) not in there])
        self.assertEqual(self.kibana["objects"][0]["type"], "index-pattern", "what others refer to comes first")
        for saved in self.kibana["objects"][1:]:
            self.assertIsInstance(saved["attributes"]["panelsJSON"], str)
            self.assertNotIn("managed", saved)

    def test_rules_are_created_switched_off_under_ids_that_stay(self):
        self.assertEqual(len(self.kibana["rules"]), len(alerts.load(tree.ROOT)))
        there = {saved["id"] for saved in self.kibana["objects"]}
        for identifier, rule in self.kibana["rules"].items():
            create, update = rule["create"], rule["update"]
            with self.subTest(create["name"]):
                self.assertEqual(str(uuid.UUID(identifier)), identifier)
                self.assertIs(create["enabled"], False)
                self.assertEqual(create["actions"], [])
                self.assertEqual((create["rule_type_id"], create["consumer"]), (".es-query", "stackAlerts"))
                self.assertEqual(create["params"]["searchType"], "esqlQuery")
                self.assertTrue(create["params"]["esqlQuery"]["esql"].strip())
                # An update may name neither type nor state.
                self.assertEqual(create.keys() - update.keys(), {"rule_type_id", "consumer", "enabled"})
                self.assertEqual({name: create[name] for name in update}, update)
                self.assertLessEqual({board["id"] for board in create["artifacts"]["dashboards"]}, there)
                self.assertRegex(create["schedule"]["interval"], re.compile(r"^[1-9][0-9]*[mhd]$"))

    def test_versions_that_are_too_old_are_said(self):
        self.assertEqual(self.engines["elasticsearch"]["least"], [8, 19])
        self.assertEqual(self.engines["opensearch"]["least"], [2, 14])
        self.assertEqual(self.kibana["least"], [9, 4])


if __name__ == "__main__":
    unittest.main()
