# SPDX-License-Identifier: Apache-2.0
"""What a release holds, made two times of the build of the tests in two folders: the same bytes, checksums that are right, a
record and a bill of materials that say what is so. That a build gives the same bytes: `make release-twice`."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import tree

RELEASE = tree.ROOT / "packaging" / "release"
sys.path.append(str(RELEASE))

import origin
import twice
from release_fault import ReleaseFault


@unittest.skipIf(os.environ.get("AM_SANITIZE"), "a release is not built with sanitizers")
class Made(tree.TreeTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="am-release-", dir=os.environ.get("TMPDIR")))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.done = subprocess.run([sys.executable, "-B", RELEASE / "twice.py", "--folder", cls.folder / "made", "--", "--built", tree.BINARY_DIR],
                                  capture_output=True, text=True, timeout=280, stdin=subprocess.DEVNULL)
        cls.said = cls.done.stdout + cls.done.stderr

    def setUp(self):
        self.assertEqual(self.done.returncode, 0, self.said)
        self.files = {path.name: path.read_bytes() for path in (self.folder / "made/one/release").iterdir()}
        self.version = tree.load_yaml("manifest.yml")["version"]
        self.top = f"anthropic_metrics-{self.version}"
        self.record = json.loads(self.files[f"{self.top}.build.json"])
        self.bill = json.loads(self.files[f"{self.top}.spdx.json"])

    def test_all_that_a_release_has_is_there_and_the_same_twice(self):
        self.assertRegex(self.said, r"\b\d+ files, built twice, the same bytes")
        kinds = sorted(re.sub(r"^.*?\.(tar\.gz|build\.json|spdx\.json|zip|deb)$", r"\1", name) for name in self.files)
        self.assertEqual({*kinds}, {"SHA256SUMS", "build.json", "deb", "spdx.json", "tar.gz", "zip"})
        self.assertEqual((kinds.count("deb"), kinds.count("zip")), (1, 3))

    def test_the_package_holds_the_program(self):
        name, = [name for name in self.files if name.endswith(".deb")]
        listed = subprocess.run(["dpkg-deb", "--contents", self.folder / "made/one/release" / name], capture_output=True, text=True, timeout=60,
                                check=True).stdout
        for path in ("./usr/bin/anthropic-metrics", "./usr/lib/anthropic_metrics/libanthropic_metrics.so"):
            self.assertRegex(listed, rf"(?m) {re.escape(path)}$")

    def test_a_difference_is_seen(self):
        first, second = self.folder / "first", self.folder / "second"
        for folder in (first, second):
            folder.mkdir()
            (folder / "same").write_bytes(b"same")
            (folder / "other").write_bytes(folder.name.encode())
        (second / "more").touch()
        self.assertEqual(twice.differences(first, second), ["more", "other"])

    def test_checksums_are_of_all_files(self):
        said = dict(reversed(line.split("  ")) for line in self.files["SHA256SUMS"].decode().splitlines())
        self.assertEqual(said, {name: hashlib.sha256(octets).hexdigest() for name, octets in self.files.items() if name != "SHA256SUMS"})

    def test_the_record_says_what_is_so(self):
        self.assertEqual((self.record["version"], self.record["commit"]), (self.version, origin.Origin(tree.ROOT).commit))
        packages = {one["name"]: one for one in self.record["packages"]}
        self.assertEqual([name for name in packages if name.startswith("libssl3")], [name for name in packages if "needed" in packages[name]["as"]
                                                                                    and packages[name]["source"] == "openssl"])
        self.assertTrue([one for one in packages.values() if one["source"].startswith("boost") and one["as"] == ["headers"]])
        for name in ("cmake", "ninja-build"):
            installed = subprocess.run(["dpkg-query", "-W", "-f=${Version}", name], capture_output=True, text=True, timeout=60, check=False)
            if installed.returncode == 0:
                self.assertEqual(packages[name]["version"], installed.stdout)
        self.assertEqual({one["name"]: one["sha256"] for one in self.record["made"]},
                         {name: hashlib.sha256(octets).hexdigest() for name, octets in self.files.items()
                          if name.endswith((".deb", ".zip", ".tar.gz"))})

    def test_nothing_names_the_folder_of_the_build(self):
        for name in self.files:
            if name.endswith((".json", "SUMS")):
                for place in (str(tree.ROOT), str(self.folder), str(tree.BINARY_DIR)):
                    self.assertNotIn(place, self.files[name].decode(), name)

    def test_the_bill_is_consistent(self):
        known = {one["SPDXID"] for one in [*self.bill["packages"], *self.bill["files"]]} | {"SPDXRef-DOCUMENT"}
        self.assertEqual(len(known), len(self.bill["packages"]) + len(self.bill["files"]) + 1, "an id stands twice")
        named = {one[end] for one in self.bill["relationships"] for end in ("spdxElementId", "relatedSpdxElement")}
        self.assertEqual(named, known)
        kinds = {one["relatedSpdxElement"]: one["relationshipType"] for one in self.bill["relationships"]}
        by_name = {one["name"]: kinds.get(one["SPDXID"]) for one in self.bill["packages"]}
        self.assertEqual([kind for name, kind in by_name.items() if name.startswith("libssl3")], ["DYNAMIC_LINK"])
        self.assertEqual({kind for name, kind in by_name.items() if name.startswith("libboost")}, {"STATIC_LINK"})
        for file in self.bill["files"]:
            sums = {one["algorithm"]: one["checksumValue"] for one in file["checksums"]}
            octets = self.files[file["fileName"].removeprefix("./")]
            self.assertEqual(sums, {"SHA1": hashlib.sha1(octets).hexdigest(), "SHA256": hashlib.sha256(octets).hexdigest()})


class Sources(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="am-sources-", dir=os.environ.get("TMPDIR")))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_what_the_archive_unpacks_to_makes_the_same_archive(self):
        ours = origin.Origin(tree.ROOT)
        octets = ours.archive()
        (self.folder / "a.tar.gz").write_bytes(octets)
        with tarfile.open(self.folder / "a.tar.gz") as found:
            found.extractall(self.folder)
            names = {entry.name for entry in found.getmembers() if not entry.isdir()}
        theirs = origin.Origin(self.folder / ours.top)
        (self.folder / ours.top / "build" / "release").mkdir(parents=True)  # what is built in it is no source
        self.assertEqual((theirs.commit, theirs.time), (ours.commit, ours.time))
        self.assertTrue(theirs.archive() == octets, "another archive")
        if ours.cloned:
            listed = ours.git("ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")
            self.assertEqual(names, {f"{ours.top}/{name}" for name in listed if name})

    def scratch(self):
        """A clone of a small tree."""
        clone = self.folder / "clone"
        clone.mkdir()
        (clone / "manifest.yml").write_text("version: 9.9.9\n", encoding="ascii")
        quiet = {"env": {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.folder)}, "check": True, "capture_output": True}
        for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "all"]):
            subprocess.run(["git", "-C", clone, *words], timeout=60, **quiet)
        return clone

    def test_what_is_not_committed_is_not_released(self):
        if shutil.which("git") is None:
            self.skipTest("git is not installed")
        clone = self.scratch()
        made = origin.Origin(clone)
        made.require_clean()
        (clone / "more.txt").touch()
        with self.assertRaisesRegex(ReleaseFault, r"^1 files are not as in commit [0-9a-f]{12}, the first is more.txt: commit them"):
            made.require_clean()

    def test_a_tree_of_no_origin_is_refused(self):
        (self.folder / "packaging/release").mkdir(parents=True)
        (self.folder / "manifest.yml").write_text("version: 9.9.9\n", encoding="ascii")
        shutil.copy(RELEASE / "source", self.folder / "packaging/release/source")
        if "$" not in (RELEASE / "source").read_text(encoding="ascii"):
            self.skipTest("this tree is a source archive itself")
        with self.assertRaisesRegex(ReleaseFault, "neither a clone nor made of a source archive"):
            origin.Origin(self.folder)

    def test_a_folder_with_something_in_it_is_left_alone(self):
        (self.folder / "mine").write_text("mine", encoding="ascii")
        done = subprocess.run([sys.executable, "-B", RELEASE / "make.py", "--output", self.folder], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"release: {self.folder} is not empty; remove it or name another folder with --output\n")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["mine"])


if __name__ == "__main__":
    unittest.main()
