# SPDX-License-Identifier: Apache-2.0
"""beat-plugin-conform on our own library, collecting from a simulated organization: every check, and a thousand instances."""
import json
import os
import sys
import unittest
from pathlib import Path

import kit
import searched
import shipped

PLUGIN = shipped.PLUGIN
# No measure, but the end of what hangs: a loaded machine stops anybody for a while.
PATIENT = ["--patience", "10", "--timeout", "600"]


class Ours(unittest.TestCase):
    def report(self, folder, organization, *options, **more):
        config = folder / "config.json"
        settings = {"url": organization.url, "admin_api_key": searched.CANARY, **more}
        if organization.tls:
            settings["ssl"] = {"certificate_authorities": [organization.authority]}
        config.write_text(json.dumps(settings), encoding="ascii")
        return kit.report(PLUGIN, config, *PATIENT, *options, environment=os.environ | {"TMPDIR": str(folder)})

    def conforms(self, told):
        for check in told["checks"]:
            if check["note"]:
                print(f"{check['name']}: {check['note']}")
        self.assertEqual(kit.failed(told), {})

    def test_it_keeps_every_promise(self):
        with searched.folder(inputs=["config.json"]) as folder, shipped.Organization(folder, groups=2, key=searched.CANARY, tls=True) as organization:
            told = self.report(folder, organization, "--jobs", "4", "--instances", "50", "--rounds", "20", state={"path": "@STATE@"},
                               enable_request_tracer=True)
            (folder / "report.json").write_text(json.dumps(told), encoding="ascii")  # Searched for the key.
            self.conforms(told)
            not_tried = {check["name"]: check["not_tried"] for check in told["checks"] if check["result"] == "skipped"}
            self.assertLessEqual(set(not_tried), {"foreign-malloc"}, not_tried)

    def test_a_thousand_instances_live_at_once_and_a_hundred_rounds_of_loading(self):
        """Without a state, since a thousand times the disk's time says nothing more."""
        with searched.folder(inputs=["config.json"]) as folder, shipped.Organization(folder, groups=1, key=searched.CANARY) as organization:
            told = self.report(folder, organization, "--only", "thousand-instances,reload", "--jobs", "2")
            (folder / "report.json").write_text(json.dumps(told), encoding="ascii")
            self.conforms(told)


if __name__ == "__main__":
    if not Path(PLUGIN).exists():
        sys.exit(f"{PLUGIN} is not built")
    unittest.main()
