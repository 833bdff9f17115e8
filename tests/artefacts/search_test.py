#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The search finds what is planted, in every form and every kind of file; and no test escapes it."""
import base64
import contextlib
import gzip
import io
import pathlib
import re
import sqlite3
import tempfile
import unittest

import search_artefacts
import searched

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = b"sk-ant-admin01-" + search_artefacts.CORE


def basic(user):
    return base64.b64encode(user + KEY + b"@tail")


class Planted(unittest.TestCase):
    def search(self, name, octets):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "deep" / name
            path.parent.mkdir()
            path.write_bytes(octets)
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                code = search_artefacts.main([folder])
            return code, printed.getvalue()

    def test_every_form_is_found(self):
        planted = {"raw": KEY, "inside": b"x" * 100_000 + KEY + b"y", "basic 0": basic(b""), "basic 1": basic(b"u"),
                   "basic 2": basic(b"us"), "url": base64.urlsafe_b64encode(b"a:" + KEY), "hex": KEY.hex().encode(),
                   "HEX": KEY.hex().upper().encode(), "utf16": KEY.decode().encode("utf-16-le"),
                   "percent": b"".join(b"%%%02X" % octet for octet in KEY), "reversed": KEY[::-1],
                   "gzip": gzip.compress(b"log " + KEY)}
        for name, octets in planted.items():
            with self.subTest(name):
                code, printed = self.search("artefact", octets)
                self.assertEqual(code, 1, printed)
                self.assertIn("artefact: the key stands", printed)

    def test_a_row_of_a_database_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            database = sqlite3.connect(pathlib.Path(folder) / "state.db")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE t (a)")
            database.execute("INSERT INTO t VALUES (?)", (KEY,))
            database.commit()
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                self.assertEqual(search_artefacts.main([folder]), 1)  # Still open: it stands in the WAL.
            self.assertIn("-wal", printed.getvalue())
            database.close()

    def test_clean_folders_pass_and_missing_ones_do_not(self):
        code, printed = self.search("clean", b"CANARY is a word, sk-ant-admin01-[redacted] a mark")
        self.assertEqual(code, 0, printed)
        self.assertIn("1 files", printed)
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(search_artefacts.main(["/nowhere/at/all"]), 2)


class Searched(unittest.TestCase):
    def leave(self, name, octets, **options):
        with searched.folder(**options) as folder:
            (folder / name).write_bytes(octets)
        return folder

    def test_a_folder_with_the_key_fails_its_test_and_goes(self):
        with self.assertRaisesRegex(AssertionError, "log.txt: the key stands as it is at octet 15") as caught:
            self.leave("log.txt", KEY)
        self.assertFalse(pathlib.Path(str(caught.exception).split("/log.txt")[0]).exists())

    def test_inputs_and_files_without_the_key_pass(self):
        with searched.folder(inputs=["key", "absent"]) as folder:
            (folder / "key").write_bytes(KEY)
            (folder / "log.txt").write_text("clean", encoding="ascii")
        self.assertFalse(folder.exists())

    def test_another_key_is_found_when_asked_for(self):
        with self.assertRaises(AssertionError):
            self.leave("state.db", b"x-sk-ant-admin01-simulator-y", key=b"sk-ant-admin01-simulator")
        self.leave("state.db", KEY, key=b"sk-ant-admin01-simulator")

    def test_an_empty_folder_proves_nothing(self):
        with self.assertRaisesRegex(AssertionError, "nothing in it to search"), searched.folder():
            pass

    def test_what_fails_in_the_folder_is_told_as_it_is(self):
        with self.assertRaises(ZeroDivisionError), searched.folder() as folder:
            (folder / "log.txt").write_bytes(KEY)
            raise ZeroDivisionError


class NothingEscapes(unittest.TestCase):
    def test_python_tests_that_run_the_host_search_what_it_leaves(self):
        runs = [path for path in sorted((ROOT / "tests").rglob("*.py"))
                if re.search(r'\[HOST, "(run|demo|backfill)"', path.read_text(encoding="utf-8"))]
        self.assertGreaterEqual(len(runs), 3)
        for path in runs:
            self.assertIn("with searched.folder(", path.read_text(encoding="utf-8"),
                          f"{path}: runs the host in a folder that goes unsearched; use searched.folder()")

    def test_tests_remove_their_folders_through_discard(self):
        # Folders that a test makes and unmakes while it runs, as an operator may; what is around them is discarded.
        inner = {"tests/agent/successors_test.cpp", "tests/host/file_changes_test.cpp", "tests/state/damage_test.cpp", "tests/state/history.cpp",
                 "tests/state/lost_state_test.cpp", "tests/state/repair_test.cpp", "tests/state/restored_test.cpp", "tests/support/canary.hpp",
                 "tests/unit/continuity_test.cpp", "tests/unit/state_directory_test.cpp"}
        for path in sorted((ROOT / "tests").rglob("*.[ch]pp")):
            name = path.relative_to(ROOT).as_posix()
            if name not in inner and re.search(r"\bremove_all\(", path.read_text(encoding="utf-8")):
                self.fail(f"{name} removes a folder unsearched; use test::discard of tests/support/canary.hpp")

    def test_names_of_tests_do_not_split(self):
        for path in sorted((ROOT / "tests").rglob("*.cpp")):
            for name in re.findall(r'TEST_CASE\(\s*((?:"[^"]*"\s*)+)', path.read_text(encoding="utf-8")):
                self.assertNotIn(";", name, f"{path}: a semicolon splits the name in CMake's lists, and CTest's properties miss "
                                            "the test; use a comma")

    def test_both_searches_look_for_the_same_key(self):
        text = (ROOT / "tests/support/canary.hpp").read_text(encoding="utf-8")
        self.assertIn(f'"{search_artefacts.CORE.decode()}"', text)

    def test_keys_of_tests_are_of_one_family(self):
        wrong = []
        for path in sorted((ROOT / "tests").rglob("*.[ch]pp")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for key in re.findall(r"sk-ant-admin[0-9]{2}-[A-Za-z0-9_-]{16,}", line):
                    if not key.endswith(search_artefacts.CORE.decode()):
                        wrong.append(f"{path.relative_to(ROOT)}:{number}: {key}; end it in the canary's core")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
