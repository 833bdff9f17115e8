# SPDX-License-Identifier: Apache-2.0
"""A state that a newer version has written is refused with the sentence that docs/install.md shows, and stays as it is."""

import contextlib
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import unittest

import tree

import searched

HOST = tree.BINARY_DIR / "bin" / "anthropic-metrics"
POLICY = """\
outputs.default: {{type: file, path: '{folder}/out'}}
inputs: [{{type: anthropic_metrics, id: my-organization, admin_api_key: '${{KEY}}', url: 'http://127.0.0.1:9'}}]
"""
PLACE = "/var/lib/anthropic-metrics"  # --path.data in the page


class Downgrade(tree.TreeTest):
    def run_host(self, folder, *words):
        return subprocess.run([HOST, "run", "-c", folder / "policy.yml", "--path.data", folder / "data", *words], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "KEY": searched.CANARY})

    def test_the_page_shows_what_the_host_says(self):
        if not HOST.exists():
            self.skipTest(f"{HOST} is not built")
        with searched.folder() as folder:
            (folder / "policy.yml").write_text(POLICY.format(folder=folder), encoding="utf-8")
            self.run_host(folder, "--once", "--timeout", "1")
            state, = (folder / "data").rglob("ledger.db")
            with contextlib.closing(sqlite3.connect(state)) as database:
                known, = database.execute("PRAGMA user_version").fetchone()
                database.execute(f"PRAGMA user_version={known + 1}")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = hashlib.sha256(state.read_bytes()).hexdigest()
            for words in ((), ("--once",)):
                done = self.run_host(folder, *words)
                (folder / "log").write_text(done.stdout + done.stderr, encoding="utf-8")
                self.assertEqual(done.returncode, 73, done.stderr)
                said, = [line["message"] for line in map(json.loads, done.stderr.splitlines()) if line["log.level"] == "error"]
                shown = re.search(r"```text\n(input .*)\n```", tree.read("docs/install.md"))[1]
                self.assertEqual(shown, said.replace(str(folder / "data"), PLACE), "docs/install.md shows another sentence; copy it anew")
            self.assertEqual(hashlib.sha256(state.read_bytes()).hexdigest(), before, "the state was changed")


if __name__ == "__main__":
    unittest.main()
