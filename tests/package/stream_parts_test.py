# SPDX-License-Identifier: Apache-2.0
"""What a stream's own files say is all that is needed: check and schema follow from its fields, the pipeline from its part."""

import unittest

import jsonschema

import tree
import document_schema  # noqa: I001  (tree says where it is)
import pipeline
import stream_fields
import weather
from fault import PackageFault


class StreamParts(tree.TreeTest):
    def setUp(self):
        added = weather.added()
        self.root = added.__enter__()
        self.addCleanup(added.__exit__, None, None, None)

    def tagged(self, tag):
        made = pipeline.of_stream(self.root, "weather")
        return [options for entry in made["processors"] for options in entry.values() if options.get("tag") == tag]

    def test_the_check_knows_every_field_by_its_kind(self):
        check, = self.tagged("check_types")
        self.assertEqual(check["params"], {"counters": ["drops"], "texts": ["place", "sky"]})
        before, _, statements = check["source"].partition("times(ctx, ['@timestamp'], '');\n")
        self.assertTrue(before.endswith("Map weather = ctx.anthropic.weather;\n"))
        self.assertEqual(statements.splitlines(), [
            "times(weather, ['seen_at'], 'anthropic.weather.');",
            "texts(weather, params.texts, 'anthropic.weather.');",
            "wholeNumbers(weather, params.counters, 'anthropic.weather.', false);",
            "if (weather.degrees != null && !(weather.degrees instanceof Number)) {",
            "  throw new IllegalArgumentException('anthropic.weather.degrees: expected a number, got ' + weather.degrees);",
            "}",
            "if (weather.winds != null) {",
            "  for (def entry : weather.winds) {",
            "    texts(entry, ['from'], 'anthropic.weather.winds.');",
            "    if (entry.speed != null && !(entry.speed instanceof Number)) {",
            "      throw new IllegalArgumentException('anthropic.weather.winds.speed: expected a number, got ' + entry.speed);",
            "    }",
            "  }",
            "}"])

    def test_the_schema_knows_every_field_and_what_is_said_of_it(self):
        schema = document_schema.of_stream(self.root, "weather")
        base = tree.load_json("schemas/base.schema.json")
        fields = {"$defs": base["$defs"], "allOf": [schema["$defs"]["weather"], schema["$defs"]["measured"]]}
        checker = jsonschema.Draft202012Validator(_within(fields))
        good = weather.GOOD
        self.assertEqual(tree.faults(checker, good), [])
        self.assertEqual(tree.faults(checker, {name: good[name] for name in ("place", "seen_at", "drops")}), [])
        for name, value in (("place", 7), ("seen_at", "today"), ("sky", "blue"), ("drops", -1), ("drops", 0.5), ("degrees", "1"),
                            ("winds", {"from": "n"}), ("winds", [{"speed": 2}]), ("winds", [{"from": "n", "speed": -2}]),
                            ("hail", "x")):
            with self.subTest(name=name, value=value):
                self.assertNotEqual(tree.faults(checker, {**good, name: value}), [])
        for name in ("place", "seen_at", "drops"):
            with self.subTest(missing=name):
                self.assertNotEqual(tree.faults(checker, {key: value for key, value in good.items() if key != name}), [])
        self.assertEqual(set(schema["$defs"]["set_aside"]["properties"]), {"drops", "degrees", "winds"})

    def test_the_package_is_built_without_what_its_format_lacks(self):
        kept = stream_fields.for_package(tree.yaml.safe_load(weather.FIELDS))
        self.assertNotIn("document", str(kept))
        self.assertEqual(kept[1]["fields"][5]["fields"][1], {"name": "speed", "type": "double", "description": "How fast."})

    def test_raw_rows_are_shaped_where_a_part_says_how(self):
        self.assertEqual(self.tagged("shape_raw_row"), [])
        weather.write(self.root, "ingest_pipelines", weather.ROWS)
        shape, = self.tagged("shape_raw_row")
        self.assertTrue(shape["source"].startswith("def count(def value, String name) {\n"))
        self.assertIn("\nMap weather = row;\n\nweather.drops = count(row.drops, 'drops');\n\nif (ctx", shape["source"])
        self.assertTrue(shape["source"].endswith("\nctx.anthropic.weather = weather;"))
        self.assertEqual(self.tagged("set_event_category")[0]["value"], ["process"])
        self.assertIn("neither anthropic.weather nor a report in message", self.tagged("refuse_what_is_empty")[0]["message"])

    def test_a_part_that_does_not_fit_is_named(self):
        for text, said in (
                ("of: rows\n", "weather.yml: 'description' is missing"),
                (weather.DESCRIPTION + "of: rows\n", "weather.yml: 'shape' is missing, which its pipeline needs; say what stands for $shape"),
                (weather.DESCRIPTION + "shape: x\n", "weather.yml: nothing takes 'shape'; remove it, or correct 'of'"),
                (weather.DESCRIPTION + "of: clouds\n", "_clouds.yml: the file is missing; restore it, or correct 'of' in ingest_pipelines/weather.yml"),
                ("description: a $description\n", "weather.yml: 'description' stands for itself"),
                ("- set: {}\n", "weather.yml: does not say what names stand for")):
            with self.subTest(said=said), self.assertRaises(PackageFault) as fault:
                weather.write(self.root, "ingest_pipelines", text)
                pipeline.of_stream(self.root, "weather")
            self.assertIn(said, str(fault.exception))

    def test_fields_that_say_what_nobody_knows_are_named(self):
        for before, after, said in (
                ("signed: true", "sign: true", "anthropic.weather.degrees: 'document' says 'sign'; it knows alone, decimal, list,"),
                ("category: process", "signed: true", "anthropic.weather: 'document' says 'signed'; it knows category, open,"),
                ("required: measured", "required: often", "anthropic.weather.drops: required is 'often'; use one of always,"),
                ("anthropic.weather", "weather", "no group anthropic.weather; put the stream's own fields below it")):
            with self.subTest(said=said), self.assertRaises(PackageFault) as fault:
                weather.write(self.root, "fields", weather.FIELDS.replace(before, after))
                stream_fields.load(self.root, "weather")
            self.assertIn("fields/weather.yml: " + said, str(fault.exception))


def _within(value):
    """The schema with the shared definitions among its own."""
    if isinstance(value, dict):
        return {key: item.replace("base.schema.json", "") if key == "$ref" else _within(item) for key, item in value.items()}
    return [_within(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main()
