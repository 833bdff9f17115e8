# SPDX-License-Identifier: Apache-2.0
"""A stream is five files and its fixtures, and nothing else; a command or an output of the host is one file and a row
of the docs; the package's version has one home."""

import re
import subprocess
import unittest

import tree

NOT_A_STREAM = {"schemas": {"base"}, "fields": {"base"}, "ingest_pipelines": {"_frame", "_rows", "_report"}}
SUFFIX = {"schemas": ".schema.json", "fields": ".yml", "ingest_pipelines": ".yml"}


class Streams(tree.TreeTest):
    def test_every_stream_has_all_its_files(self):
        findings = []
        for stream in tree.streams():
            for folder, suffix in SUFFIX.items():
                if not (tree.ROOT / folder / f"{stream}{suffix}").is_file():
                    findings.append(f"plugin/streams/{stream}.cpp registers a stream, {folder}/{stream}{suffix} is missing; write it")
            if not (tree.ROOT / f"tests/streams/{stream}_test.cpp").is_file():
                findings.append(f"plugin/streams/{stream}.cpp registers a stream, tests/streams/{stream}_test.cpp is missing; write it")
            if not any((tree.ROOT / "tests/fixtures" / stream).rglob("*.ndjson")):
                findings.append(f"plugin/streams/{stream}.cpp registers a stream, tests/fixtures/{stream}/ has no expected "
                                "documents (.ndjson); record some")
        self.report(findings)

    def test_every_file_belongs_to_a_stream(self):
        streams = tree.streams()
        findings = []
        for folder, suffix in SUFFIX.items():
            for path in sorted((tree.ROOT / folder).glob(f"*{suffix}")):
                name = path.name[: -len(suffix)]
                if name not in NOT_A_STREAM[folder] and name not in streams:
                    findings.append(f"{folder}/{path.name} belongs to no stream; add plugin/streams/{name}.cpp or remove it")
        self.report(findings)

    def test_registrations_are_found(self):
        self.assertTrue(tree.streams(), "no file in plugin/streams/ holds a line that begins with 'const Registration'; "
                                        "tree.streams() looks for that line, keep both alike")

    def test_registered_name_is_the_file_name(self):
        findings = []
        for stream in tree.streams():
            source = tree.read(f"plugin/streams/{stream}.cpp")
            found = re.search(r'\.name = "([^"]+)"', source[source.index("const Registration"):])
            if not found or found.group(1) != stream:
                findings.append(f"plugin/streams/{stream}.cpp registers {found.group(1) if found else 'no name'}; "
                                "the file carries the stream's name")
        self.report(findings)


class Host(tree.TreeTest):
    """What registers itself in the host: (folder, registration, document with a table of the names)."""

    KINDS = [("host/commands", "Registration", "docs/operations.md"),
             ("host/outputs", "OutputRegistration", "docs/configuration.md")]

    def registered(self):
        for folder, registration, document in self.KINDS:
            for path in sorted((tree.ROOT / folder).glob("*.cpp")):
                text = path.read_text(encoding="utf-8")
                for found in re.finditer(rf"^const {registration} \w+\(\s*\{{\.name = \"([^\"]+)\"", text, re.MULTILINE):
                    yield f"{folder}/{path.name}", path.stem, found.group(1), document

    def test_registrations_are_found(self):
        folders = {name.rpartition("/")[0] for name, *_ in self.registered()}
        self.assertEqual(folders, {folder for folder, *_ in self.KINDS},
                         "no file there holds a line that begins with 'const Registration' and its .name; keep both alike")

    def test_registered_name_is_the_file_name(self):
        self.report([f"{name} registers {word}; the file carries the name" for name, stem, word, _ in self.registered() if stem != word])

    def test_everything_registered_is_documented(self):
        self.report([f"{name} registers {word}, which has no row '| `{word}` | ...' in {document}; say there what it is for"
                     for name, _, word, document in self.registered() if f"\n| `{word}` |" not in tree.read(document)])

    def test_nobody_else_includes_a_command(self):
        """A command that another file names could not be removed by removing its file."""
        words = {f"commands/{stem}.hpp" for name, stem, *_ in self.registered() if name.startswith("host/commands")}
        self.report([f"{path} includes {word}" for path in tree.files(".cpp", ".hpp") if path.parts[0] == "host"
                     for word in sorted(words) if f'"{word}"' in tree.read(path)])


class Examples(tree.TreeTest):
    def test_every_shipper_has_a_page_and_a_test_and_is_named(self):
        index = tree.read("examples/README.md")
        folders = sorted(path.name for path in (tree.ROOT / "examples").iterdir() if path.is_dir() and path.name not in tree.FOREIGN)
        self.assertTrue(folders)
        findings = [f"examples/{name}: {file} is missing; write it" for name in folders
                    for file in (f"examples/{name}/README.md", f"tests/examples/{name}_test.py") if not (tree.ROOT / file).is_file()]
        self.report(findings + [f"examples/README.md does not name {name}/README.md; add its row" for name in folders
                                if f"]({name}/README.md)" not in index])


class Version(tree.TreeTest):
    def test_manifest_and_changelog_agree(self):
        version = tree.load_yaml("manifest.yml")["version"]
        entries = tree.load_yaml("changelog.yml")
        self.assertEqual(entries[0]["version"], version,
                         "changelog.yml's first entry is not the version of manifest.yml; add an entry or correct the manifest")
        versions = [entry["version"] for entry in entries]
        self.assertEqual(len(versions), len(set(versions)), "changelog.yml names a version twice; merge the entries")

        def key(v):
            return [int(part) for part in v.split("-")[0].split(".")]

        self.assertEqual(versions, sorted(versions, key=key, reverse=True), "changelog.yml is not newest first; reorder it")

    def test_changelog_has_the_package_format(self):
        findings = []
        for entry in tree.load_yaml("changelog.yml"):
            for number, change in enumerate(entry["changes"], 1):
                place = f"changelog.yml: {entry['version']}, change {number}"
                if change.get("type") not in ("enhancement", "bugfix", "breaking-change", "deprecation"):
                    findings.append(f"{place}: type {change.get('type')!r}; use enhancement, bugfix, breaking-change or deprecation")
                if not str(change.get("description", "")).strip():
                    findings.append(f"{place}: no description; say what changes for a user")
                if not re.fullmatch(r"https://anthropic-metrics\.invalid/issues/[1-9][0-9]*", change.get("link", "")):
                    findings.append(f"{place}: link {change.get('link')!r}; write https://anthropic-metrics.invalid/issues/<number>")
        self.report(findings)

    def test_the_built_host_says_the_version(self):
        host = tree.BINARY_DIR / "bin" / "anthropic-metrics"
        if not host.exists():
            self.skipTest(f"{host} is not built")
        said = subprocess.run([host, "version"], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
        version = tree.load_yaml("manifest.yml")["version"]
        self.assertIn(version, said.stdout, f"'anthropic-metrics version' does not say {version}, manifest.yml does")


if __name__ == "__main__":
    unittest.main()
