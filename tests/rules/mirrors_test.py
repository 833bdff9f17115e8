# SPDX-License-Identifier: Apache-2.0
"""Nothing in the tree names a package mirror: packages come from where the machine takes them, which may be a company's own
or none at all. And what tools/install-dependencies says and does about the one source it may have to add."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import tree

# This file is left out of the search.
HOSTS = [
    r"deb\.debian\.org", r"(security|snapshot|archive|httpredir|ftp[.\w]*|cdn-fastly\.deb)\.debian\.org",
    r"(archive|security|ports|old-releases|[a-z]{2}\.archive)\.ubuntu\.com", r"dl-cdn\.alpinelinux",
    r"repo1?\.maven", r"maven\.org", r"maven\.apache\.org/repo", r"repo\.maven", r"artifacts\.elastic\.co",
    r"pypi\.org/simple", r"files\.pythonhosted", r"registry\.npmjs", r"proxy\.golang", r"sum\.golang",
    r"mirror[s]?\.[a-z0-9-]+\.[a-z]{2,}", r"conan\.io", r"crates\.io/api",
]
ELEMENTS = [r"<(repository|pluginRepository|mirror)>", r"--(extra-)?index-url", r"GOPROXY=http"]
THIS = pathlib.Path("tests/rules/mirrors_test.py")
RELEASE = "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\nPRETTY_NAME='Debian 12'\n"


class Mirrors(unittest.TestCase):
    def test_no_file_names_one(self):
        pattern = re.compile("|".join(HOSTS + ELEMENTS), re.IGNORECASE)
        found = []
        for path in tree.files():
            if path == THIS:
                continue
            try:
                text = tree.read(path)
            except UnicodeDecodeError:
                continue
            for number, line in enumerate(text.splitlines(), 1):
                match = pattern.search(line)
                if match:
                    found.append(f"{path}:{number} names {match[0]}; take packages from the machine's own sources")
        self.assertEqual(found, [])

    def test_the_pattern_finds_them(self):
        pattern = re.compile("|".join(HOSTS + ELEMENTS), re.IGNORECASE)
        for line in ("deb http://deb.debian.org/debian bookworm main", "http://de.archive.ubuntu.com/ubuntu",
                     "<repository><url>x</url></repository>", "pip install --index-url http://x"):
            self.assertRegex(line, pattern)


class InstallDependencies(unittest.TestCase):
    """With a package system that is told what to say."""

    def dry_run(self, sources, release=RELEASE, also=()):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "os-release").write_text(release, encoding="utf-8")
            for name, body in {
                "apt-get": f"cat <<'END'\n{sources}\nEND\n",
                "dpkg-query": "".join(f"echo 'installed {package} 1.0'\n" for package in also) + "exit 1\n",
            }.items():
                program = folder / name
                program.write_text("#!/bin/sh\n" + body, encoding="utf-8")
                program.chmod(0o755)
            return subprocess.run(
                [tree.ROOT / "tools/install-dependencies", "test", "--dry-run"], capture_output=True, text=True,
                check=False, env={"PATH": f"{folder}:{os.environ['PATH']}", "AM_OS_RELEASE": str(folder / "os-release")})

    def test_backports_are_taken_from_the_mirror_that_the_system_uses(self):
        for sources in ("bookworm bookworm http://mirror/debian/", "stable bookworm http://mirror/debian/",
                        "x x http://other/\nbookworm bookworm http://mirror/debian/",
                        "bookworm-security bookworm-security http://s/\nbookworm bookworm http://mirror/debian/",
                        "bookworm bookworm cdrom:[Debian]/\nbookworm bookworm http://mirror/debian/"):
            with self.subTest(sources):
                done = self.dry_run(sources)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"deb (\[[^]]*\] )?http://mirror/debian/ bookworm-backports main")
                self.assertIn("catch2/bookworm-backports", done.stdout)

    def test_without_one_it_stops_and_says_what_to_add(self):
        for sources in ("", "trixie trixie http://mirror/debian/", "bookworm bookworm cdrom:[Debian]/"):
            with self.subTest(sources):
                done = self.dry_run(sources)
                self.assertEqual(done.returncode, 1)
                self.assertIn("deb YOUR-MIRROR bookworm-backports main", done.stderr)
                self.assertIn("INSTALL=no", done.stderr)

    def test_backports_that_are_there_are_not_added(self):
        done = self.dry_run("bookworm bookworm http://mirror/debian/\nbookworm-backports bookworm-backports http://b/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("this package source is added", done.stdout)

    def test_other_systems_need_none(self):
        done = self.dry_run("", "ID=ubuntu\nVERSION_ID=24.04\nVERSION_CODENAME=noble\nPRETTY_NAME=Ubuntu\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("catch2", done.stdout)
        self.assertNotIn("backports", done.stdout)


if __name__ == "__main__":
    unittest.main()
