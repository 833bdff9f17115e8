# SPDX-License-Identifier: Apache-2.0
"""The package builder: the same bytes wherever it runs, nothing missing, nothing written twice, nothing forgotten."""

import contextlib
import copy
import io
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import zipfile

import tree


import archive
import build
import parts
from fault import PackageFault

# What the builder reads of the tree.
SOURCES = ["manifest.yml", "changelog.yml", "LICENSE", "fields", "ingest_pipelines", "package/agent", "package/kibana", "docs/package",
           "package/opensearch", "tests/fixtures"]


def copied(folder):
    """A copy of the tree, as far as the builder reads it."""
    root = pathlib.Path(folder) / "tree"
    for name in SOURCES:
        source, target = tree.ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return root


def everything(folder):
    """{relative path: bytes} of the files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class SameBytes(tree.TreeTest):
    def built(self, folder, working_folder, umask, environment):
        description = folder / "description.json"
        description.write_text(json.dumps(tree.description()), encoding="utf-8")
        done = subprocess.run(
            ["sh", "-c", f"umask {umask}; exec \"$0\" -B \"$@\"", sys.executable, str(tree.ROOT / "package/builder/build.py"),
             "--description", str(description), "--output", str(folder / "out")],
            cwd=working_folder, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, timeout=110)
        self.assertEqual(done.returncode, 0, done.stderr)
        version = tree.load_yaml("manifest.yml")["version"]
        for name in (f"anthropic_metrics-{version}.zip", f"claude_metrics-{version}.zip", f"anthropic_metrics-opensearch-{version}.zip"):
            self.assertIn(name, done.stdout, "the command says what it wrote")
        return everything(folder / "out")

    def test_whatever_the_folder_the_umask_the_time_zone_and_the_locale(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            first = self.built(pathlib.Path(one), tree.ROOT, "022", {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"})
            second = self.built(pathlib.Path(other), "/", "077",
                                {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "HOME": other})
        self.assertEqual(sorted(first), sorted(second))
        self.report([f"{path}: differs between two builds of one tree; find what of the surroundings it depends on"
                     for path in first if first[path] != second[path]])

    def test_the_time_of_entries_is_asked_for_or_fixed(self):
        before = os.environ.pop("SOURCE_DATE_EPOCH", None)
        try:
            for given, wanted in ((None, (1980, 1, 1, 0, 0, 0)), ("1", (1980, 1, 1, 0, 0, 0)),
                                  ("1764158400", (2025, 11, 26, 12, 0, 0))):
                if given:
                    os.environ["SOURCE_DATE_EPOCH"] = given
                entries = zipfile.ZipFile(io.BytesIO(archive.zipped({"a/b.yml": b"x"}, "top"))).infolist()
                self.assertEqual({entry.date_time for entry in entries}, {wanted})
            os.environ["SOURCE_DATE_EPOCH"] = "yesterday"
            with self.assertRaisesRegex(PackageFault, "SOURCE_DATE_EPOCH: 'yesterday'.*unset"):
                archive.zipped({"a": b""}, "top")
        finally:
            os.environ.pop("SOURCE_DATE_EPOCH", None)
            if before is not None:
                os.environ["SOURCE_DATE_EPOCH"] = before


class Forms(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.output = pathlib.Path(cls.folder.name)
        cls.zips = build.build(tree.ROOT, tree.description(), cls.output)
        cls.version = tree.load_yaml("manifest.yml")["version"]
        cls.source = everything(cls.output / "source/anthropic_metrics")
        cls.built = everything(cls.output / "anthropic_metrics" / cls.version)

    def test_the_zip_is_the_built_form_below_one_folder_and_neatly_made(self):
        for path in self.zips:
            top = path.name[: -len(".zip")]
            with zipfile.ZipFile(path) as file:
                entries = file.infolist()
                names = [entry.filename for entry in entries]
                self.assertEqual(names, sorted(names))
                self.assertEqual({name.split("/")[0] for name in names}, {top})
                folders = {name.rpartition("/")[0] + "/" for name in names if not name.endswith("/")}
                self.assertLessEqual(folders, set(names), "folders have entries of their own")
                for entry in entries:
                    mode = entry.external_attr >> 16
                    self.assertEqual(oct(mode), oct((stat.S_IFDIR | 0o755) if entry.is_dir() else (stat.S_IFREG | 0o644)))
                if path == self.zips[0]:
                    self.assertEqual({n[len(top) + 1:]: file.read(n) for n in names if not n.endswith("/")}, self.built)

    def test_what_is_for_developers_stays_in_the_source_form(self):
        self.assertTrue([path for path in self.source if "/_dev/" in path])
        self.assertEqual([path for path in self.built if "_dev" in path.split("/")], [])
        self.assertEqual({path for path in self.source if "_dev" not in path.split("/")}, set(self.built))

    def test_saved_objects_are_readable_in_the_source_form_and_kibanas_in_the_built_one(self):
        seen = 0

        def decoded(value, key=""):
            if isinstance(value, dict):
                return {name: decoded(item, name) for name, item in value.items()}
            if isinstance(value, list):
                return [decoded(item) for item in value]
            if isinstance(value, str) and (key.endswith("JSON") or key == "visState"):
                nonlocal seen
                seen += 1
                return decoded(json.loads(value))
            return value

        for path, content in self.source.items():
            if path.startswith("kibana/") and path.endswith(".json"):
                plain = json.loads(content)
                self.assertEqual(decoded(json.loads(self.built[path])), decoded(plain), path)
        self.assertGreater(seen, 0)

    def test_samples_are_expected_documents_and_say_when_they_arrived(self):
        known = [document for _, _, document in tree.golden_documents()]
        for stream in tree.streams():
            sample = json.loads(self.source[f"data_stream/{stream}/sample_event.json"])
            self.assertGreater(sample["event"].pop("ingested"), sample["@timestamp"])
            self.assertIn(sample, known, stream)
            self.assertEqual(sample["anthropic"][stream].get("revision", 0), 0, "the sample is no correction")

    def test_the_page_has_everything_and_no_placeholder(self):
        page = self.built["docs/README.md"].decode("utf-8")
        self.assertNotRegex(page, r"\{\{ ")
        for stream in tree.description()["streams"]:
            self.assertIn(f"| `metrics-{stream['dataset']}-<namespace>` |", page)
            for name in tree.declared_fields("base", stream["name"]):
                self.assertIn(f"| {name} |", page)
        for path, content in self.built.items():
            if path.startswith("kibana/dashboard/"):
                self.assertIn(f"| {json.loads(content)['attributes']['title']} |", page)
            if path.startswith("kibana/alerting_rule_template/"):
                self.assertIn(f"| {json.loads(content)['attributes']['name']} |", page)


class Faults(tree.TreeTest):
    def fault_of(self, root, description=None):
        """What the build says against the tree. Nothing is written then."""
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(PackageFault) as caught:
                build.build(root, description or tree.description(), pathlib.Path(folder) / "out")
            self.assertFalse((pathlib.Path(folder) / "out").exists(), "a failed build leaves nothing behind")
        return str(caught.exception)

    def parts_of_the_tree(self):
        yield from ("manifest.yml", "changelog.yml", "LICENSE", "docs/package/README.md", "fields/base.yml",
                    "ingest_pipelines/_frame.yml", "ingest_pipelines/_rows.yml", "ingest_pipelines/_report.yml",
                    "package/kibana/img/logo.svg", "package/kibana/alerts", "package/opensearch/install.sh")
        for stream in tree.streams():
            yield from (f"fields/{stream}.yml", f"ingest_pipelines/{stream}.yml", f"tests/fixtures/{stream}")
        yield from (str(path) for path in tree.files(".yml") if path.parts[:3] == ("package", "kibana", "dashboards"))

    def test_a_missing_part_is_named_with_a_remedy(self):
        with tempfile.TemporaryDirectory() as folder:
            root = copied(folder)
            for part in self.parts_of_the_tree():
                with self.subTest(part=part):
                    (root / part).rename(root / "away")
                    said = self.fault_of(root)
                    (root / "away").rename(root / part)
                    self.assertRegex(said, rf"^{part}: .+; .+$")

    def test_a_broken_part_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            root = copied(folder)
            for part, content, said in (
                    ("fields/usage.yml", "- name: a\n  - b\n", r"fields/usage.yml:2: not YAML"),
                    ("manifest.yml", "name: anthropic_metrics\n", r"manifest.yml: has no 'version'; restore"),
                    ("manifest.yml", "", r"manifest.yml: has no 'name'; restore"),
                    ("fields/usage.yml", b"\xff", r"fields/usage.yml: not UTF-8 at byte 0"),
                    ("docs/package/README.md", "# A\n\n{{ weather }}\n", r"README.md:3: no placeholder 'weather'; use one of"),
                    ("tests/fixtures/health/two-streams/documents.ndjson", "{\n", r"documents.ndjson:1: not JSON"),
                    ("package/kibana/img/note.txt", "x", r"package/kibana/img/note.txt: not a picture"),
                    ("package/kibana/img/weather.svg", '<svg width="1" height="1"/>', r"package/kibana/img/weather.svg: there is no package/kibana/dashboards/weather.yml"),
            ):
                with self.subTest(part=part, said=said):
                    before = (root / part).read_bytes() if (root / part).exists() else None
                    (root / part).write_bytes(content if isinstance(content, bytes) else content.encode("ascii"))
                    self.assertRegex(self.fault_of(root), said)
                    (root / part).unlink() if before is None else (root / part).write_bytes(before)

    def test_a_library_of_another_version_is_told(self):
        description = tree.description()
        description["manifest"]["version"] = "9.9.9"
        self.assertRegex(self.fault_of(tree.ROOT, description), r"manifest.yml: version .* the library says 9.9.9; build")

    def test_a_stream_without_settings_is_told(self):
        description = tree.description()
        del description["configuration"]["properties"]["streams"]["properties"]["usage"]
        self.assertRegex(self.fault_of(tree.ROOT, description), r"'usage'.* configuration schema does not; build")

    def test_one_file_made_by_two_parts_is_told(self):
        before = parts.SOURCE
        self.addCleanup(setattr, parts, "SOURCE", before)
        parts.SOURCE = ["assets", "assets"]
        self.assertRegex(self.fault_of(tree.ROOT), r"made by two parts, the second is package/builder/assets.py")

    def test_a_description_that_is_none_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "description.json"
            for content, said in ((None, "cannot be read"), ("{", "not JSON"), ("[]", "has no 'manifest'"),
                                  ('{"manifest": {}, "configuration": {}, "streams": []}', "lists no streams")):
                if content is not None:
                    file.write_text(content, encoding="ascii")
                with self.subTest(content=content), contextlib.redirect_stderr(io.StringIO()) as errors:
                    self.assertEqual(build.main(["--description", str(file), "--output", folder + "/out"]), 1)
                    self.assertIn(said, errors.getvalue())
                    self.assertIn("export description", errors.getvalue())


class NewStream(tree.TreeTest):
    """The five-file rule goes on in the package: what a stream's files say appears without an edit elsewhere."""

    def test_a_new_stream_appears_everywhere(self):
        description = tree.description()
        new = dict(description["streams"][0], name="weather", dataset="anthropic_metrics.weather", title="Weather",
                   description="Rain per bucket.")
        settings = description["configuration"]["properties"]["streams"]["properties"]
        settings["weather"] = copy.deepcopy(settings["usage"])
        settings["weather"]["properties"]["clouds"] = {
            "title": "Clouds", "description": "How many.", "type": "integer", "default": 7, "examples": [7]}
        description["streams"].append(new)
        with tempfile.TemporaryDirectory() as folder:
            root = copied(folder)
            for name in ("fields/{}.yml", "ingest_pipelines/{}.yml"):
                text = (root / name.format("usage")).read_text(encoding="utf-8")
                (root / name.format("weather")).write_text(text.replace("usage", "weather"), encoding="utf-8")
            shutil.copytree(root / "tests/fixtures/usage", root / "tests/fixtures/weather")
            for path in (root / "tests/fixtures/weather").rglob("*.ndjson"):
                path.write_text(path.read_text(encoding="utf-8").replace("usage", "weather"), encoding="utf-8")
            made = tree.named(build.source_form(root, description))
        # A program for stock Agents is nothing that follows by itself; package/builder/cel_input.py lists the streams that have one.
        of_stream = {path for path in made if path.startswith("data_stream/usage/") and not path.endswith("/cel.yml.hbs")}
        self.assertLessEqual({path.replace("usage", "weather") for path in of_stream}, set(made))
        self.assertIn(b"name: clouds", made["data_stream/weather/manifest.yml"])
        self.assertIn(b"clouds: {{clouds}}", made["data_stream/weather/agent/stream/anthropic_metrics.yml.hbs"])
        page = made["docs/README.md"].decode("utf-8")
        for wanted in ("`metrics-anthropic_metrics.weather-<namespace>`", "| Clouds | `clouds` | integer | `7` | How many. |",
                       "### Weather (`anthropic_metrics.weather`)", "| anthropic.weather.output_tokens |"):
            self.assertIn(wanted, page)


if __name__ == "__main__":
    unittest.main()
