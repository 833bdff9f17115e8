# SPDX-License-Identifier: Apache-2.0
"""A new stream is five files: the stream below stream/ is put into a copy of the tree and nothing else is edited. Then
make update-golden does its part, the rules hold, and its documents are collected from the simulator."""

import filecmp
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import naming
import searched
import tree

STREAM = pathlib.Path(__file__).resolve().parent / "stream"
HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
FILES = ["plugin/streams/toy.cpp", "fields/toy.yml", "ingest_pipelines/toy.yml", "tests/streams/toy_test.cpp",
         "schemas/toy.schema.json"]
MOST_LINES = 250
# What make update-golden writes beside the stream's own files.
REWRITTEN = {"README.md", "docs/configuration.md"}


def ran(command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=250, stdin=subprocess.DEVNULL,
                          env={**os.environ, **{name: str(value) for name, value in environment.items()}})
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done.stdout


def changed(before, after):
    """Files that differ or that one side lacks, relative."""
    def walk(pair, folder):
        yield from (f"{folder}{name}" for name in pair.left_only + pair.right_only + pair.diff_files)
        for name, inner in pair.subdirs.items():
            yield from walk(inner, f"{folder}{name}/")

    return set(walk(filecmp.dircmp(before, after, ignore=sorted(tree.FOREIGN)), ""))


class Toy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.root = pathlib.Path(scratch.name) / "tree"
        cls.built = pathlib.Path(scratch.name) / "built"
        shutil.copytree(tree.ROOT, cls.root, ignore=shutil.ignore_patterns(*tree.FOREIGN), symlinks=True)
        shutil.copytree(STREAM, cls.root, dirs_exist_ok=True)
        cls.plugin = os.environ["AM_TOY_PLUGIN"]
        cls.built.mkdir()
        cls.description = cls.built / "description.json"
        cls.description.write_text(ran([HOST, "export", "description", "--plugin", cls.plugin]), encoding="utf-8")
        # make update-golden
        cls.streams("documents equal the golden file", AM_UPDATE_GOLDEN=1)
        cls.suite("tests/rules/schemas_test.py", AM_UPDATE_GOLDEN=1)
        cls.suite("tests/rules/docs_test.py", "Pages", AM_UPDATE_GOLDEN=1)

    @classmethod
    def streams(cls, *cases, **environment):
        """The tests of tests/streams, the toy's among them, on the fixtures of the copy."""
        return ran([os.environ["AM_TOY_TESTS"], *cases], AM_TREE=cls.root, **environment)

    @classmethod
    def suite(cls, path, *only, **environment):
        ran([sys.executable, "-B", cls.root / path, *only], AM_BINARY_DIR=cls.built,
            PYTHONPATH=os.environ["PYTHONPATH"].replace(str(tree.ROOT), str(cls.root)), **environment)

    def test_it_is_five_short_files(self):
        lines = {path: len((self.root / path).read_text(encoding="utf-8").splitlines()) for path in FILES}
        print(f"{sum(lines.values())} lines: {lines}")
        self.assertLessEqual(sum(lines.values()), MOST_LINES, lines)

    def test_nothing_else_is_edited(self):
        self.assertEqual(changed(tree.ROOT, self.root),
                         set(FILES) | REWRITTEN | {"tests/fixtures/toy"})
        for path in REWRITTEN:
            before = tree.read(path).splitlines()
            after = (self.root / path).read_text(encoding="utf-8").splitlines()
            self.assertEqual([line for line in before if line not in after], [], f"{path} lost a line")

    def test_the_rules_of_the_tree_hold(self):
        for name in ("completeness", "layering", "schemas", "style"):
            with self.subTest(name):
                self.suite(f"tests/rules/{name}_test.py")
        self.suite("tests/rules/docs_test.py", "Pages")
        for name in ("alerts", "dashboards", "fields", "pipelines", "previews", "stream_parts"):
            with self.subTest(name):
                self.suite(f"tests/package/{name}_test.py")

    def test_conformance_and_its_own_tests_pass(self):
        self.streams("~[nothing]")

    def test_a_package_with_it_is_built_and_valid(self):
        ran([sys.executable, "-B", self.root / "package/builder/build.py", "--description", self.description,
             "--output", self.built / "packages"])
        for name in naming.offered(self.root):
            source = self.built / "packages/source" / name
            for path in ("data_stream/toy/manifest.yml", "data_stream/toy/fields/fields.yml", "data_stream/toy/sample_event.json"):
                self.assertTrue((source / path).is_file(), f"{name}: {path}")

    def test_the_demo_collects_all_pages_of_it_and_the_simulator_finds_them_equal(self):
        with searched.folder(key=b"sk-ant-admin01-simulator") as folder:
            said = ran([HOST, "demo", "--output", folder / "demo", "--plugin", self.plugin])
            made = folder / "demo/documents/metrics-anthropic_metrics.toy-default.ndjson"
            documents = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
        page = 5
        self.assertGreater(len(documents), 2 * page, "too few for three pages")
        self.assertEqual(len({document["anthropic"]["toy"]["id"] for document in documents}), len(documents))
        self.assertIn(f"toy: {len(documents)} documents, {len(documents)} entries, {len(documents)} rows, equal to the API", said)
        schema = json.loads((self.root / "schemas/toy.schema.json").read_text("utf-8"))
        checker = tree.checker("toy.schema.json", schema)
        self.assertEqual([fault for document in documents for fault in tree.faults(checker, document)], [])


if __name__ == "__main__":
    unittest.main()
